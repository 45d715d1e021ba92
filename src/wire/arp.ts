import { addressBytes, addressOf, familyOf, formatAddress, type IpAddress } from './address.ts';
import { decodeEthernet, encodeEthernet, etherTypeArp } from './ethernet.ts';
import { broadcastMac, formatMac, macBytes, zeroMac, type MacAddress } from './mac.ts';
import { isMalformed, malformed, type Malformed } from './malformed.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** An ARP packet for IPv4 over Ethernet (RFC 826). */
export interface ArpPacket {
  readonly operation: 'request' | 'reply';
  readonly senderMac: MacAddress;
  readonly senderAddress: IpAddress;
  readonly targetMac: MacAddress;
  readonly targetAddress: IpAddress;
}

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |       Hardware type = 1       |     Protocol type = 0x0800    |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * | HW length = 6 | PR length = 4 |           Operation           |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                   Sender hardware address                     |
 * +                               +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                               |     Sender protocol address   |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  (sender protocol address)    |                               |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+                               +
 * |                   Target hardware address                     |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                   Target protocol address                     |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
const arpLength = 28;
/** Hardware type Ethernet, protocol type IPv4, 6 and 4 bytes: the first six bytes as three words. */
const ethernetIpv4 = [0x0001, 0x0800, 0x0604] as const;
const operationRequest = 1;
const operationReply = 2;

/**
 * Decodes an ARP packet from a whole frame, Ethernet header first; padding behind the packet is tolerated. Refused:
 * `length`, `type` (another EtherType, hardware, protocol or operation).
 */
export function decodeArp(frame: Uint8Array): ArpPacket | Malformed {
  const ethernet = decodeEthernet(frame);
  if (isMalformed(ethernet)) return ethernet;
  if (ethernet.etherType !== etherTypeArp) return malformed('type');
  if (ethernet.payload.length < arpLength) return malformed('length');
  const reader = new Reader(ethernet.payload);
  for (const word of ethernetIpv4) if (reader.u16() !== word) return malformed('type');
  const operation = reader.u16();
  if (operation !== operationRequest && operation !== operationReply) return malformed('type');
  return {
    operation: operation === operationRequest ? 'request' : 'reply',
    senderMac: formatMac(reader.bytes(6)),
    senderAddress: formatAddress(reader.bytes(4)),
    targetMac: formatMac(reader.bytes(6)),
    targetAddress: formatAddress(reader.bytes(4)),
  };
}

/**
 * Encodes an ARP packet into a whole frame of 42 bytes, from the sender's Ethernet address to everybody when it is a
 * request and to the target when it is a reply. Addresses other than IPv4 throw.
 */
export function encodeArp(packet: ArpPacket): Uint8Array {
  if (familyOf(packet.senderAddress) !== 'ipv4') throw new Error(`ARP cannot carry "${packet.senderAddress}"`);
  const writer = new Writer(arpLength);
  for (const word of ethernetIpv4) writer.u16(word);
  writer.u16(packet.operation === 'request' ? operationRequest : operationReply);
  writer.bytes(macBytes(packet.senderMac)).bytes(addressBytes(packet.senderAddress));
  writer.bytes(macBytes(packet.targetMac)).bytes(addressBytes(packet.targetAddress));
  return encodeEthernet({
    destination: packet.operation === 'request' ? broadcastMac : packet.targetMac,
    source: packet.senderMac,
    etherType: etherTypeArp,
    payload: writer.finish(),
  });
}

/**
 * The frame that tells a segment which Ethernet address holds `address` (RFC 9568 6.4.2): a broadcast request whose
 * sender and target are both the VIP. The target hardware address is all ones, as keepalived sends it, because some
 * switches and hosts ignore announcements that leave it zero.
 */
export function gratuitousArp(address: IpAddress, mac: MacAddress): Uint8Array {
  return encodeArp({
    operation: 'request',
    senderMac: mac,
    senderAddress: address,
    targetMac: broadcastMac,
    targetAddress: address,
  });
}

/**
 * The frame that asks whether anybody holds `address` without claiming it (RFC 5227 2.1.1): sender 0.0.0.0, target
 * hardware address zero.
 */
export function arpProbe(address: IpAddress, mac: MacAddress): Uint8Array {
  return encodeArp({
    operation: 'request',
    senderMac: mac,
    senderAddress: addressOf('0.0.0.0'),
    targetMac: zeroMac,
    targetAddress: address,
  });
}
