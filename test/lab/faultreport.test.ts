import { describe, expect, it } from 'vitest';
import type { Attempt, Ending } from '../../src/lab/attempt.ts';
import { FAULT_NAMES } from '../../src/lab/bench/faults/faults.ts';
import { movesOf } from '../../src/lab/bench/faults/holding.ts';
import type { FaultRow } from '../../src/lab/bench/faults/row.ts';
import { faultTable, OURS, shortcomings } from '../../src/lab/bench/faults/row.ts';
import { SCENARIOS } from '../../src/lab/bench/faults/scenarios.ts';
import { troubleOf } from '../../src/lab/bench/faults/trouble.ts';
import { instant, milliseconds } from '../../src/wire/units.ts';

const ms = milliseconds;

/** An attempt every 10 ms for as long as `story` has letters: good, failed at once, or timed out after 100 ms. */
const attempts = (story: string, target = 'vip'): Attempt[] =>
  story.split('').map((letter, index) => {
    const endings: Record<string, [Ending, number]> = { g: ['good', 1], r: ['refused', 1], t: ['timeout', 100] };
    const [ending, lasts] = endings[letter] ?? ['local', 1];
    const start = index * 10;
    return { target, start: instant(start), end: instant(start + lasts), ending, front: '' };
  });

const trouble = (story: string, from: number, to: number): ReturnType<typeof troubleOf> =>
  troubleOf(attempts(story), 'vip', instant(from), instant(to));

describe('the trouble of a client', () => {
  it('is none while every attempt is good', () => {
    expect(trouble('g'.repeat(200), 500, 2000)).toEqual({ outage: 0, isLasting: false, failed: 0, of: 150 });
  });

  it('runs from the last good attempt before to the first good answer after', () => {
    const seen = trouble(`${'g'.repeat(50)}${'t'.repeat(20)}${'g'.repeat(130)}`, 500, 2000);
    expect(seen).toMatchObject({ outage: 700 + 1 - 490, isLasting: false, failed: 20 });
  });

  it('goes on where every second attempt is good', () => {
    expect(trouble(`${'g'.repeat(50)}${'gr'.repeat(50)}${'g'.repeat(100)}`, 500, 2500).outage).toBe(1501 - 500);
    expect(trouble(`${'g'.repeat(50)}${'gr'.repeat(100)}`, 500, 2500).isLasting).toBe(true);
  });

  it('lasts when nothing was good any more', () => {
    const seen = trouble(`${'g'.repeat(50)}${'t'.repeat(250)}`, 500, 3000);
    expect(seen).toMatchObject({ outage: 3000 - 490, isLasting: true });
  });

  it('of two times is added, and of another target is not counted', () => {
    const twice = `${'g'.repeat(10)}r${'g'.repeat(80)}r${'g'.repeat(100)}`;
    expect(trouble(twice, 0, 1900).outage).toBe(2 * 21);
    expect(troubleOf(attempts('rrrr', 'other'), 'vip', instant(0), instant(100)).of).toBe(0);
  });
});

describe('the holders of an address', () => {
  const moves = (...holders: string[]): number =>
    movesOf(holders.map((each, index) => ({ from: instant(index), holders: each.split('+').filter(Boolean) })));

  it('move when another one holds it alone', () => {
    expect(moves('lb1')).toBe(0);
    expect(moves('lb1', '', 'lb1', 'lb1+lb2', 'lb1')).toBe(0);
    expect(moves('lb1', '', 'lb2', 'lb1+lb2', 'lb1')).toBe(2);
  });
});

const row: FaultRow = {
  ...{ fault: 'a-fault', what: 'something breaks', daemon: OURS, proxy: 'front', observed: ms(3000) },
  ...{ outage: ms(640.4), isLasting: false, failed: 12, of: 600, holders: [['lb2'], ['lb2']], twoHolders: ms(1) },
  ...{ moves: 1, named: { after: ms(512.3), words: ['lb1: it broke'] }, short: [] },
};

describe('a row', () => {
  it.each<[string, Partial<FaultRow>, string[]]>([
    ['well', {}, []],
    ['late', { outage: ms(901) }, ['outage']],
    ['for ever', { isLasting: true }, ['outage']],
    ['on the wrong host', { holders: [['lb1'], ['lb2']] }, ['holders']],
    ['on two', { holders: [['lb1', 'lb2'], ['lb2']], twoHolders: ms(2400) }, ['holders', 'two holders']],
    ['restless', { moves: 8 }, ['moves']],
    ['silent', { named: undefined }, ['not named']],
    ['refused', { refused: 'too small', isLasting: true, named: undefined }, []],
  ])('that is %s', (_, change, short) => {
    expect(shortcomings({ ...row, ...change }, { serves: 'peer', outage: ms(800) })).toEqual(short);
  });

  it('is asked for what its scenario must show', () => {
    const crossed = { ...row, outage: ms(0), holders: [['lb1'], ['lb2']] };
    expect(shortcomings(crossed, { serves: 'crossed' })).toEqual([]);
    expect(shortcomings(crossed, { serves: 'one' })).toEqual([]);
    expect(shortcomings(crossed, { serves: 'peer', isRefused: true })).toEqual(['not refused', 'holders']);
  });

  it('is a line of the table', () => {
    const theirs: FaultRow = {
      ...{ ...row, daemon: 'keepalived', isLasting: true, holders: [['lb1', 'lb2'], []], named: undefined },
      short: ['outage', 'not named'],
    };
    const refused = { ...row, refused: 'weight 5 is too small' };
    const cells = faultTable([row, theirs, refused])
      .split('\n')
      .map((line) => line.split(/ {2,}/));
    expect(cells[0]).toEqual([
      ...['FAULT', 'DAEMON', 'OUTAGE MS', 'FAILED', 'HOLDERS', 'TWO MS', 'MOVES', 'NAMED MS', 'WELL', 'WORDS'],
    ]);
    expect(cells[2]).toEqual([
      ...['a-fault', 'vipair, front', '640', '12 of 600', 'lb2 / lb2', '1', '1', '512', 'yes', 'lb1: it broke'],
    ]);
    expect(cells[3]).toEqual([
      ...['a-fault', 'keepalived', 'for ever (3 s)', '12 of 600', 'lb1+lb2 / nobody', '1', '1', '-'],
      'no: outage, not named',
    ]);
    expect(cells[4]?.slice(0, 3)).toEqual(['a-fault', 'vipair, front', 'refused']);
    expect(cells[4]?.at(-1)).toBe('weight 5 is too small');
  });
});

describe('the scenarios', () => {
  it('have names of their own in the words of the command line, and say what they are', () => {
    expect(new Set(FAULT_NAMES).size).toBe(SCENARIOS.length);
    for (const { name, what, ours } of SCENARIOS) {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(what.length).toBeGreaterThan(10);
      expect(Object.keys(ours).every((host) => ['lb1', 'lb2'].includes(host))).toBe(true);
    }
  });
});
