import type { Instant, Milliseconds } from '../wire/units.ts';
import { after, between, milliseconds } from '../wire/units.ts';
import type { Attempt, Ending } from './attempt.ts';

/**
 * What a series of attempts says about an interruption; pure.
 *
 * A gap runs from the start of the last good attempt to the first good answer after it: that is how long a client that
 * keeps opening connections was without service. It is measured from answer to answer. With an attempt every 2 ms and
 * nothing wrong, gaps are 2 ms and the time of one answer.
 */
export interface Gap {
  readonly target: string;
  /** Start of the last good attempt before it. */
  readonly from: Instant;
  /** The first good answer after it. */
  readonly to: Instant;
  readonly length: Milliseconds;
}

/** All gaps of one target, in order. Attempts may come in any order. */
export function gapsOf(attempts: readonly Attempt[], target: string): Gap[] {
  const good = attempts.filter((attempt) => attempt.ending === 'good' && attempt.target === target);
  good.sort((a, b) => a.end - b.end);
  const gaps: Gap[] = [];
  let latest: Instant | undefined;
  for (const { start, end } of good) {
    if (latest !== undefined) gaps.push({ target, from: latest, to: end, length: between(latest, end) });
    // An answer that was long under way says nothing about the time since its request: the latest request that has
    // been answered does.
    if (latest === undefined || start > latest) latest = start;
  }
  return gaps;
}

/**
 * What an event cost a target: the longest gap that ends after it, begins within `window` after it, and either holds a
 * failed attempt or the event itself. Other gaps are answers that were late but came, which on a busy machine happens
 * without any event. `undefined` when no attempt was good afterwards.
 */
export function outageAfter(
  attempts: readonly Attempt[],
  target: string,
  event: Instant,
  window: Milliseconds,
): Gap | undefined {
  const end = after(event, window);
  const failed = attempts.filter((attempt) => attempt.target === target && attempt.ending !== 'good');
  const failures = failed.map(({ start }) => start).toSorted((a, b) => a - b);
  const isOutage = ({ from, to }: Gap): boolean => {
    const failure = failures.find((start) => start > from);
    return from <= event || (failure !== undefined && failure < to);
  };
  return longestOf(gapsOf(attempts, target).filter((gap) => gap.to > event && gap.from < end && isOutage(gap)));
}

/** The longest gap; `undefined` for none. */
export function longestOf(gaps: readonly Gap[]): Gap | undefined {
  return gaps.reduce<Gap | undefined>(
    (longest, gap) => (longest && longest.length >= gap.length ? longest : gap),
    undefined,
  );
}

/** How often each failure happened; kinds that did not happen are missing. */
export function failuresOf(attempts: readonly Attempt[]): Partial<Record<Ending, number>> {
  const counts: Partial<Record<Ending, number>> = {};
  for (const { ending } of attempts) if (ending !== 'good') counts[ending] = (counts[ending] ?? 0) + 1;
  return counts;
}

/** A run of good answers of one front. */
export interface Spell {
  readonly front: string;
  readonly from: Instant;
  readonly to: Instant;
  readonly answers: number;
}

/** Which front answered a target, one after the other in the order of the requests. */
export function frontsOf(attempts: readonly Attempt[], target: string): Spell[] {
  const good = attempts.filter((attempt) => attempt.ending === 'good' && attempt.target === target);
  good.sort((a, b) => a.start - b.start);
  const spells: Spell[] = [];
  for (const { front, start, end } of good) {
    const last = spells.at(-1);
    if (last?.front === front) spells[spells.length - 1] = { ...last, to: end, answers: last.answers + 1 };
    else spells.push({ front, from: start, to: end, answers: 1 });
  }
  return spells;
}

/** The longest time in which the client itself began no attempt: what it cannot tell from an outage. */
export function longestSilence(attempts: readonly Attempt[]): Milliseconds {
  const starts = attempts.map(({ start }) => start).toSorted((a, b) => a - b);
  return milliseconds(starts.reduce((most, start, index) => Math.max(most, start - (starts[index - 1] ?? start)), 0));
}
