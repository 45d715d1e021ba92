import { now } from '../linux/clock.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';

/** Time as an input: the monotonic clock, and something that happens later. */
export interface Clock {
  now(): Instant;
  /** Runs something once; gives back how to call it off. */
  after(delay: Milliseconds, run: () => void): () => void;
}

/** The clock of this host. */
export const systemClock: Clock = {
  now,
  after(delay, run) {
    const timer = setTimeout(run, delay);
    return () => clearTimeout(timer);
  },
};
