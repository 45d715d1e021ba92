import { after, between, milliseconds } from '../wire/units.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';

/**
 * What is known of one thing that this host's fitness depends on: its proxy, or a check. Pure: observations come in with
 * their time, and what has happened before is kept in the verdict itself.
 */
export interface Verdict {
  /** `degraded` is said of a proxy only: it serves, but not everybody, or not by itself. */
  readonly state: 'well' | 'degraded' | 'dead';
  /** In words, for `status` and the log. */
  readonly reason: string;
  /** Since when the state has held without interruption. */
  readonly since: Instant;
  /**
   * When it stopped being well, the latest last. BOUNDED: 16. What was never well, such as a proxy that is started after
   * the daemon, has not fallen.
   */
  readonly falls: readonly Instant[];
  /** How bad the latest failure was at its worst; `undefined` when there was none: then it need not prove itself. */
  readonly worst: 'degraded' | 'dead' | undefined;
}

/** One look at it. */
export interface Observed {
  readonly state: Verdict['state'];
  readonly reason: string;
}

const MOST_FALLS = 16;

/** The next verdict after an observation; keeps `since` while the state holds. */
export function observe(verdict: Verdict | undefined, { state, reason }: Observed, at: Instant): Verdict {
  const since = verdict?.state === state ? verdict.since : at;
  const falls = verdict?.falls ?? [];
  if (state === 'well') return { state, reason, since, falls, worst: verdict?.worst };
  const isFall = verdict?.state === 'well';
  const wasDead = !isFall && verdict?.worst === 'dead';
  return {
    ...{ state, reason, since },
    falls: isFall ? [...falls.slice(1 - MOST_FALLS), at] : falls,
    worst: wasDead ? 'dead' : state,
  };
}

/** How long something that has failed must have been well again before it counts as well. */
export interface RecoveryPolicy {
  /** After a single failure; 0 for no damping at all. */
  readonly recoverAfter: Milliseconds;
  /** The time doubles with every further failure, up to this. */
  readonly recoverMax: Milliseconds;
}

/** Failures longer ago than this, before it was well again, no longer count. */
const FORGOTTEN = milliseconds(300_000);

/** Until when something that is well again has to prove itself; `undefined` when it has, or never failed. */
export function provenAt(verdict: Verdict, policy: RecoveryPolicy, at: Instant): Instant | undefined {
  if (verdict.state !== 'well' || verdict.worst === undefined) return undefined;
  const until = after(verdict.since, holdOf(verdict, policy));
  return until > at ? until : undefined;
}

/** How long it has to prove itself, counted from when it was well again: as after a first failure when it never fell. */
export function holdOf({ falls, since }: Verdict, { recoverAfter, recoverMax }: RecoveryPolicy): Milliseconds {
  const recent = falls.filter((fall) => between(fall, since) <= FORGOTTEN).length;
  const grown = recoverAfter * 2 ** Math.max(0, recent - 1);
  return milliseconds(Math.min(grown, Math.max(recoverMax, recoverAfter)));
}
