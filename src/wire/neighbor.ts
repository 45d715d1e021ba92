import { addressBytes, addressOf, formatAddress, type IpAddress } from './address.ts';
import { internetChecksum, protocolIcmpv6, pseudoHeader } from './checksum.ts';
import { encodeEthernet, etherTypeIpv6 } from './ethernet.ts';
import { encodeIpv6 } from './ipv6.ts';
import { formatMac, macBytes, multicastMac, type MacAddress } from './mac.ts';
import { malformed, type Malformed } from './malformed.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** An ICMPv6 Neighbor Advertisement (RFC 4861 4.4). */
export interface NeighborAdvertisement {
  readonly target: IpAddress;
  /** The Target Link-Layer Address option; `undefined` without one, or with one that is not 6 bytes long. */
  readonly mac: MacAddress | undefined;
  readonly router: boolean;
  readonly solicited: boolean;
  readonly override: boolean;
}

/** ff02::1, all nodes on the link (RFC 4291 2.7.1). */
export const allNodes: IpAddress = addressOf('ff02::1');

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |   Type = 136  |    Code = 0   |          Checksum             |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |R|S|O|                     Reserved                            |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                    Target Address (16 bytes)                  |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |   Options ...   each: type, length in units of 8 bytes, value
 * +-+-+-+-+-+-+-+-+-+-+-+-
 */
const typeNeighborAdvertisement = 136;
const fixedLength = 24;
const checksumOffset = 2;
const optionTargetLinkLayerAddress = 2;
const flagRouter = 0x80;
const flagSolicited = 0x40;
const flagOverride = 0x20;

/** Where an ICMPv6 message travels; both addresses are IPv6. */
interface Envelope {
  readonly source: IpAddress;
  readonly destination: IpAddress;
}

/**
 * Decodes and validates a Neighbor Advertisement as RFC 4861 7.1.2 asks (the hop limit is the caller's to check).
 * Refused: `length`, `type`, `checksum`, `field` (code, multicast target, solicited to a multicast group, or an option
 * of length zero).
 */
export function decodeNeighborAdvertisement(
  message: Uint8Array,
  envelope: Envelope,
): NeighborAdvertisement | Malformed {
  if (message.length < 1) return malformed('length');
  if (message[0] !== typeNeighborAdvertisement) return malformed('type');
  if (message.length < fixedLength) return malformed('length');
  const pseudo = pseudoHeader(envelope.source, envelope.destination, message.length, protocolIcmpv6);
  if (internetChecksum(pseudo, message) !== 0) return malformed('checksum');
  const reader = new Reader(message);
  reader.skip(1);
  const code = reader.u8();
  reader.skip(2);
  const flags = reader.u8();
  reader.skip(3);
  const target = formatAddress(reader.bytes(16));
  const solicited = (flags & flagSolicited) !== 0;
  if (code !== 0 || isMulticast(target) || (solicited && isMulticast(envelope.destination))) return malformed('field');
  const mac = decodeOptions(reader);
  if (mac !== undefined && typeof mac === 'object') return mac;
  return { target, mac, router: (flags & flagRouter) !== 0, solicited, override: (flags & flagOverride) !== 0 };
}

/** Encodes a Neighbor Advertisement with its checksum, as it travels between the addresses of `envelope`. */
export function encodeNeighborAdvertisement(advertisement: NeighborAdvertisement, envelope: Envelope): Uint8Array {
  const { target, mac, router, solicited, override } = advertisement;
  const flags = (router ? flagRouter : 0) | (solicited ? flagSolicited : 0) | (override ? flagOverride : 0);
  const writer = new Writer(fixedLength + (mac === undefined ? 0 : 8));
  writer.u8(typeNeighborAdvertisement).u8(0).skip(2).u8(flags).skip(3).bytes(addressBytes(target));
  if (mac !== undefined) writer.u8(optionTargetLinkLayerAddress).u8(1).bytes(macBytes(mac));
  const message = writer.finish();
  const pseudo = pseudoHeader(envelope.source, envelope.destination, message.length, protocolIcmpv6);
  new DataView(message.buffer).setUint16(checksumOffset, internetChecksum(pseudo, message));
  return message;
}

/**
 * The ICMPv6 message that tells a link which Ethernet address holds `address` (RFC 9568 6.4.2, RFC 4861 7.2.6):
 * override set, solicited clear, from the VIP itself to all nodes. The checksum is good for that source and that
 * destination only, and the hop limit has to be 255.
 */
export function unsolicitedNeighborAdvertisement(address: IpAddress, mac: MacAddress, router: boolean): Uint8Array {
  return encodeNeighborAdvertisement(
    { target: address, mac, router, solicited: false, override: true },
    { source: address, destination: allNodes },
  );
}

/** The same announcement as a whole Ethernet frame for a packet socket, the counterpart of `gratuitousArp`. */
export function neighborAdvertisementFrame(address: IpAddress, mac: MacAddress, router: boolean): Uint8Array {
  const payload = unsolicitedNeighborAdvertisement(address, mac, router);
  const packet = { source: address, destination: allNodes, hopLimit: 255, nextHeader: protocolIcmpv6, payload };
  return encodeEthernet({
    destination: multicastMac(allNodes),
    source: mac,
    etherType: etherTypeIpv6,
    payload: encodeIpv6({ ...packet, trafficClass: 0, flowLabel: 0 }),
  });
}

const isMulticast = (address: IpAddress): boolean => address.startsWith('ff') && address.indexOf(':') === 4;

/** The last Target Link-Layer Address among the options. Every option takes at least 8 bytes, so the loop ends. */
function decodeOptions(reader: Reader): MacAddress | undefined | Malformed {
  let mac: MacAddress | undefined;
  while (reader.remaining > 0) {
    if (reader.remaining < 2) return malformed('length');
    const type = reader.u8();
    const length = reader.u8() * 8;
    if (length === 0) return malformed('field');
    if (length - 2 > reader.remaining) return malformed('length');
    const value = reader.bytes(length - 2);
    if (type === optionTargetLinkLayerAddress && value.length === 6) mac = formatMac(value);
  }
  return mac;
}
