import { describe, expect, test } from 'vitest';
import { judge, seeded, told, unjudged } from '../../src/backends/rise.ts';
import type { RisePolicy, Verdict } from '../../src/backends/rise.ts';
import { instant, milliseconds } from '../../src/wire/units.ts';

const policy = (more: Partial<RisePolicy> = {}): RisePolicy => ({
  rise: 2,
  fall: 3,
  retry: 0,
  delayBeforeRetry: milliseconds(500),
  interval: milliseconds(2000),
  ...more,
});

/** The states after each result, `+` good and `-` bad, with the pause before the next look where it is not the turn. */
function run(from: Verdict, results: string, rules: RisePolicy): string[] {
  let verdict = from;
  return Array.from(results, (sign, index) => {
    const result = { result: sign === '+' ? 'good' : 'bad', reason: sign, duration: milliseconds(1) } as const;
    const judged = judge(verdict, rules, result, instant(1000 * (index + 1)));
    verdict = judged.verdict;
    return judged.again === undefined ? verdict.state : `${verdict.state} ${judged.again}`;
  });
}

const start = unjudged(instant(0));
const up = seeded('up', instant(0));
const down = seeded('down', instant(0));

describe('verdicts on a backend', () => {
  test.each([
    ['the first good result of a new one is enough', start, '+', ['up']],
    ['a new one is down after fall bad ones, which follow fast', start, '---', ['unknown 500', 'unknown 500', 'down']],
    ['a new one with mixed results is up', start, '--+', ['unknown 500', 'unknown 500', 'up']],
    ['fall bad results in a row make it down', up, '--+---', ['up', 'up', 'up', 'up', 'up', 'down']],
    ['rise good results in a row make it up', down, '+-++', ['down', 'down', 'down', 'up']],
    ['it stays what it is', up, '+++', ['up', 'up', 'up']],
    ['it stays down', down, '---', ['down', 'down', 'down']],
  ])('%s', (_, from, results, states) => {
    expect(run(from, results, policy())).toEqual(states);
  });

  test('a failed look is repeated before it counts, while the backend is not down', () => {
    const rules = policy({ retry: 2, fall: 1 });
    expect(run(up, '--+---', rules)).toEqual(['up 500', 'up 500', 'up', 'up 500', 'up 500', 'down']);
    expect(run(down, '--', rules)).toEqual(['down', 'down']);
  });

  test('no pause is longer than the interval', () => {
    expect(run(start, '-', policy({ interval: milliseconds(200) }))).toEqual(['unknown 200']);
  });

  test('since is when the state began, last is the latest look', () => {
    const bad = { result: 'bad', reason: 'connection refused', duration: milliseconds(3) } as const;
    let verdict: Verdict = up;
    for (const at of [10, 20, 30, 40]) verdict = judge(verdict, policy(), bad, instant(at)).verdict;
    expect(verdict).toMatchObject({ state: 'down', since: 30, last: { ...bad, at: 40 }, fall: 3, rise: 0 });
  });
});

describe('what somebody else has found', () => {
  const dead = { state: 'down', reason: 'connection refused', isNews: true } as const;

  test('is the verdict at once, and since it has changed', () => {
    const verdict = told(start, dead, instant(5));
    expect(verdict).toMatchObject({ state: 'down', since: 5, last: { result: 'bad', reason: 'connection refused' } });
    const later = told(verdict, { state: 'down', reason: 'Layer4', isNews: false }, instant(9));
    expect(later).toMatchObject({ since: 5, last: { reason: 'connection refused', at: 9 } });
    expect(told(later, { ...dead, reason: 'timeout' }, instant(10)).last?.reason).toBe('timeout');
  });

  test('has words when none were said', () => {
    expect(told(start, { ...dead, reason: undefined }, instant(5)).last?.reason).toBe('its check fails');
    expect(told(start, { state: 'up', reason: undefined, isNews: false }, instant(5)).last?.reason).toBe(
      'its check passes',
    );
  });
});
