import { describe, expect, it } from 'vitest';
import type { FailoverResult, Trial } from '../../src/lab/bench/failover.ts';
import { applyTable, BY_HAND, OURS } from '../../src/lab/bench/apply/row.ts';
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
});
