import type { IpAddress } from './address.ts';
import { protocolIcmpv6 } from './checksum.ts';
import { decodeEthernet, encodeEthernet, etherTypeIpv6 } from './ethernet.ts';
import { decodeIpv6, encodeIpv6 } from './ipv6.ts';
import { multicastMac, type MacAddress } from './mac.ts';
import { isMalformed, malformed, type Malformed } from './malformed.ts';
import {
  allNodes,
  decodeNeighborAdvertisement,
  decodeNeighborSolicitation,
  encodeNeighborAdvertisement,
  encodeNeighborSolicitation,
  solicitedNodeGroup,
  typeNeighborSolicitation,
  type NeighborAdvertisement,
  type NeighborSolicitation,
} from './neighbor.ts';

/** A message of Neighbor Discovery as a whole Ethernet frame: for IPv6 what `ArpPacket` is for IPv4. */
export type NeighborPacket = {
  /** The addresses of the Ethernet header. */
  readonly from: MacAddress;
  readonly to: MacAddress;
  readonly source: IpAddress;
  readonly destination: IpAddress;
} & (
  | { readonly operation: 'solicitation'; readonly message: NeighborSolicitation }
  | { readonly operation: 'advertisement'; readonly message: NeighborAdvertisement }
);

/** What no packet has that has passed a router, so that nobody speaks from another link (RFC 4861 3.1). */
const hopLimit = 255;

/**
 * Decodes a frame, Ethernet header first, with all checks of RFC 4861 7.1. Refused: what the decoders of the parts refuse;
 * `type` (another EtherType, protocol or message; extension headers, which nobody sends here, are not walked); `field`
 * (another hop limit).
 */
export function decodeNeighborPacket(frame: Uint8Array): NeighborPacket | Malformed {
  const ethernet = decodeEthernet(frame);
  if (isMalformed(ethernet)) return ethernet;
  if (ethernet.etherType !== etherTypeIpv6) return malformed('type');
  const packet = decodeIpv6(ethernet.payload);
  if (isMalformed(packet)) return packet;
  if (packet.nextHeader !== protocolIcmpv6) return malformed('type');
  if (packet.hopLimit !== hopLimit) return malformed('field');
  const { source, destination, payload } = packet;
  const place = { from: ethernet.source, to: ethernet.destination, source, destination };
  if (payload[0] === typeNeighborSolicitation) {
    const message = decodeNeighborSolicitation(payload, packet);
    return isMalformed(message) ? message : { ...place, operation: 'solicitation', message };
  }
  const message = decodeNeighborAdvertisement(payload, packet);
  return isMalformed(message) ? message : { ...place, operation: 'advertisement', message };
}

/** Encodes a whole frame, with every checksum. */
export function encodeNeighborPacket(packet: NeighborPacket): Uint8Array {
  const { from, to, source, destination } = packet;
  const payload =
    packet.operation === 'solicitation'
      ? encodeNeighborSolicitation(packet.message, packet)
      : encodeNeighborAdvertisement(packet.message, packet);
  const header = { source, destination, hopLimit, nextHeader: protocolIcmpv6, trafficClass: 0, flowLabel: 0 };
  return encodeEthernet({
    destination: to,
    source: from,
    etherType: etherTypeIpv6,
    payload: encodeIpv6({ ...header, payload }),
  });
}

/**
 * The frame that tells a link which Ethernet address holds `address` (RFC 9568 6.4.2, RFC 4861 7.2.6), the counterpart of
 * `gratuitousArp`: override set, solicited clear, from the VIP itself to all nodes.
 */
export function unsolicitedAdvertisement(address: IpAddress, mac: MacAddress, router: boolean): Uint8Array {
  return encodeNeighborPacket({
    from: mac,
    to: multicastMac(allNodes),
    source: address,
    destination: allNodes,
    operation: 'advertisement',
    message: { target: address, mac, router, solicited: false, override: true },
  });
}

/**
 * The frame that asks who holds `address`, the counterpart of `arpProbe`. It is sent from an address of our own, and not
 * from `::` as duplicate address detection does it (RFC 4862 5.4.2), although holders answer that, too. They do so to all
 * nodes, with the override flag: whoever has an address beside us would take its clients over each time that we ask. And
 * to a host that is just about to use the address, as every host is with its own when its link comes up, a question
 * from `::` says that another wants it: it gives the address up for good (RFC 4862 5.4.3). The answer to this one comes
 * to us alone, and a host that is not ready does not answer. Without the link-layer option Linux does not, either.
 */
export function neighborProbe(
  address: IpAddress,
  own: { readonly address: IpAddress; readonly mac: MacAddress },
): Uint8Array {
  const group = solicitedNodeGroup(address);
  return encodeNeighborPacket({
    from: own.mac,
    to: multicastMac(group),
    source: own.address,
    destination: group,
    operation: 'solicitation',
    message: { target: address, mac: own.mac },
  });
}
