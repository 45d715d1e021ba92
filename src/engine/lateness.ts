import { between, milliseconds } from '../wire/units.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';
import type { Lateness } from './snapshot.ts';

/** A wake-up that is later than this is counted as late. */
const LATE = milliseconds(10);

export const noLateness: Lateness = { worst: milliseconds(0), worstAt: undefined, wakes: 0, late: 0 };

/** How far behind its armed deadline the engine woke up; 0 when something else woke it before. */
export const behind = (armed: Instant | undefined, at: Instant): Milliseconds =>
  armed === undefined ? milliseconds(0) : milliseconds(Math.max(0, between(armed, at)));

/** Adds one wake-up to the record. */
export function record(lateness: Lateness, late: Milliseconds, at: Instant): Lateness {
  const { worst, worstAt, wakes } = lateness;
  return {
    wakes: wakes + 1,
    late: lateness.late + (late > LATE ? 1 : 0),
    worst: late > worst ? late : worst,
    worstAt: late > worst ? at : worstAt,
  };
}
