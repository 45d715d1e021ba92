import { describe, expect, test } from 'vitest';
import { createAgenda } from '../../../src/backends/check/agenda.ts';
import { createScheduler } from '../../../src/backends/check/scheduler.ts';
import type { Job, SchedulerLimits } from '../../../src/backends/check/scheduler.ts';
import { firstTurn, nextTurn } from '../../../src/backends/check/turn.ts';
import { instant, milliseconds } from '../../../src/wire/units.ts';
import type { Milliseconds } from '../../../src/wire/units.ts';
import { random } from '../../wire/random.ts';
import { virtualClock } from '../clock.ts';

const keys = Array.from({ length: 2000 }, (_, at) => `web 10.0.${at >> 8}.${at & 255}:8080`);
const pace = { interval: milliseconds(2000), jitter: milliseconds(200) };

/** How many of `times` fall into each of equal parts of the interval. */
function crowds(times: readonly number[], interval: number, width: number): number[] {
  const counts = Array.from({ length: interval / width }, () => 0);
  for (const time of times) counts[Math.floor((time % interval) / width)]!++;
  return counts;
}

describe('turns', () => {
  test('2000 backends are spread evenly over the interval, from the first turn on', () => {
    for (const jitter of [0, 200]) {
      const rules = { ...pace, jitter: milliseconds(jitter) };
      const turns = keys.map((key) => nextTurn(key, rules, instant(5_000_000)));
      // 100 in each tenth of a second on the average.
      const counts = crowds(turns, 2000, 100);
      expect(Math.max(...counts), `jitter ${jitter}`).toBeLessThan(150);
      expect(Math.min(...counts), `jitter ${jitter}`).toBeGreaterThan(60);
      expect(Math.max(...crowds(turns, 2000, 10)), `jitter ${jitter}`).toBeLessThan(35);
    }
    const first = keys.map((key) => firstTurn(key, pace, instant(7_654_321)) - 7_654_321);
    expect(Math.max(...first)).toBeLessThan(1000);
    expect(Math.max(...crowds(first, 1000, 50))).toBeLessThan(150);
  });

  test('they are the same every time, a whole interval apart but for the jitter, and do not drift', () => {
    for (const key of keys.slice(0, 50)) {
      const still = { ...pace, jitter: milliseconds(0) };
      let at = nextTurn(key, still, instant(123_456));
      for (let times = 0; times < 5; times++) {
        const next = nextTurn(key, still, instant(at + 7));
        expect(next - at).toBeCloseTo(2000, 6);
        at = next;
      }
      let late = nextTurn(key, pace, instant(123_456));
      for (let times = 0; times < 20; times++) {
        const next = nextTurn(key, pace, late);
        expect(next - late).toBeGreaterThanOrEqual(1799);
        expect(next - late).toBeLessThanOrEqual(2201);
        late = next;
      }
      expect(nextTurn(key, pace, instant(123_456))).toBe(nextTurn(key, pace, instant(123_456)));
    }
  });
});

test('an agenda gives back what is due in order', () => {
  const agenda = createAgenda<number>();
  const next = random(3);
  const dues = Array.from({ length: 500 }, () => next(1000));
  for (const due of dues) agenda.add(due, instant(due));
  const taken: number[] = [];
  for (let item = agenda.take(instant(499)); item !== undefined; item = agenda.take(instant(499))) taken.push(item);
  expect(taken).toEqual(dues.filter((due) => due < 500).toSorted((a, b) => a - b));
  expect(agenda.size).toBe(500 - taken.length);
  expect(agenda.next()).toBeGreaterThanOrEqual(500);
});

describe('the scheduler', () => {
  interface Bench {
    readonly clock: ReturnType<typeof virtualClock>;
    readonly scheduler: ReturnType<typeof createScheduler>;
    readonly begun: { readonly key: string; readonly at: number }[];
    readonly cancelled: string[];
    most: number;
    readonly job: (key: string, lasts: number, again?: Milliseconds) => Job;
  }
  const bench = (limits?: SchedulerLimits): Bench => {
    const clock = virtualClock();
    const scheduler = createScheduler(clock, limits);
    const self: Bench = {
      clock,
      scheduler,
      begun: [],
      cancelled: [],
      most: 0,
      job: (key, lasts, again) => ({
        key,
        pace,
        run(done) {
          self.begun.push({ key, at: clock.now() });
          self.most = Math.max(self.most, scheduler.load.inFlight);
          const cancel = clock.after(milliseconds(lasts), () => done(again));
          return () => {
            self.cancelled.push(key);
            cancel();
          };
        },
      }),
    };
    return self;
  };

  test('gives 2000 jobs a turn every interval, and never many at once', () => {
    const { clock, scheduler, begun, job } = bench();
    for (const key of keys) scheduler.add(job(key, 3));
    clock.advance(4000);
    begun.length = 0;
    clock.advance(20_000);
    expect(begun.length).toBeGreaterThan(19_800);
    expect(begun.length).toBeLessThan(20_200);
    expect(
      Math.max(
        ...crowds(
          begun.map(({ at }) => at - 1_004_000),
          20_000,
          10,
        ),
      ),
    ).toBeLessThan(64);
    expect(new Set(begun.map(({ key }) => key)).size).toBe(2000);
  });

  test('after the process was stalled the late ones begin a few at a time, each once', () => {
    const limits = { inFlight: 512, atOnce: 32, rest: milliseconds(5) };
    const { clock, scheduler, begun, job } = bench(limits);
    for (const key of keys) scheduler.add(job(key, 1));
    clock.advance(5000);
    begun.length = 0;
    const start = clock.now() + 3_600_000;
    clock.stall(3_600_000);
    clock.advance(400);
    const counts = crowds(
      begun.map(({ at }) => at - start),
      1000,
      5,
    );
    expect(Math.max(...counts)).toBeLessThanOrEqual(32);
    expect(begun.length).toBe(2000);
    expect(new Set(begun.map(({ key }) => key)).size).toBe(2000);
    // Then all have their own places again.
    clock.advance(4000);
    begun.length = 0;
    clock.advance(20_000);
    const spread = crowds(
      begun.map(({ at }) => at - start),
      100_000,
      100,
    );
    expect(Math.max(...spread)).toBeLessThan(150);
  });

  test('has no more in flight than it may, and forgets nobody', () => {
    const self = bench({ inFlight: 10, atOnce: 32, rest: milliseconds(5) });
    for (const key of keys.slice(0, 100)) self.scheduler.add(self.job(key, 100));
    self.clock.advance(10_000);
    expect(self.most).toBe(10);
    expect(new Set(self.begun.map(({ key }) => key)).size).toBe(100);
  });

  test('a job asks for its next turn sooner', () => {
    const { clock, scheduler, begun, job } = bench();
    scheduler.add(job('a', 1, milliseconds(50)));
    clock.advance(2000);
    const gaps = begun.slice(1).map(({ at }, index) => at - begun[index]!.at);
    expect(gaps.every((gap) => gap >= 50 && gap <= 60)).toBe(true);
  });

  test('a job that is removed before its turn has none', () => {
    const self = bench();
    for (const key of keys.slice(0, 10)) self.scheduler.add(self.job(key, 1));
    for (const key of keys.slice(0, 9)) self.scheduler.remove(key);
    self.clock.advance(10_000);
    expect(new Set(self.begun.map(({ key }) => key))).toEqual(new Set([keys[9]]));
  });

  test('a removed job is called off and has no turn any more, also when it is added again', () => {
    const { clock, scheduler, begun, cancelled, job } = bench();
    scheduler.add(job('a', 1_000_000));
    clock.advance(1500);
    expect(begun).toHaveLength(1);
    scheduler.remove('a');
    expect(cancelled).toEqual(['a']);
    expect(scheduler.load).toMatchObject({ jobs: 0, inFlight: 0 });
    scheduler.add(job('a', 1));
    clock.advance(10_000);
    expect(begun.length).toBeGreaterThanOrEqual(5);
    expect(begun.length).toBeLessThanOrEqual(7);
    scheduler.close();
    begun.length = 0;
    clock.advance(10_000);
    expect(begun).toEqual([]);
  });
});
