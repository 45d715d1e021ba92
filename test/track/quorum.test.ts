import { describe, expect, test } from 'vitest';
import { judgeQuorum, leastOf, lowered } from '../../src/track/quorum.ts';
import type { QuorumPolicy, QuorumVerdict, ServiceHealth } from '../../src/track/quorum.ts';
import { instant, milliseconds } from '../../src/wire/units.ts';

const policy = (more: Partial<QuorumPolicy> = {}): QuorumPolicy => ({
  quorum: { kind: 'count', count: 2 },
  hysteresis: 1,
  recoverAfter: milliseconds(3000),
  ...more,
});

const health = (up: number, total = 4, unknown = 0, service = 'web'): ServiceHealth => ({
  service,
  up,
  unknown,
  total,
});

/** The states after each number of healthy backends of four, a second apart. */
function run(ups: readonly number[], rules: QuorumPolicy): string[] {
  let verdict: QuorumVerdict | undefined;
  return ups.map((up, index) => {
    verdict = judgeQuorum(verdict, [health(up)], rules, instant(1000 * index));
    return verdict.until === undefined ? verdict.state : `${verdict.state} until ${verdict.until}`;
  });
}

describe('too few healthy backends', () => {
  test('fewer than the quorum is few, enough again with the hysteresis and after a while', () => {
    expect(run([4, 2, 1, 2, 2, 3, 3, 3, 3], policy())).toEqual([
      'enough',
      'enough',
      'few',
      'few',
      'few',
      'few until 8000',
      'few until 8000',
      'few until 8000',
      'enough',
    ]);
  });

  test('the while begins anew when they are too few in between', () => {
    expect(run([1, 3, 2, 3, 3, 3, 3], policy())).toEqual([
      'few',
      'few until 4000',
      'few',
      'few until 6000',
      'few until 6000',
      'few until 6000',
      'enough',
    ]);
  });

  test('hysteresis never asks for more than there are', () => {
    const verdict = judgeQuorum(undefined, [health(0)], policy({ hysteresis: 9 }), instant(0));
    expect(judgeQuorum(verdict, [health(3)], policy({ hysteresis: 9 }), instant(1)).until).toBeUndefined();
    expect(judgeQuorum(verdict, [health(4)], policy({ hysteresis: 9 }), instant(1)).until).toBe(3001);
  });

  test('who was not judged yet changes nothing', () => {
    expect(judgeQuorum(undefined, [health(0, 4, 4)], policy(), instant(0)).state).toBe('enough');
    expect(judgeQuorum(undefined, [health(1, 4, 1)], policy(), instant(0)).state).toBe('enough');
    const few = judgeQuorum(undefined, [health(1)], policy(), instant(0));
    expect(judgeQuorum(few, [health(1, 4, 3)], policy(), instant(9000))).toMatchObject({
      state: 'few',
      mendedAt: undefined,
    });
  });

  test('one service with too few is enough of a reason, and is named', () => {
    expect(judgeQuorum(undefined, [health(4), health(1, 4, 0, 'api')], policy(), instant(7))).toMatchObject({
      state: 'few',
      since: 7,
      reason: 'api has 1 of 4 backends, fewer than 2',
    });
    expect(judgeQuorum(undefined, [], policy(), instant(0)).state).toBe('enough');
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

  test('lowers a candidacy by the weight, but not to that of a node that serves nobody', () => {
    const few = judgeQuorum(undefined, [health(0)], policy(), instant(0));
    const enough = judgeQuorum(undefined, [health(4)], policy(), instant(0));
    const stand = (priority: number) => ({ kind: 'stand', priority }) as const;
    expect(lowered(stand(254), few, 50)).toEqual(stand(204));
    expect(lowered(stand(20), few, 50)).toEqual(stand(3));
    expect(lowered(stand(254), enough, 50)).toEqual(stand(254));
    expect(lowered(stand(254), undefined, 50)).toEqual(stand(254));
    // The floor and what recovers are lower than any lowering already.
    expect(lowered(stand(2), few, 50)).toEqual(stand(2));
    expect(lowered(stand(1), few, 50)).toEqual(stand(1));
    expect(lowered({ kind: 'resign' }, few, 50)).toEqual({ kind: 'resign' });
  });
});
