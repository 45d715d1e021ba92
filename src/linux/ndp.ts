import { protocolIcmpv6 } from '../wire/checksum.ts';
import { ethernetHeaderLength, etherTypeIpv6 } from '../wire/ethernet.ts';
import { formatMac } from '../wire/mac.ts';
import { isMalformed } from '../wire/malformed.ts';
import { typeNeighborAdvertisement, typeNeighborSolicitation } from '../wire/neighbor.ts';
import { decodeNeighborPacket, neighborProbe, unsolicitedAdvertisement } from '../wire/neighborpacket.ts';
import type { NeighborPacket } from '../wire/neighborpacket.ts';
import { openNeighbors, type NeighborClaim, type NeighborOptions, type NeighborSocket } from './neighbors.ts';
import type { PacketTest } from './packetfilter.ts';
import { readSysctl } from './sysctl.ts';

/** Neighbor Discovery without extension headers, and with the hop limit that it must have: offsets of RFC 8200 3. */
const tests: readonly PacketTest[] = [
  { offset: ethernetHeaderLength + 6, values: [protocolIcmpv6] },
  { offset: ethernetHeaderLength + 7, values: [255] },
  { offset: ethernetHeaderLength + 40, values: [typeNeighborSolicitation, typeNeighborAdvertisement] },
];

/**
 * Opens Neighbor Discovery on one interface. It announces by an unsolicited advertisement, probes by a solicitation from
 * `source`, and takes two things for claims: an advertisement, of its target, and a solicitation, of its source.
 *
 * Advertisements come to all nodes, or to this host that has asked, so no group has to be joined for them. Solicitations
 * come to the group of their target, which the kernel listens to for what it holds. Those of other targets stay unheard:
 * whoever asks with one of our VIPs as its source is found by the next probe. The filter keeps all other IPv6 traffic of
 * the host from waking the program. Throws OpError.
 */
export function openNdp(options: NeighborOptions): NeighborSocket {
  const mac = formatMac(options.mac);
  const own = { address: options.source, mac };
  return openNeighbors(options, {
    etherType: etherTypeIpv6,
    tests,
    announcement: (address) => unsolicitedAdvertisement(address, mac, isRouter(options.interface)),
    probe: (address) => neighborProbe(address, own),
    claim: (frame) => {
      const packet = decodeNeighborPacket(frame);
      return isMalformed(packet) ? packet : claimIn(packet);
    },
  });
}

/** Without a link-layer address option, as in answers to a question that was not multicast, it is the frame's own. */
function claimIn({ operation, source, from, message }: NeighborPacket): NeighborClaim {
  return { address: operation === 'advertisement' ? message.target : source, mac: message.mac ?? from };
}

/** The router flag tells the truth: hosts drop a default router that says it is none any more (RFC 4861 7.2.5). */
const isRouter = (device: string): boolean => Number(readSysctl(`net/ipv6/conf/${device}/forwarding`) ?? 0) > 0;
