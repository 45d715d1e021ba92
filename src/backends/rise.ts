import type { CheckPace } from '../config/checkconfig.ts';
import { milliseconds } from '../wire/units.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';

/**
 * From single check results to whether a backend is well. Pure: time comes in with the result, and when to look again
 * goes out.
 *
 * A backend that nobody has judged yet is well with its first good result, because a new backend should not wait, and
 * bad after `fall` bad ones, which then follow each other faster: a backend that is well may not be taken away because
 * this program has just started and one packet was lost. Afterwards `rise` and `fall` hold. A failed look at a backend
 * that is not bad is repeated `retry` times, and only the last of these counts.
 */
export interface Verdict {
  readonly state: 'up' | 'down' | 'unknown';
  /** Since when the state has held. */
  readonly since: Instant;
  /** The latest look, whether it counted or was repeated; `undefined` before the first. */
  readonly last: LastResult | undefined;
  /** Good results in a row, up to the policy's `rise`. */
  readonly rise: number;
  /** Bad results in a row, up to the policy's `fall`. */
  readonly fall: number;
  /** Repetitions of the present look that have failed. */
  readonly retries: number;
}

/** What one look found. */
export interface CheckResult {
  readonly result: 'good' | 'bad';
  /** In words, such as `200 OK` or `connection refused`. */
  readonly reason: string;
  readonly duration: Milliseconds;
}

export interface LastResult extends CheckResult {
  readonly at: Instant;
}

export type RisePolicy = Pick<CheckPace, 'rise' | 'fall' | 'retry' | 'delayBeforeRetry' | 'interval'>;

/** The verdict on a backend that nobody has looked at. */
export const unjudged = (at: Instant): Verdict => ({
  state: 'unknown',
  since: at,
  last: undefined,
  rise: 0,
  fall: 0,
  retries: 0,
});

/** A verdict that comes from somewhere else, such as the proxy's own checks; the next results build on it. */
export const seeded = (state: Verdict['state'], at: Instant): Verdict => ({ ...unjudged(at), state });

/** What somebody who judges by himself has found. */
export interface Told {
  readonly state: 'up' | 'down';
  /** In words; `undefined` when it was not said. */
  readonly reason: string | undefined;
  /** Whether it has just happened, and does not only hold. */
  readonly isNews: boolean;
}

/** The verdict of somebody who judges by himself. */
export function told(verdict: Verdict, { state, reason, isNews }: Told, at: Instant): Verdict {
  const known = verdict.state === state ? verdict.last?.reason : undefined;
  const said = isNews ? (reason ?? known) : (known ?? reason);
  const words = said ?? (state === 'up' ? 'its check passes' : 'its check fails');
  const last: LastResult = { result: state === 'up' ? 'good' : 'bad', reason: words, duration: milliseconds(0), at };
  return turned({ ...verdict, last, rise: 0, fall: 0, retries: 0 }, state, at);
}

export interface Judged {
  readonly verdict: Verdict;
  /** From the end of this look to the beginning of the next; `undefined` for the ordinary turn. */
  readonly again: Milliseconds | undefined;
}

/** The verdict after a look. */
export function judge(verdict: Verdict, policy: RisePolicy, found: CheckResult, at: Instant): Judged {
  const last: LastResult = { ...found, at };
  const hurry = Math.min(policy.delayBeforeRetry, policy.interval) as Milliseconds;
  if (found.result === 'good') {
    const rise = Math.min(verdict.rise + 1, policy.rise);
    const isUp = verdict.state !== 'down' || rise >= policy.rise;
    return { verdict: counted(verdict, isUp ? 'up' : 'down', last, rise, 0), again: undefined };
  }
  if (verdict.state !== 'down' && verdict.retries < policy.retry) {
    return { verdict: { ...verdict, last, retries: verdict.retries + 1 }, again: hurry };
  }
  const fall = Math.min(verdict.fall + 1, policy.fall);
  if (fall >= policy.fall) return { verdict: counted(verdict, 'down', last, 0, fall), again: undefined };
  const next = counted(verdict, verdict.state, last, 0, fall);
  return { verdict: next, again: verdict.state === 'unknown' ? hurry : undefined };
}

/** After a look that counts. */
const counted = (verdict: Verdict, state: Verdict['state'], last: LastResult, rise: number, fall: number): Verdict => ({
  state,
  since: verdict.state === state ? verdict.since : last.at,
  last,
  rise,
  fall,
  retries: 0,
});

const turned = (verdict: Verdict, state: Verdict['state'], at: Instant): Verdict =>
  verdict.state === state ? verdict : { ...verdict, state, since: at };
