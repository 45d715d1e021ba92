import { afterEach, describe, expect, it } from 'vitest';
import { now } from '../../src/linux/clock.ts';
import { openDeadlineTimer, type DeadlineTimer } from '../../src/linux/timer.ts';
import { after, instant, milliseconds, type Instant } from '../../src/wire/units.ts';
import { until } from './until.ts';

const timers: DeadlineTimer[] = [];

/** A timer that notes when it expired. */
function noting(then: (times: Instant[]) => void = () => {}): { timer: DeadlineTimer; times: Instant[] } {
  const times: Instant[] = [];
  const timer = openDeadlineTimer(() => {
    times.push(now());
    then(times);
  });
  timers.push(timer);
  return { timer, times };
}

const soon = (delay: number): Instant => after(now(), milliseconds(delay));

afterEach(() => {
  for (const timer of timers.splice(0)) timer.close();
});

describe('a deadline timer', () => {
  it('expires once, at its deadline and never before', async () => {
    const { timer, times } = noting();
    const deadline = soon(20.4);
    timer.arm(deadline);
    await until('an expiry', () => times.length > 0);
    expect(times[0]).toBeGreaterThanOrEqual(deadline);
    const later = noting();
    later.timer.arm(soon(50));
    await until('another timer to expire', () => later.times.length > 0);
    expect(times).toHaveLength(1);
  });

  it('expires at once, but not in the stack of arm, when the deadline is past', async () => {
    const { timer, times } = noting();
    for (const past of [after(now(), milliseconds(-5)), instant(0), instant(-1)]) {
      const before = times.length;
      timer.arm(past);
      expect(times).toHaveLength(before);
      await until('an expiry', () => times.length === before + 1);
    }
  });

  it('has one deadline: the last one that was set', async () => {
    const { timer, times } = noting();
    const deadline = soon(60);
    timer.arm(soon(1));
    timer.arm(soon(100_000));
    timer.arm(deadline);
    await until('an expiry', () => times.length > 0);
    expect(times[0]).toBeGreaterThanOrEqual(deadline);
  });

  it('has none any more when it is taken away, or closed', async () => {
    const { timer, times } = noting();
    const closed = noting();
    timer.arm(soon(1));
    timer.arm(undefined);
    closed.timer.arm(soon(1));
    closed.timer.close();
    closed.timer.close();
    const other = noting();
    other.timer.arm(soon(30));
    await until('another timer to expire', () => other.times.length > 0);
    expect(times).toEqual([]);
    expect(closed.times).toEqual([]);
    expect(() => closed.timer.arm(soon(1))).toThrow('Cannot arm deadline timer: EBADF');
  });

  it('can be armed again by its own expiry', async () => {
    const { timer, times } = noting((seen) => {
      if (seen.length < 5) timer.arm(soon(1));
    });
    timer.arm(soon(1));
    await until('five expiries', () => times.length === 5);
  });

  it('keeps quiet about a deadline that was replaced after it had passed', async () => {
    // Both have passed when the loop looks, so both are reported in one turn; the first to be told moves the other.
    let first: string | undefined;
    const a = noting(() => {
      first ??= 'a';
      b.timer.arm(soon(100_000));
    });
    const b = noting(() => {
      first ??= 'b';
      a.timer.arm(soon(100_000));
    });
    a.timer.arm(instant(1));
    b.timer.arm(instant(1));
    await until('an expiry', () => first !== undefined);
    const other = noting();
    other.timer.arm(soon(20));
    await until('another timer to expire', () => other.times.length > 0);
    expect(a.times.length + b.times.length).toBe(1);
  });
});

describe('the clock', () => {
  it('is CLOCK_MONOTONIC in milliseconds', () => {
    const before = Number(process.hrtime.bigint()) / 1e6;
    const between = now();
    const behind = Number(process.hrtime.bigint()) / 1e6;
    expect(between).toBeGreaterThanOrEqual(before);
    expect(between).toBeLessThanOrEqual(behind);
  });
});
