import { describe, expect, it } from 'vitest';
import { behind, noLateness, record } from '../../src/engine/lateness.ts';
import { instant, milliseconds } from '../../src/wire/units.ts';

const ms = milliseconds;

describe('lateness', () => {
  it('is how far behind its deadline the engine woke up, and nothing for another reason to wake', () => {
    expect(behind(instant(1000), instant(1003.5))).toBe(3.5);
    expect(behind(instant(1000), instant(900))).toBe(0);
    expect(behind(undefined, instant(900))).toBe(0);
  });

  it('counts every wake, those later than 10 ms, and keeps the worst and when it was', () => {
    const wakes = [0, 10, 10.5, 300, 250].map((late, i) => [ms(late), instant(i)] as const);
    const all = wakes.reduce((lateness, [late, at]) => record(lateness, late, at), noLateness);
    expect(all).toEqual({ wakes: 5, late: 3, worst: 300, worstAt: 3 });
  });

  it('has no worst moment as long as nothing was late', () => {
    expect(record(noLateness, ms(0), instant(5))).toEqual({ wakes: 1, late: 0, worst: 0, worstAt: undefined });
  });
});
