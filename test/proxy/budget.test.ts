import { describe, expect, it } from 'vitest';
import { ReloadBudget } from '../../src/proxy/budget.ts';
import { instant, milliseconds } from '../../src/wire/units.ts';

const limits = { spacing: milliseconds(1000), reloads: 3, refill: milliseconds(10_000) };

/** When a reload was made each time that one was wanted again at once, for a while in ms. */
function reloadsIn(duration: number, isPlanned: boolean): number[] {
  const budget = new ReloadBudget(limits);
  const made: number[] = [];
  for (let at = 0; at <= duration;) {
    const wait = budget.wait(instant(at), isPlanned);
    if (wait !== undefined) {
      expect(wait.until).toBeGreaterThan(at);
      at = wait.until;
      continue;
    }
    budget.spend(instant(at), isPlanned);
    made.push(at);
  }
  return made;
}

describe('the reload budget', () => {
  it('lets a burst pass at its pace, and slows down what never rests', () => {
    const made = reloadsIn(60_000, false);
    // Two seconds of the burst have given a fifth of a reload back.
    expect(made).toEqual([0, 1000, 2000, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000]);
  });

  it('holds what somebody has written for the spacing only', () => {
    expect(reloadsIn(5000, true)).toEqual([0, 1000, 2000, 3000, 4000, 5000]);
  });

  it('is not spent by what somebody has written', () => {
    const budget = new ReloadBudget(limits);
    for (let at = 0; at < 10; at++) budget.spend(instant(at * 1000), true);
    expect(budget.wait(instant(10_000), false)).toBeUndefined();
  });

  it('is whole again after a rest', () => {
    const budget = new ReloadBudget(limits);
    for (const at of [0, 1000, 2000]) budget.spend(instant(at), false);
    expect(budget.wait(instant(3000), false)).toMatchObject({
      until: 10_000,
      why: expect.stringContaining('3 reloads') as string,
    });
    expect(budget.wait(instant(30_000), false)).toBeUndefined();
    budget.spend(instant(30_000), false);
    expect(budget.wait(instant(30_500), false)).toEqual({
      until: 31_000,
      why: 'the last reload was less than 1000 ms ago',
    });
  });
});
