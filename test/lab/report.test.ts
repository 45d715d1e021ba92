import { describe, expect, it } from 'vitest';
import type { FailoverResult, Trial } from '../../src/lab/bench/failover.ts';
import { applyTable, BY_HAND, OURS } from '../../src/lab/bench/apply/row.ts';
import { reasonOf, switchTable } from '../../src/lab/bench/switch/row.ts';
import { failoverTable } from '../../src/lab/bench/report.ts';
import { median, table } from '../../src/lab/bench/statistics.ts';
import { milliseconds } from '../../src/wire/units.ts';

const ms = milliseconds;

describe('the report of a benchmark', () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
    [[7], 7],
    [[], Number.NaN],
  ])('takes the median of %j', (values, middle) => expect(median(values)).toBe(middle));

  it('puts words to the left and numbers to the right', () => {
    expect(
      table(
        ['name', 'value'],
        [
          ['a', '1.5'],
          ['longer', '-'],
        ],
      ),
    ).toBe(['name    value', '------  -----', 'a         1.5', 'longer      -'].join('\n'));
  });

  it('compares every contender with the reference, event by event', () => {
    const trial = (outage: number): Trial => ({
      outage: ms(outage),
      sinceEvent: ms(outage),
      conflict: ms(outage / 10),
      vacancy: ms(outage / 4),
      silence: ms(2),
      failures: { refused: 3, timeout: 1 },
      front: 'lb2',
    });
    const result = (contender: string, outages: number[]): FailoverResult => ({
      contender,
      event: 'proxy-killed',
      trials: outages.map(trial),
      median: ms(median(outages)),
      worst: ms(Math.max(...outages)),
    });
    const lines = failoverTable([result('ours', [8, 10, 12]), result('theirs', [1000, 900])], 'ours').split('\n');
    const cells = lines.map((line) => line.split(/ {2,}/));
    expect(cells[0]?.slice(2)).toEqual([
      'N',
      'MEDIAN MS',
      'WORST MS',
      'RATIO',
      'FAILED',
      'NO HOLDER MS',
      'TWO HOLDERS MS',
    ]);
    expect(cells[2]).toEqual(['proxy-killed', 'ours', '3', '10.0', '12.0', '1.0x', '12', '2.5', '1.0']);
    expect(cells[3]).toEqual(['proxy-killed', 'theirs', '2', '950.0', '1000.0', '95x', '8', '237.5', '95.0']);
    expect(failoverTable([result('theirs', [5])], 'ours')).toMatch(/ 5\.0 +- +4 /);
  });

  it('compares a change with the same by hand, and leaves out what was not measured', () => {
    const row = { what: 'a change', proxy: 'front', times: [], failed: undefined, note: '' };
    const lines = applyTable([
      { ...row, by: OURS, times: [30, 20, 25], note: 'quickly' },
      { ...row, by: BY_HAND, times: [50] },
      { ...row, what: 'a death', by: OURS, failed: { count: 2, of: 900 } },
      { ...row, proxy: 'other', by: OURS, times: [7] },
    ]).split('\n');
    const cells = lines.slice(2).map((line) => line.split(/ {2,}/));
    expect(cells[0]).toEqual(['a change', 'front', 'vipair', '3', '25.0', '30.0', '0.5x', '-', '-', 'quickly']);
    expect(cells[1]).toEqual(['a change', 'front', 'by hand', '1', '50.0', '50.0', '-', '-', '-']);
    expect(cells[2]).toEqual(['a death', 'front', 'vipair', '-', '-', '-', '-', '2', '900']);
    expect(cells[3]).toEqual(['a change', 'other', 'vipair', '1', '7.0', '7.0', '-', '-', '-']);
  });

  it('counts what switches have lost, and explains each kind of loss', () => {
    const idle = { at: 0, how: 'ECONNRESET', isReused: true, hasBegun: false };
    const text = switchTable([
      {
        ...{ way: 'managed', times: [2000, 3000, 2500], moves: 0 },
        fresh: { failed: 0, of: 300_000, how: {} },
        kept: { lost: 2, of: 40_000, losses: [idle, idle] },
      },
      {
        ...{ way: 'by hand', times: [100], moves: 0 },
        fresh: { failed: 13, of: 900, how: { refused: 12, reset: 1 } },
        kept: { lost: 0, of: 70, losses: [] },
      },
    ]).split('\n');
    expect(text[2]?.split(/ {2,}/)).toEqual(['vipair, managed', '3', '2500', '3000', '0', '300000', '2', '40000', '0']);
    expect(text[3]?.split(/ {2,}/)).toEqual(['stop, then start', '1', '100', '100', '13', '900', '0', '70', '0']);
    expect(text.slice(5)).toEqual([
      expect.stringContaining('vipair, managed: keep-alive requests lost: 2 sent while the server was closing'),
      'stop, then start: new connections failed: refused 12, reset 1',
    ]);
  });

  it('does not take a loss for granted that a client cannot repeat', () => {
    const loss = { at: 0, how: 'ECONNRESET', isReused: true, hasBegun: true };
    expect(reasonOf(loss)).toBe('ECONNRESET in the middle of the answer');
    expect(reasonOf({ ...loss, isReused: false, hasBegun: false })).toBe('ECONNRESET on a new connection');
    expect(reasonOf({ ...loss, how: 'ETIMEDOUT', hasBegun: false })).toBe('ETIMEDOUT');
  });
});
