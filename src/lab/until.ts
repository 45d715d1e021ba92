import { setTimeout as pause } from 'node:timers/promises';
import { now } from '../linux/clock.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';
import { after, milliseconds } from '../wire/units.ts';
import { failure } from './failure.ts';

/**
 * Waits until something is so and returns when that was seen. `what` is a sentence that holds then. Looks every
 * `every`, 10 ms by default. Throws `OpError` with code `ETIMEDOUT` after `limit`.
 */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  limit: Milliseconds,
  every: Milliseconds = milliseconds(10),
): Promise<Instant> {
  const deadline = after(now(), limit);
  for (;;) {
    if (await isSo()) return now();
    if (now() > deadline) throw failure(`see within ${limit} ms that ${what}`, 'ETIMEDOUT');
    await pause(every);
  }
}
