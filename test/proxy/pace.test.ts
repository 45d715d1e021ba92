import { describe, expect, it } from 'vitest';
import { Pace } from '../../src/proxy/pace.ts';
import { after, between, instant, milliseconds } from '../../src/wire/units.ts';
import type { Instant } from '../../src/wire/units.ts';

/** A clock that a test moves, with the timers of a pace. */
class Clock {
  at: Instant = instant(0);
  #timers: { readonly due: Instant; readonly run: () => void }[] = [];

  schedule = (run: () => void, delay: number): (() => void) => {
    const timer = { due: after(this.at, milliseconds(delay)), run };
    this.#timers.push(timer);
    return () => (this.#timers = this.#timers.filter((other) => other !== timer));
  };

  async pass(duration: number): Promise<void> {
    const end = after(this.at, milliseconds(duration));
    for (;;) {
      const next = this.#timers.toSorted((a, b) => a.due - b.due).find(({ due }) => due <= end);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.at = next.due > this.at ? next.due : this.at;
      next.run();
      for (let i = 0; i < 5; i++) await Promise.resolve();
    }
    this.at = end;
  }
}

function paced(run: (clock: Clock) => Promise<Instant | undefined> = () => Promise.resolve(undefined)): {
  readonly clock: Clock;
  readonly pace: Pace;
  readonly runs: number[];
  readonly prepared: number[];
} {
  const clock = new Clock();
  const runs: number[] = [];
  const prepared: number[] = [];
  const pace = new Pace({
    ...{ quiet: milliseconds(200), ceiling: milliseconds(2000), now: () => clock.at, schedule: clock.schedule },
    prepare: () => prepared.push(between(instant(0), clock.at)),
    run() {
      runs.push(between(instant(0), clock.at));
      return run(clock);
    },
  });
  return { clock, pace, runs, prepared };
}

describe('the pace of applies', () => {
  it('waits until nothing has changed for the quiet time', async () => {
    const { clock, pace, runs } = paced();
    pace.request();
    await clock.pass(150);
    pace.request();
    await clock.pass(199);
    expect([runs, pace.isBusy]).toEqual([[], true]);
    await clock.pass(1000);
    expect([runs, pace.isBusy]).toEqual([[350], false]);
  });

  it('counts the time that a change took to be understood, and waits for no longer than now', async () => {
    const { clock, pace, runs } = paced();
    await clock.pass(1000);
    pace.request(instant(940));
    await clock.pass(1000);
    pace.request(instant(1500));
    await clock.pass(0);
    expect(runs).toEqual([1140, 2000]);
  });

  it('does not wait longer than the ceiling', async () => {
    const { clock, pace, runs } = paced();
    for (let i = 0; i < 300; i++) {
      pace.request();
      await clock.pass(10);
    }
    await clock.pass(5000);
    expect(runs).toEqual([2000, 3190]);
  });

  it('gets ready when half of the quiet time has passed, or at once when less of it is left', async () => {
    const { clock, pace, runs, prepared } = paced();
    await clock.pass(1000);
    pace.request();
    await clock.pass(500);
    pace.request(instant(1370));
    await clock.pass(500);
    expect([runs, prepared]).toEqual([
      [1200, 1570],
      [1100, 1500],
    ]);
  });

  it('does not get ready for what is due already, nor again and again before the ceiling', async () => {
    const { clock, pace, prepared } = paced();
    await clock.pass(1000);
    pace.request(instant(700));
    await clock.pass(500);
    expect(prepared).toEqual([]);
    for (let i = 0; i < 195; i++) {
      pace.request();
      await clock.pass(10);
    }
    await clock.pass(500);
    expect(prepared).toEqual([3400]);
  });

  it('applies afterwards what changes during an apply', async () => {
    let release: () => void = () => undefined;
    const { clock, pace, runs } = paced(() => new Promise((resolve) => (release = (): void => resolve(undefined))));
    pace.request();
    await clock.pass(200);
    pace.request();
    await clock.pass(5000);
    expect(runs).toEqual([200]);
    release();
    await clock.pass(0);
    await clock.pass(1000);
    expect(runs).toHaveLength(2);
  });

  it('tries again when it is told to, and once for all that has changed until then', async () => {
    let isFirst = true;
    const { clock, pace, runs } = paced((time) => {
      const until = isFirst ? after(time.at, milliseconds(700)) : undefined;
      isFirst = false;
      return Promise.resolve(until);
    });
    pace.request();
    await clock.pass(200);
    expect(pace.isBusy).toBe(true);
    await clock.pass(5000);
    expect(runs).toEqual([200, 900]);
  });

  it('runs nothing when it is closed, or when somebody else has applied', async () => {
    const { clock, pace, runs } = paced();
    pace.request();
    pace.settle();
    await clock.pass(5000);
    pace.request();
    pace.close();
    await clock.pass(5000);
    expect(runs).toEqual([]);
  });
});
