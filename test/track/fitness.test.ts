import { describe, expect, test } from 'vitest';
import type { Facts } from '../../src/track/fitness.ts';
import { judge } from '../../src/track/stance.ts';
import type { FailurePolicy } from '../../src/track/stance.ts';
import { holdOf, observe } from '../../src/track/verdict.ts';
import type { Verdict } from '../../src/track/verdict.ts';
import { instant, milliseconds } from '../../src/wire/units.ts';

const at = instant;

const policy: FailurePolicy = {
  onFailure: { reaction: 'resign' },
  recoverAfter: milliseconds(10_000),
  recoverMax: milliseconds(120_000),
  tracks: [
    { check: 'db', weight: 20 },
    { check: 'disk', weight: 30 },
    { check: 'gateway', weight: undefined },
  ],
};

const well = (since = 0): Verdict => observe(undefined, { state: 'well', reason: 'it is' }, at(since));
const bad = (since = 0): Verdict => observe(well(), { state: 'dead', reason: 'it is not' }, at(since));
const allWell = { db: well(), disk: well(), gateway: well() };
const facts = (checks: Facts['checks'] = {}, proxy: Verdict = well()): Facts => ({
  proxy,
  checks: { ...allWell, ...checks },
});
const judged = (known: Facts, now = 1000) => judge(policy, 254, known, at(now));

describe('check results -> fitness -> reaction', () => {
  test('all well: hold', () => {
    expect(judged(facts())).toMatchObject({
      fitness: { kind: 'well' },
      reaction: 'hold',
      causes: [],
      until: undefined,
    });
  });

  test('a check with a weight lowers, several together', () => {
    expect(judged(facts({ db: bad() }))).toMatchObject({
      fitness: { kind: 'degraded', by: 20 },
      reaction: 'lower',
      stance: { kind: 'stand', priority: 234 },
      because: 'db: it is not',
    });
    expect(judged(facts({ db: bad(), disk: bad() }))).toMatchObject({
      fitness: { kind: 'degraded', by: 50 },
      stance: { priority: 204 },
      because: 'disk: it is not',
    });
  });

  test('a lowered host stays above one that has just come back, and is never raised', () => {
    expect(judge(policy, 10, facts({ db: bad() }), at(0)).stance).toEqual({ kind: 'stand', priority: 3 });
    expect(judge(policy, 2, facts({ db: bad() }), at(0)).stance).toEqual({ kind: 'stand', priority: 2 });
  });

  test('a check without a weight is as bad as a dead proxy', () => {
    expect(judged(facts({ gateway: bad(), db: bad() }))).toMatchObject({
      fitness: { kind: 'dead' },
      reaction: 'resign',
      because: 'gateway: it is not',
    });
    const stop = { ...policy, onFailure: { reaction: 'stop' } } as const;
    expect(judge(stop, 254, facts({ gateway: bad() }), at(0)).reaction).toBe('stop');
  });

  test('a check that was never made fails', () => {
    expect(judge(policy, 254, { proxy: well(), checks: { db: well(), disk: well() } }, at(0))).toMatchObject({
      reaction: 'resign',
      because: 'gateway: not looked at yet',
    });
  });

  test('a degraded proxy is the worst that is well, and recovers like anything else', () => {
    const shared = observe(well(), { state: 'degraded', reason: 'shares port 80' }, at(100));
    expect(judged(facts({}, shared))).toMatchObject({ stance: { priority: 3 }, because: 'shares port 80' });
    const back = observe(shared, { state: 'well', reason: 'alone' }, at(2000));
    expect(judged(facts({}, back), 2000)).toMatchObject({
      fitness: { kind: 'degraded', by: 253 },
      stance: { priority: 3 },
      until: 12_000,
    });
    expect(judged(facts({}, back), 12_000).reaction).toBe('hold');
  });

  test('a proxy that was dead and is degraded now recovers as one that was dead', () => {
    const dead = bad(100);
    const degraded = observe(dead, { state: 'degraded', reason: 'shares port 80' }, at(200));
    const back = observe(degraded, { state: 'well', reason: 'alone' }, at(300));
    expect(back.falls).toEqual([100]);
    expect(judged(facts({}, back), 400)).toMatchObject({ fitness: { kind: 'recovering' }, stance: { priority: 2 } });
  });

  test('what has failed counts on until it has proved itself', () => {
    const back = observe(bad(1000), { state: 'well', reason: 'it is' }, at(2000));
    expect(judged(facts({ db: back }), 11_999)).toMatchObject({ stance: { priority: 234 }, until: 12_000 });
    expect(judged(facts({ db: back }), 11_999).causes).toMatchObject([{ subject: 'db', state: 'recovering' }]);
    expect(judged(facts({ db: back }), 12_000).reaction).toBe('hold');
    expect(judged(facts({ gateway: back }), 3000)).toMatchObject({
      fitness: { kind: 'recovering' },
      stance: { priority: 2 },
    });
  });

  test('an address owner holds its priority unless it is as good as dead', () => {
    expect(judge(policy, 255, facts({ db: bad() }), at(0)).reaction).toBe('hold');
    expect(judge(policy, 255, facts({ gateway: bad() }), at(0)).reaction).toBe('resign');
  });
});

describe('damping', () => {
  const flap = (times: number, period: number, down: number): Verdict => {
    let verdict = well();
    for (let i = 0; i < times; i++) {
      verdict = observe(verdict, { state: 'dead', reason: 'down' }, at(i * period));
      verdict = observe(verdict, { state: 'well', reason: 'up' }, at(i * period + down));
    }
    return verdict;
  };

  test('the time to prove itself doubles with every failure, up to the most', () => {
    const holds = [1, 2, 3, 4, 5, 9].map((times) => holdOf(flap(times, 1000, 500), policy));
    expect(holds).toEqual([10_000, 20_000, 40_000, 80_000, 120_000, 120_000]);
  });

  test('failures of long ago are forgotten, all but the last', () => {
    expect(holdOf(flap(3, 400_000, 500), policy)).toBe(10_000);
    expect(holdOf(flap(1, 0, 900_000), policy)).toBe(10_000);
  });

  test('no recover_after, no damping', () => {
    const none = { recoverAfter: milliseconds(0), recoverMax: milliseconds(0) };
    expect(holdOf(flap(5, 1000, 500), none)).toBe(0);
  });

  // keepalived moves its VIP eight times.
  test.each([1000, 3500, 6000])('four flaps in 28 s, each %d ms down, change the reaction twice', (down) => {
    const changes: string[] = [];
    let verdict = well();
    for (let now = 0; now <= 60_000; now += 100) {
      const phase = now % 7000;
      if (now < 28_000 && phase === 0) verdict = observe(verdict, { state: 'dead', reason: 'down' }, at(now));
      if (now < 28_000 && phase === down) verdict = observe(verdict, { state: 'well', reason: 'up' }, at(now));
      const { stance } = judge(policy, 254, facts({}, verdict), at(now));
      const holds = stance.kind === 'stand' && stance.priority === 254;
      const word = holds ? 'holds' : 'does not';
      if (changes.at(-1) !== word) changes.push(word);
    }
    expect(changes.length).toBeLessThanOrEqual(2);
  });

  test('a proxy that flaps for ever moves its VIP at most twice a minute in the long run', () => {
    let moves = 0;
    let held = true;
    let verdict = well();
    for (let now = 0; now <= 1_800_000; now += 100) {
      // It fails the moment it is trusted again.
      const { reaction } = judge(policy, 254, facts({}, verdict), at(now));
      if (reaction === 'hold' && !held) moves += 1;
      if (reaction === 'hold') {
        verdict = observe(verdict, { state: 'dead', reason: 'down' }, at(now));
        moves += 1;
      } else if (verdict.state === 'dead') verdict = observe(verdict, { state: 'well', reason: 'up' }, at(now));
      held = reaction === 'hold';
    }
    expect(moves / 30).toBeLessThan(2);
  });
});
