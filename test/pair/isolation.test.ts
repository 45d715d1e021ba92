import { describe, expect, it } from 'vitest';
import { answered, isIsolated, lapse, unasked } from '../../src/pair/isolation.ts';
import { Peers } from '../../src/pair/peers.ts';
import type { Heartbeat, Reach } from '../../src/wire/heartbeat.ts';
import { labelOf } from '../../src/wire/heartbeat.ts';
import { instant } from '../../src/wire/units.ts';
import { beat, OWN, report } from './beat.ts';

const router = { vrid: 51, family: 'ipv4', vip: labelOf('web-1') } as const;

/** Judges a host with some reach, 100 ms or a minute after lb2 was heard last. */
function judged(reach: Reach, last: Partial<Heartbeat> | undefined, ago = 100, isNear = false, since = 0): boolean {
  const peers = new Peers('lb1', () => OWN);
  peers.follow(['lb2']);
  if (last !== undefined) peers.hear(beat({ routers: [report({ state: 'backup' })], ...last }), instant(1000));
  return isIsolated({ reach, since: instant(since) }, peers, router, isNear, instant(1000 + ago));
}

describe('a host that reaches nobody', () => {
  it('lets go when a peer is heard that reaches somebody, and may serve', () => {
    expect(judged('none', { reach: 'well' })).toBe(true);
    expect(judged('none', { reach: 'well', routers: [report({ state: 'initialize' })] })).toBe(false);
    expect(judged('none', { reach: 'well', routers: [] })).toBe(false);
    // The peer may not have noticed yet.
    expect(judged('none', { reach: 'well' }, 100, false, 200)).toBe(false);
  });

  it('goes on when the peers that are heard reach nobody either, or nothing is known of that', () => {
    expect(judged('none', { reach: 'none' })).toBe(false);
    expect(judged('none', { reach: 'unasked' })).toBe(false);
    expect(judged('none', undefined, 100, true)).toBe(false);
  });

  it('lets go when nobody is heard at all', () => {
    expect(judged('none', undefined)).toBe(true);
    expect(judged('none', { reach: 'well' }, 60_000)).toBe(true);
    expect(judged('none', { reach: 'unasked' }, 60_000)).toBe(true);
  });

  it('goes on when the last word of the silent peer was that it reaches nobody either', () => {
    expect(judged('none', { reach: 'none' }, 60_000)).toBe(false);
    // It was stopped while the gateway was down.
    expect(judged('none', { reach: 'none', leaving: true }, 60_000)).toBe(false);
    expect(judged('none', { reach: 'well', leaving: true }, 60_000)).toBe(true);
  });
});

it('a host that reaches somebody, or does not ask, goes on whatever else', () => {
  for (const reach of ['well', 'unasked'] as const) {
    expect([judged(reach, undefined), judged(reach, { reach: 'well' })]).toEqual([false, false]);
  }
});

describe('reach', () => {
  const at = (value: number) => instant(value);

  it('is unknown at first, until somebody has had the time to answer', () => {
    const fresh = unasked(at(0));
    expect([lapse(fresh, at(1000)).reach, lapse(fresh, at(1600)).reach]).toEqual(['unasked', 'none']);
    expect(answered(fresh, at(10)).reach).toBe('well');
  });

  it('ends with the third question that nobody answers', () => {
    const well = answered(unasked(at(0)), at(10));
    expect([lapse(well, at(1600)).reach, lapse(well, at(1610)).reach]).toEqual(['well', 'none']);
  });

  it('comes back with two answers to two questions', () => {
    const none = lapse(answered(unasked(at(0)), at(10)), at(5000));
    const once = answered(none, at(5010));
    expect([once.reach, answered(once, at(5050)).reach, answered(once, at(5510)).reach]).toEqual([
      'none',
      'none',
      'well',
    ]);
    // An answer that stands alone is forgotten.
    expect(answered(lapse(once, at(7000)), at(7010)).reach).toBe('none');
  });
});
