import { isHeard, isHeardOn } from '../pair/peers.ts';
import type { Peer } from '../pair/peers.ts';
import { labelOf } from '../wire/heartbeat.ts';
import { milliseconds } from '../wire/units.ts';
import type { Instant } from '../wire/units.ts';
import type { PairLink } from './pairlink.ts';
import type { PathState } from './pairpath.ts';
import type { PairSnapshot, PeerSnapshot } from './snapshot.ts';

/** What is known of the other nodes beside VRRP, as plain data; `undefined` when nothing is configured. */
export function pairSnapshot({ assignment, peers, paths, node }: PairLink, at: Instant): PairSnapshot | undefined {
  if (assignment === undefined || peers === undefined) return undefined;
  return {
    peers: [...peers].map((peer) => peerSnapshot(peer, node, assignment.digest, paths, at)),
    paths: paths.map(({ path, trouble, counters, forged, namesake }) => ({
      path: path.name,
      interface: path.place.interface,
      trouble,
      counters,
      forged,
      namesake,
    })),
  };
}

function peerSnapshot(
  peer: Peer,
  self: string,
  digest: number,
  paths: readonly PathState[],
  at: Instant,
): PeerSnapshot {
  const own = labelOf(self);
  return {
    node: peer.node,
    isHeard: isHeard(peer, at),
    at: peer.at,
    reach: peer.beat?.reach ?? 'unasked',
    agrees: peer.beat === undefined ? undefined : peer.beat.digest === digest,
    interval: peer.beat?.interval ?? milliseconds(0),
    paths: paths.map(({ path, label }) => ({
      path: path.name,
      isHeard: isHeardOn(peer, label, at),
      at: peer.paths.get(label)?.at,
      hearsUs: peer.beat?.paths.find((report) => report.node === own && report.path === label)?.age,
    })),
  };
}
