import { arpProbe, decodeArp, gratuitousArp } from '../wire/arp.ts';
import { etherTypeArp } from '../wire/ethernet.ts';
import { formatMac } from '../wire/mac.ts';
import { isMalformed } from '../wire/malformed.ts';
import { openNeighbors, type NeighborOptions, type NeighborSocket } from './neighbors.ts';

/**
 * Opens ARP on one interface. It announces by a gratuitous request, probes as RFC 5227 2.1.1 says, and takes every packet
 * for a claim of its sender. Throws OpError.
 */
export function openArp(options: NeighborOptions): NeighborSocket {
  const mac = formatMac(options.mac);
  return openNeighbors(options, {
    etherType: etherTypeArp,
    announcement: (address) => gratuitousArp(address, mac),
    probe: (address) => arpProbe(address, mac),
    claim: (frame) => {
      const packet = decodeArp(frame);
      return isMalformed(packet) ? packet : { address: packet.senderAddress, mac: packet.senderMac };
    },
  });
}
