import { describe, expect, test } from 'vitest';
import { judgeQuorum, leastOf } from '../../src/track/quorum.ts';
import type { QuorumPolicy, ServiceHealth } from '../../src/track/quorum.ts';
import type { Observed } from '../../src/track/verdict.ts';

const policy = (more: Partial<QuorumPolicy> = {}): QuorumPolicy => ({
  quorum: { kind: 'count', count: 2 },
  hysteresis: 1,
  ...more,
});

const health = (up: number, total = 4, unknown = 0, service = 'web'): ServiceHealth => ({
  service,
  up,
  unknown,
  total,
});

/** The states after each number of healthy backends of four. */
function run(ups: readonly number[], rules: QuorumPolicy): string[] {
  let verdict: Observed | undefined;
  return ups.map((up) => {
    verdict = judgeQuorum(verdict, [health(up)], rules);
    return verdict.state;
  });
}

describe('too few healthy backends', () => {
  test('fewer than the quorum fails, and it is well again with the hysteresis', () => {
    expect(run([4, 2, 1, 2, 3, 2, 1], policy())).toEqual(['well', 'well', 'dead', 'dead', 'well', 'well', 'dead']);
  });

  test('hysteresis never asks for more than there are', () => {
    const few = judgeQuorum(undefined, [health(0)], policy({ hysteresis: 9 }));
    expect(judgeQuorum(few, [health(3)], policy({ hysteresis: 9 })).state).toBe('dead');
    expect(judgeQuorum(few, [health(4)], policy({ hysteresis: 9 })).state).toBe('well');
  });

  test('who was not judged yet changes nothing', () => {
    expect(judgeQuorum(undefined, [health(0, 4, 4)], policy()).state).toBe('well');
    expect(judgeQuorum(undefined, [health(1, 4, 1)], policy()).state).toBe('well');
    const few = judgeQuorum(undefined, [health(1)], policy());
    expect(judgeQuorum(few, [health(1, 4, 3)], policy()).state).toBe('dead');
  });

  test('one service with too few is enough of a reason, and is named', () => {
    expect(judgeQuorum(undefined, [health(4), health(1, 4, 0, 'api')], policy())).toEqual({
      state: 'dead',
      reason: 'api has 1 of 4 backends, fewer than 2',
    });
    expect(judgeQuorum(undefined, [], policy()).state).toBe('well');
  });

  test.each([
    [50, 4, 2],
    [50, 5, 3],
    [1, 4, 1],
    [100, 7, 7],
    [50, 0, 1],
  ])('%d%% of %d is %d', (percent, total, least) => {
    expect(leastOf({ kind: 'share', percent }, total)).toBe(least);
  });
});
