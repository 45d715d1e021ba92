import type { PairSnapshot } from '../engine/snapshot.ts';
import type { PairStatus } from '../control/status.ts';
import type { Instant } from '../wire/units.ts';

/** What the daemon knows of the other nodes beside VRRP; null when no heartbeat is configured, or it has no key. */
export function pairStatus(pair: PairSnapshot | undefined, at: Instant): PairStatus | null {
  if (pair === undefined) return null;
  const age = (since: Instant | undefined): number | null => (since === undefined ? null : Math.round(at - since));
  return {
    peers: pair.peers.map((peer) => ({
      node: peer.node,
      heard: peer.isHeard,
      heardMs: age(peer.at),
      agrees: peer.agrees ?? null,
      paths: peer.paths.map((path) => ({
        path: path.path,
        heard: path.isHeard,
        heardMs: age(path.at),
        hearsUsMs: path.hearsUs ?? null,
      })),
    })),
    paths: pair.paths.map(({ path, trouble, counters }) => ({ path, trouble: trouble ?? null, counters })),
  };
}
