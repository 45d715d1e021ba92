import type { Quorum } from '../config/config.ts';
import { RECOVERING } from '../vrrp/priority.ts';
import type { Stance } from '../vrrp/state.ts';
import { after } from '../wire/units.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';

/**
 * From the health of backends to whether this host has enough of them. Pure, and independent of what the proxy is: the
 * verdict lowers the priority of a VIP, so that the other node takes over first if it sees more of them (make before
 * break). When both nodes see the same backends dead, both are lowered alike and nothing moves.
 *
 * keepalived's words: below the `quorum` it is too few; it is enough again with `hysteresis` more than that, and when
 * that has held for `recoverAfter`. A backend that nobody has judged yet is on the side of what holds: it neither makes
 * them too few nor enough.
 */
export interface QuorumPolicy {
  readonly quorum: Quorum;
  readonly hysteresis: number;
  /** How long they must have been enough before they count as enough again. */
  readonly recoverAfter: Milliseconds;
}

/** The backends of one service that are meant to serve: neither drained, nor in maintenance, nor backup. */
export interface ServiceHealth {
  readonly service: string;
  readonly up: number;
  readonly unknown: number;
  readonly total: number;
}

export interface QuorumVerdict {
  readonly state: 'enough' | 'few';
  /** In words, such as `web has 1 of 4 backends, fewer than 2`. */
  readonly reason: string;
  /** Since when the state has held. */
  readonly since: Instant;
  /** Since when they have been enough while the state is still `few`; `undefined` when they are not. */
  readonly mendedAt: Instant | undefined;
  /** When to judge again though nothing happens; `undefined` when only a change changes it. */
  readonly until: Instant | undefined;
}

/** The verdict at a point in time; `verdict` is the one before, `undefined` at the start. */
export function judgeQuorum(
  verdict: QuorumVerdict | undefined,
  services: readonly ServiceHealth[],
  policy: QuorumPolicy,
  at: Instant,
): QuorumVerdict {
  const wasFew = verdict?.state === 'few';
  const lacking = services.map((health) => lackOf(health, policy, wasFew)).find((reason) => reason !== undefined);
  if (lacking !== undefined) {
    return { state: 'few', reason: lacking, since: wasFew ? verdict.since : at, mendedAt: undefined, until: undefined };
  }
  if (wasFew) {
    const mendedAt = verdict.mendedAt ?? at;
    const until = after(mendedAt, policy.recoverAfter);
    if (until > at) return { ...verdict, reason: 'recovering', mendedAt, until };
  }
  const since = verdict?.state === 'enough' ? verdict.since : at;
  return { state: 'enough', reason: 'enough backends', since, mendedAt: undefined, until: undefined };
}

/** Why a service has too few; `undefined` when it has enough. */
function lackOf(health: ServiceHealth, { quorum, hysteresis }: QuorumPolicy, wasFew: boolean): string | undefined {
  const { service, up, unknown, total } = health;
  const least = leastOf(quorum, total);
  // More than there are can never be reached, and then hysteresis would make the lowering last for ever.
  const enough = wasFew ? Math.max(least, Math.min(total, least + hysteresis)) : least;
  const counted = wasFew ? up : up + unknown;
  if (counted >= enough) return undefined;
  return `${service} has ${up} of ${total} backends, fewer than ${enough}`;
}

/** The least number of healthy backends of a service that has `total`. */
export const leastOf = (quorum: Quorum, total: number): number =>
  quorum.kind === 'count' ? quorum.count : Math.max(1, Math.ceil((total * quorum.percent) / 100));

/**
 * A stance with the weight of too few backends taken off: never below a node whose proxy is recovering or dead, which
 * serves nobody. A stance that is no candidacy stays as it is.
 */
export function lowered(stance: Stance, verdict: QuorumVerdict | undefined, weight: number): Stance {
  if (stance.kind !== 'stand' || verdict?.state !== 'few' || stance.priority <= RECOVERING) return stance;
  return { kind: 'stand', priority: Math.max(RECOVERING + 1, stance.priority - weight) };
}
