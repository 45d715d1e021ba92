import type { Attempt } from '../../attempt.ts';
import type { Instant, Milliseconds } from '../../../wire/units.ts';
import { milliseconds } from '../../../wire/units.ts';

/**
 * What a client saw of one target in a time of observation; pure. Trouble is a run of failed attempts: from the start of
 * the last good attempt before it to the first good answer after it. Good answers in between do not end it, as where
 * every second connection goes to somebody who answers none.
 */
export interface Trouble {
  /** All trouble together, up to the end of the observation. 0 when no attempt failed. */
  readonly outage: Milliseconds;
  /** Whether there was still trouble at the end, and had been for a while. */
  readonly isLasting: boolean;
  /** Attempts that failed, and all. */
  readonly failed: number;
  readonly of: number;
}

/** Failures less than this apart are one trouble, and trouble this close to the end goes on. */
const apart = 500;

/** The trouble of a target between two instants. Attempts may come in any order. */
export function troubleOf(attempts: readonly Attempt[], target: string, from: Instant, to: Instant): Trouble {
  const all = attempts.filter((attempt) => attempt.target === target);
  const seen = all.filter(({ start, end }) => end >= from && start < to);
  const good = all.filter(({ ending }) => ending === 'good').toSorted((a, b) => a.start - b.start);
  const failures = seen.filter(({ ending }) => ending !== 'good').toSorted((a, b) => a.start - b.start);
  const runs: { first: number; last: number; end: number }[] = [];
  for (const { start, end } of failures) {
    const run = runs.at(-1);
    if (run !== undefined && start - run.last < apart) Object.assign(run, { last: start, end: Math.max(run.end, end) });
    else runs.push({ first: start, last: start, end });
  }
  const lengths = runs.map(({ first, last }) => {
    const before = good.findLast(({ start }) => start < first)?.start ?? first;
    const after = Math.min(...good.filter(({ start }) => start > last).map(({ end }) => end), to);
    return Math.max(0, after - before);
  });
  const run = runs.at(-1);
  return {
    outage: milliseconds(lengths.reduce((sum, length) => sum + length, 0)),
    // One late answer at the very end is a busy machine.
    isLasting: run !== undefined && to - run.first > 2 * apart && run.end > to - apart,
    failed: failures.length,
    of: seen.length,
  };
}
