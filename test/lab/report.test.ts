import { describe, expect, it } from 'vitest';
import type { FailoverResult, Trial } from '../../src/lab/bench/failover.ts';
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
      vacancy: ms(0),
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
    expect(lines[2]?.split(/ {2,}/)).toEqual(['proxy-killed', 'ours', '3', '10.0', '12.0', '12', '1', '1.0x']);
    expect(lines[3]?.split(/ {2,}/)).toEqual(['proxy-killed', 'theirs', '2', '950.0', '1000.0', '8', '100', '95.0x']);
    expect(failoverTable([result('theirs', [5])], 'ours')).toMatch(/ -$/);
  });
});
