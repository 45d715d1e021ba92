import { describe, expect, test } from 'vitest';
import type { OnFailure } from '../../src/config/config.ts';
import { judge as judgeFacts } from '../../src/track/stance.ts';
import type { FailurePolicy } from '../../src/track/stance.ts';
import { observe } from '../../src/track/verdict.ts';
import type { Verdict } from '../../src/track/verdict.ts';
import { instant, milliseconds } from '../../src/wire/units.ts';
import type { Instant } from '../../src/wire/units.ts';

const recoverAfter = milliseconds(3000);
const policy = (onFailure: OnFailure): FailurePolicy => ({
  onFailure,
  recoverAfter,
  recoverMax: milliseconds(60_000),
  tracks: [],
});

/** What the proxy alone leads to. */
const judge = (
  rules: FailurePolicy,
  priority: number,
  proxy: Verdict | undefined,
  now: Instant,
  linkBackAt?: Instant,
) => judgeFacts(rules, priority, { proxy, checks: {} }, now, linkBackAt);
const resign = policy({ reaction: 'resign' });
const lower = policy({ reaction: 'lower', weight: 50 });
const stop = policy({ reaction: 'stop' });

const at = instant;
const atFirst = observe(undefined, { state: 'well', reason: 'nginx answers' }, at(0));
const dead = observe(atFirst, { state: 'dead', reason: 'nginx is not running' }, at(1000));
const back = observe(dead, { state: 'well', reason: 'nginx answers' }, at(2000));

describe('judge', () => {
  test('without a watched proxy, and with one that has always been well, the host stands with its priority', () => {
    const well: Verdict = { state: 'well', reason: 'nginx answers', since: at(0), falls: [], worst: undefined };
    for (const verdict of [undefined, well]) {
      for (const each of [resign, lower, stop]) {
        expect(judge(each, 254, verdict, at(0))).toMatchObject({
          reaction: 'hold',
          stance: { kind: 'stand', priority: 254 },
          because: undefined,
          until: undefined,
        });
      }
    }
  });

  test('a dead proxy is answered as configured, and the reason is told', () => {
    expect(judge(resign, 254, dead, at(1000)).stance).toEqual({ kind: 'resign' });
    expect(judge(lower, 254, dead, at(1000)).stance).toEqual({ kind: 'stand', priority: 204 });
    expect(judge(stop, 254, dead, at(1000)).stance).toEqual({ kind: 'out' });
    expect(judge(resign, 254, dead, at(1000))).toMatchObject({ because: 'nginx is not running', until: undefined });
  });

  test('a weight never leads below the floor priority', () => {
    expect(judge(policy({ reaction: 'lower', weight: 253 }), 100, dead, at(1000)).stance).toEqual({
      kind: 'stand',
      priority: 1,
    });
    expect(judge(policy({ reaction: 'lower', weight: 100 }), 100, dead, at(1000)).stance).toEqual({
      kind: 'stand',
      priority: 1,
    });
    expect(judge(policy({ reaction: 'lower', weight: 99 }), 100, dead, at(1000)).stance).toEqual({
      kind: 'stand',
      priority: 1,
    });
    expect(judge(policy({ reaction: 'lower', weight: 98 }), 100, dead, at(1000)).stance).toEqual({
      kind: 'stand',
      priority: 2,
    });
  });

  test('a host that resigned recovers in two stages, and says until when', () => {
    expect(judge(resign, 254, back, at(2000))).toMatchObject({
      stance: { kind: 'stand', priority: 2 },
      because: 'recovering',
      until: 5000,
    });
    expect(judge(resign, 254, back, at(4999.9)).stance).toEqual({ kind: 'stand', priority: 2 });
    expect(judge(resign, 254, back, at(5000))).toMatchObject({
      stance: { kind: 'stand', priority: 254 },
      until: undefined,
    });
  });

  test('a configured priority below the recovering one is not raised by recovering', () => {
    expect(judge(resign, 1, back, at(2000)).stance).toEqual({ kind: 'stand', priority: 1 });
  });

  test('lower and stop hold their reaction until recover_after is over', () => {
    expect(judge(lower, 254, back, at(4999))).toMatchObject({ stance: { kind: 'stand', priority: 204 }, until: 5000 });
    expect(judge(stop, 254, back, at(4999))).toMatchObject({ stance: { kind: 'out' }, until: 5000 });
    for (const each of [lower, stop])
      expect(judge(each, 254, back, at(5000)).stance).toEqual({ kind: 'stand', priority: 254 });
  });

  test('without recover_after a proxy that answers is well at once', () => {
    const instantly = { ...resign, recoverAfter: milliseconds(0) };
    expect(judge(instantly, 254, back, at(2000)).stance).toEqual({ kind: 'stand', priority: 254 });
  });
});

describe('a link that is back', () => {
  const well = observe(undefined, { state: 'well', reason: 'nginx answers' }, at(0));
  const second = { kind: 'stand', priority: 2 };

  test('stands behind every well host for recover_after, without a proxy too', () => {
    for (const verdict of [well, undefined]) {
      expect(judge(stop, 254, verdict, at(1000), at(1000))).toMatchObject({
        stance: second,
        because: 'link recovering',
        until: 4000,
      });
      expect(judge(stop, 254, verdict, at(4000), at(1000))).toMatchObject({
        stance: { priority: 254 },
        until: undefined,
      });
    }
  });

  test('stands behind its proxy, while that has longer to prove itself, and the other way round', () => {
    expect(judge(resign, 254, back, at(2500), at(1000))).toMatchObject({ because: 'recovering', until: 4000 });
    const later = (now: number) => judge(stop, 254, back, at(now), at(3000));
    expect(later(3500)).toMatchObject({ stance: { kind: 'out' }, because: 'link recovering', until: 5000 });
    expect(later(5000)).toMatchObject({ stance: second, because: 'link recovering', until: 6000 });
    expect(later(6000).because).toBeUndefined();
  });

  test('does not make a dead proxy any better', () => {
    expect(judge(lower, 254, dead, at(1000), at(1000)).stance).toEqual({ kind: 'stand', priority: 204 });
  });

  test('is no reason for an address owner to say less than 255: it has the address all the same', () => {
    expect(judge(resign, 255, well, at(1000), at(1000)).stance).toEqual({ kind: 'stand', priority: 255 });
    expect(judge(resign, 255, back, at(2500), at(2000)).stance).toEqual(second);
  });
});

describe('observe', () => {
  test('the time is kept while the state holds, and starts again when it changes', () => {
    const still = observe(dead, { state: 'dead', reason: 'still not running' }, at(1500));
    expect(still).toMatchObject({ state: 'dead', reason: 'still not running', since: 1000, falls: [1000] });
    expect(back.since).toBe(2000);
    expect(observe(back, { state: 'well', reason: 'nginx answers' }, at(2500)).since).toBe(2000);
  });

  test('a failure during recovery starts recovery again, and makes it twice as long', () => {
    const again = observe(back, { state: 'dead', reason: 'gone' }, at(4000));
    const better = observe(again, { state: 'well', reason: 'nginx answers' }, at(4500));
    expect(judge(resign, 254, better, at(5000)).until).toBe(10_500);
  });

  test('only a proxy that has failed has to prove itself', () => {
    expect(atFirst.falls).toEqual([]);
    expect(judge(resign, 254, atFirst, at(0)).because).toBeUndefined();
    expect(back.falls).toEqual([1000]);
  });

  test('a proxy that was not there from the start proves itself once, and has not failed before', () => {
    const missing = observe(undefined, { state: 'dead', reason: 'nginx is not running' }, at(0));
    const started = observe(missing, { state: 'well', reason: 'nginx answers' }, at(1000));
    expect(missing.falls).toEqual([]);
    expect(judge(resign, 254, started, at(3999))).toMatchObject({ stance: { priority: 2 }, until: 4000 });
    expect(judge(resign, 254, started, at(4000)).reaction).toBe('hold');

    const failed = observe(started, { state: 'dead', reason: 'gone' }, at(60_000));
    const better = observe(failed, { state: 'well', reason: 'nginx answers' }, at(61_000));
    expect(judge(resign, 254, better, at(61_000)).until).toBe(64_000);
    const again = observe(better, { state: 'dead', reason: 'gone' }, at(62_000));
    const best = observe(again, { state: 'well', reason: 'nginx answers' }, at(63_000));
    expect(judge(resign, 254, best, at(63_000)).until).toBe(69_000);
  });
});
