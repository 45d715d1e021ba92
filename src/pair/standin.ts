import { RESIGNED } from '../vrrp/priority.ts';
import type { Heard, RouterState } from '../vrrp/state.ts';
import type { Family, IpAddress } from '../wire/address.ts';
import type { Heartbeat, RouterReport } from '../wire/heartbeat.ts';
import { after } from '../wire/units.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';
import { isHeard } from './peers.ts';
import type { Peer } from './peers.ts';

/**
 * When the word of a peer stands in for its advertisement.
 *
 * A peer that says, over another path, that it is active has as good as advertised: a backup goes on waiting, and of two
 * active routers the lesser gives way, by the rules of RFC 9568 and with its timers. So a VIP moves only when the paths
 * agree: silence on one of them moves nothing, silence on all of them moves it as soon as it ever did. A peer that says
 * it has let go has as good as resigned, also when its cable was pulled and no priority 0 could leave.
 *
 * Where VRRP gets through nothing stands in for it: then the pair does what it does without a second path.
 */

/** What identifies a virtual router between hosts. */
export interface RouterIdentity {
  readonly vrid: number;
  readonly family: Family;
  /** The label of the VIP's name. */
  readonly vip: number;
}

/** What a peer reports of a virtual router: by its VIP's name, else by its VRID where only one has that. */
export function reportOn(beat: Heartbeat | undefined, { vrid, family, vip }: RouterIdentity): RouterReport | undefined {
  if (beat === undefined) return undefined;
  const like = indexOf(beat).get(`${vrid}/${family}`) ?? [];
  return like.find((report) => report.vip === vip) ?? (like.length === 1 ? like[0] : undefined);
}

const indexes = new WeakMap<Heartbeat, ReadonlyMap<string, readonly RouterReport[]>>();

/** The reports of a heartbeat by VRID and family: there may be a thousand, and each is looked up. */
function indexOf(beat: Heartbeat): ReadonlyMap<string, readonly RouterReport[]> {
  const known = indexes.get(beat);
  if (known !== undefined) return known;
  const index = new Map<string, RouterReport[]>();
  for (const report of beat.routers) {
    const key = `${report.vrid}/${report.family}`;
    index.set(key, [...(index.get(key) ?? []), report]);
  }
  indexes.set(beat, index);
  return index;
}

/** Our own router, as far as a stand-in depends on it. */
export interface Listener extends RouterIdentity {
  readonly state: RouterState;
  /** When an advertisement of each source was last accepted for it. */
  readonly voices: ReadonlyMap<IpAddress, Instant>;
}

/** The advertisement that the newest word of `node` stands in for, if any. `peers` are all there are. */
export function standIn(peers: Iterable<Peer>, node: string, router: Listener, at: Instant): Heard | undefined {
  const all = [...peers];
  const peer = all.find((candidate) => candidate.node === node);
  const report = reportOn(peer?.beat, router);
  if (report?.state === 'active') {
    const { priority, interval, source } = report;
    if (source === undefined || priority === RESIGNED) return undefined;
    return isLate(router, source, interval, at) ? { priority, interval, source } : undefined;
  }
  const others = all.filter((candidate) => candidate !== peer && isHeard(candidate, at));
  if (others.some(({ beat }) => reportOn(beat, router)?.state === 'active')) return undefined;
  return peer && farewell(peer, router, at);
}

/** The priority 0 of a peer that was active by its word before, whom a backup waits for, and nobody else. */
function farewell(peer: Peer, router: Listener, at: Instant): Heard | undefined {
  const { state, voices } = router;
  const before = reportOn(peer.before, router);
  const source = before?.source;
  if (before?.state !== 'active' || source === undefined) return undefined;
  const follows = state.name === 'backup' && state.heard?.source === source;
  if (!follows || state.pending !== 'active-router-silent') return undefined;
  const { interval } = before;
  if ([...voices.keys()].some((other) => other !== source && !isLate(router, other, interval, at))) return undefined;
  return { priority: RESIGNED, interval, source };
}

/** Whether no advertisement of a source has come for an interval. */
function isLate({ voices }: Listener, source: IpAddress, interval: Milliseconds, at: Instant): boolean {
  const advertisedAt = voices.get(source);
  return advertisedAt === undefined || at > after(advertisedAt, interval);
}
