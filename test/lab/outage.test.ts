import { describe, expect, it } from 'vitest';
import type { Attempt, Ending } from '../../src/lab/attempt.ts';
import { failuresOf, frontsOf, gapsOf, longestSilence, outageAfter } from '../../src/lab/outage.ts';
import { instant, milliseconds } from '../../src/wire/units.ts';

const target = '192.0.2.101:80';
const attempt = (start: number, end: number, ending: Ending = 'good', front = 'lb1', to = target): Attempt => ({
  target: to,
  start: instant(start),
  end: instant(end),
  ending,
  front: ending === 'good' ? front : '',
});
/** One attempt every 2 ms, answered after 1 ms, except that those begun in [from, to) end otherwise. */
const series = (length: number, from: number, to: number, bad: (start: number) => Attempt | undefined): Attempt[] =>
  Array.from({ length: length / 2 }, (_, index) => index * 2).flatMap((start) =>
    start >= from && start < to ? (bad(start) ?? []) : attempt(start, start + 1, 'good', start < from ? 'lb1' : 'lb2'),
  );
const window = milliseconds(1000);

describe('an outage', () => {
  it('runs from the start of the last good attempt to the first good answer after it', () => {
    const attempts = series(1000, 500, 620, (start) => attempt(start, start + 1, 'refused'));
    const gap = outageAfter(attempts, target, instant(501), window);
    expect(gap).toEqual({ target, from: 498, to: 621, length: 123 });
  });

  it('counts a stall whose requests are all answered in the end', () => {
    const attempts = series(1000, 500, 800, (start) => attempt(start, 801));
    expect(outageAfter(attempts, target, instant(500), window)?.length).toBe(303);
  });

  it('is not prolonged by one answer that was long under way while others came', () => {
    const attempts = [...series(1000, 0, 0, () => undefined), attempt(101, 700)];
    expect(Math.max(...gapsOf(attempts, target).map(({ length }) => length))).toBe(3);
  });

  it('is no later gap in which answers were late but came', () => {
    const attempts = series(1000, 500, 520, (start) => attempt(start, start + 1, 'timeout')).filter(
      ({ start }) => start < 700 || start > 900,
    );
    expect(outageAfter(attempts, target, instant(501), window)?.length).toBe(23);
    expect(longestSilence(attempts)).toBe(204);
  });

  it('is the longest of several that failed, however far from the event within the window', () => {
    const attempts = series(2000, 500, 520, (start) => attempt(start, start + 1, 'reset')).map((each) =>
      each.start >= 900 && each.start < 1000 ? attempt(each.start, each.end, 'refused') : each,
    );
    expect(outageAfter(attempts, target, instant(501), window)).toMatchObject({ from: 898, to: 1001 });
    expect(outageAfter(attempts, target, instant(501), milliseconds(300))).toMatchObject({ from: 498, to: 521 });
  });

  it('does not exist before the first good answer afterwards, nor on another target', () => {
    const attempts = series(1000, 500, 1000, (start) => attempt(start, start + 1, 'refused'));
    expect(outageAfter(attempts, target, instant(501), window)).toBeUndefined();
    expect(outageAfter(attempts, '192.0.2.102:80', instant(100), window)).toBeUndefined();
  });
});

describe('a series of attempts', () => {
  const attempts = series(100, 40, 60, (start) => attempt(start, start + 1, start < 50 ? 'refused' : 'timeout'));

  it('counts failures by kind', () => expect(failuresOf(attempts)).toEqual({ refused: 5, timeout: 5 }));

  it('tells which front answered, one after the other', () => {
    expect(frontsOf(attempts, target)).toEqual([
      { front: 'lb1', from: 0, to: 39, answers: 20 },
      { front: 'lb2', from: 60, to: 99, answers: 20 },
    ]);
  });
});
