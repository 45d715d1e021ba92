import { describe, expect, it } from 'vitest';
import { Peers } from '../../src/pair/peers.ts';
import { reportOn, standIn } from '../../src/pair/standin.ts';
import type { RouterState } from '../../src/vrrp/state.ts';
import type { IpAddress } from '../../src/wire/address.ts';
import type { RouterReport } from '../../src/wire/heartbeat.ts';
import { labelOf } from '../../src/wire/heartbeat.ts';
import { instant } from '../../src/wire/units.ts';
import type { Instant } from '../../src/wire/units.ts';
import { activeState, backupState, heard, initial, v3 } from '../vrrp/fixture.ts';
import { beat, LB2, OWN, report, SECOND } from './beat.ts';

const router = { vrid: 51, family: 'ipv4', vip: labelOf('web-1') } as const;
const following: RouterState = { ...backupState(v3, 200), heard: heard(253), pending: 'active-router-silent' };

/** What stands in after lb2 has said these things, one after the other. */
function after(
  words: readonly (RouterReport | undefined)[],
  state: RouterState = following,
  voices: ReadonlyMap<IpAddress, Instant> = new Map(),
) {
  const peers = new Peers('lb1', () => OWN);
  peers.follow(['lb2']);
  words.forEach((word, i) =>
    peers.hear(beat({ counter: i + 1, routers: word === undefined ? [] : [word] }), instant(1000 + i)),
  );
  return standIn(peers, 'lb2', { ...router, state, voices }, instant(1010));
}

describe('an active peer', () => {
  it('has as good as advertised when no advertisement of it came for an interval', () => {
    expect(after([report()])).toEqual({ priority: 253, interval: 200, source: LB2 });
    expect(after([report()], following, new Map([[LB2, instant(800)]]))).toBeDefined();
  });

  it('needs no stand-in while its advertisements come', () => {
    expect(after([report()], following, new Map([[LB2, instant(850)]]))).toBeUndefined();
  });

  it('is heard by an active router too, which gives way or answers by the rules of the RFC', () => {
    expect(after([report()], activeState(v3, 200))).toMatchObject({ priority: 253 });
  });

  it('that cannot say where it speaks from has no interface, and stands for nothing', () => {
    expect(after([report({ source: undefined })])).toBeUndefined();
  });
});

describe('a peer that has let go', () => {
  const gone = report({ state: 'initialize', priority: 0, source: undefined });

  it('has as good as resigned, also when it says nothing of the VIP any more', () => {
    expect(after([report(), gone])).toEqual({ priority: 0, interval: 200, source: LB2 });
    expect(after([report(), undefined])).toMatchObject({ priority: 0 });
  });

  it('is no news where another is followed, or nobody, or a take-over is under way', () => {
    const other = { ...following, heard: heard(254, { source: '192.0.2.13' as IpAddress }) } as RouterState;
    expect(after([report(), gone], other)).toBeUndefined();
    expect(after([report(), gone], backupState(v3, 200))).toBeUndefined();
    expect(after([report(), gone], { ...following, pending: 'active-router-resigned' })).toBeUndefined();
    expect(after([report(), gone], activeState(v3, 200))).toBeUndefined();
    expect(after([report(), gone], initial)).toBeUndefined();
  });

  it('is no news while a third host is active, by its word or by its advertisements', () => {
    const third = '192.0.2.13' as IpAddress;
    expect(after([report(), gone], following, new Map([[third, instant(900)]]))).toBeUndefined();
    const peers = new Peers('lb1', () => OWN);
    peers.follow(['lb2', 'lb3']);
    peers.hear(beat({ counter: 1, routers: [report()] }), instant(1000));
    peers.hear(beat({ node: 'lb3', session: SECOND, routers: [report({ source: third })] }), instant(1001));
    peers.hear(beat({ counter: 2, routers: [gone] }), instant(1002));
    const listener = { ...router, state: following, voices: new Map() };
    expect(standIn(peers, 'lb2', listener, instant(1003))).toBeUndefined();
    expect(standIn(peers, 'lb2', listener, instant(9003))).toMatchObject({ priority: 0 });
  });

  it('never held it, and resigns nothing', () => {
    expect(after([gone, gone])).toBeUndefined();
    expect(after([report({ state: 'backup' }), gone])).toBeUndefined();
  });
});

describe('a report', () => {
  it('is found by the name of its VIP, and by the VRID where only one has that', () => {
    const named = beat({ routers: [report({ vip: 1, priority: 1 }), report({ priority: 2 })] });
    expect(reportOn(named, router)?.priority).toBe(2);
    expect(reportOn(beat({ routers: [report({ vip: 1 })] }), router)?.priority).toBe(253);
    expect(reportOn(beat({ routers: [report({ vip: 1 }), report({ vip: 2 })] }), router)).toBeUndefined();
    expect(reportOn(beat({ routers: [report({ family: 'ipv6', source: undefined })] }), router)).toBeUndefined();
  });
});
