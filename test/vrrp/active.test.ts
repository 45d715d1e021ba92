import { describe, expect, test } from 'vitest';
import { deadline, step } from '../../src/vrrp/router.ts';
import { activeDownInterval } from '../../src/vrrp/timers.ts';
import { addressOf } from '../../src/wire/address.ts';
import { milliseconds } from '../../src/wire/units.ts';
import {
  activeState,
  advertisement,
  asActive,
  asBackup,
  at,
  heard,
  lesserPeer,
  names,
  peer,
  v2,
  v3,
  v6,
} from './fixture.ts';

const own = 100;
const active = activeState(v3, own);

describe('RFC 9568 6.4.3 Active', () => {
  test('RFC 9568 6.4.3: a Shutdown cancels Adver_Timer, sends priority 0 and leads to Initialize', () => {
    const { state, actions } = step(v3, active, { type: 'shutdown', at: at(50) });
    expect(names(actions)).toEqual(['advertise 0', 'remove']);
    expect(state).toEqual({ name: 'initialize', priority: 0, since: 50, reason: 'shutdown' });
    expect(deadline(state)).toBeUndefined();
  });

  test('RFC 9568 6.4.3: Adver_Timer fires: advertise and reset it to Advertisement_Interval', () => {
    const { state, actions } = step(v3, active, { type: 'tick', at: at(200) });
    expect(names(actions)).toEqual(['advertise 100']);
    expect(asActive(state).advertAt).toBe(400);
  });

  test('RFC 9568 6.4.3: Adver_Timer does not fire early', () => {
    expect(step(v3, active, { type: 'tick', at: at(199.999) })).toEqual({ state: active, actions: [] });
  });

  test('RFC 9568 6.4.3: lateness does not add up, and a missed interval is not made up for', () => {
    expect(asActive(step(v3, active, { type: 'tick', at: at(230) }).state).advertAt).toBe(400);
    expect(asActive(step(v3, active, { type: 'tick', at: at(400) }).state).advertAt).toBe(600);
    expect(asActive(step(v3, active, { type: 'tick', at: at(777) }).state).advertAt).toBe(977);
  });

  test('RFC 9568 6.4.3: priority 0 is answered with an advertisement and resets Adver_Timer', () => {
    const { state, actions } = step(v3, active, advertisement(50, heard(0)));
    expect(names(actions)).toEqual(['advertise 100', 'announce conflict']);
    expect(asActive(state)).toEqual({ ...active, advertAt: 250 });
  });

  test('RFC 9568 6.4.3: a greater priority leads to Backup with the interval of the packet', () => {
    const { state, actions } = step(
      v3,
      active,
      advertisement(50, heard(own + 1, { source: lesserPeer, interval: 1000 })),
    );
    expect(names(actions)).toContain('remove');
    expect(asBackup(state)).toMatchObject({ priority: own, reason: 'higher-priority', activeInterval: 1000 });
    expect(asBackup(state).activeDownAt).toBe(50 + activeDownInterval(3, own, milliseconds(1000)));
  });

  test('RFC 9568 6.4.3: an equal priority from a greater address leads to Backup', () => {
    const { state, actions } = step(v3, active, advertisement(50, heard(own)));
    expect(asBackup(state).reason).toBe('higher-address');
    expect(names(actions)).toContain('remove');
  });

  test('RFC 9568 6.4.3: an equal priority from a lesser address does not', () => {
    expect(step(v3, active, advertisement(50, heard(own, { source: lesserPeer }))).state).toBe(active);
  });

  test('RFC 9568 6.4.3: addresses are compared as unsigned integers in network byte order, not as text', () => {
    const winners = ['192.0.2.100', '200.0.0.1', '192.0.10.1'];
    const losers = ['192.0.2.9', '20.0.2.200', '9.255.255.255'];
    for (const source of winners.map(addressOf)) {
      expect(step(v3, active, advertisement(50, heard(own, { source }))).state.name).toBe('backup');
    }
    for (const source of losers.map(addressOf)) {
      expect(step(v3, active, advertisement(50, heard(own, { source }))).state.name).toBe('active');
    }
  });

  test('RFC 9568 6.4.3: the tie-break over IPv6', () => {
    const active6 = activeState(v6, own);
    const hear = (source: string): string =>
      step(v6, active6, advertisement(50, heard(own, { source: addressOf(source) }))).state.name;
    expect(hear('fe80::12')).toBe('backup');
    expect(hear('fe80::8000:0:0:1')).toBe('backup');
    expect(hear('fe80::2')).toBe('active');
    expect(hear('fe80::10')).toBe('active');
  });

  test('RFC 9568 6.4.3: a lower advertisement is discarded and answered at once', () => {
    const { state, actions } = step(v3, active, advertisement(50, heard(own - 1, { source: peer, interval: 10 })));
    expect(state).toBe(active);
    expect(names(actions)).toEqual(['advertise 100', 'announce conflict']);
  });

  test('RFC 9568 6.4.3, erratum 8298: two owners settle it by their addresses', () => {
    const owner = activeState(v3, 255);
    expect(step(v3, owner, advertisement(50, heard(255))).state.name).toBe('backup');
    expect(step(v3, owner, advertisement(50, heard(255, { source: lesserPeer }))).state.name).toBe('active');
  });
});

describe('RFC 3768 6.4.3 Master', () => {
  const master = activeState(v2, own);
  const second = { interval: 1000 };

  test('RFC 3768 6.4.3: a lower advertisement is discarded without an answer', () => {
    const { state, actions } = step(v2, master, advertisement(50, heard(own - 1, second)));
    expect(state).toBe(master);
    // Neighbours still have to be told whose the addresses are.
    expect(names(actions)).toEqual(['announce conflict']);
  });

  test('RFC 3768 6.4.3: priority 0 is answered', () => {
    expect(names(step(v2, master, advertisement(50, heard(0, second))).actions)).toContain('advertise 100');
  });

  test('RFC 3768 6.4.3: a greater priority, or an equal one from a greater address, leads to Backup', () => {
    const down = activeDownInterval(2, own, v2.interval);
    expect(asBackup(step(v2, master, advertisement(50, heard(own + 1, second))).state).activeDownAt).toBe(50 + down);
    expect(step(v2, master, advertisement(50, heard(own, second))).state.name).toBe('backup');
    const lesser = heard(own, { ...second, source: lesserPeer });
    expect(step(v2, master, advertisement(50, lesser)).state.name).toBe('active');
  });

  test('RFC 3768 6.4.3: Adver_Timer and Shutdown', () => {
    expect(names(step(v2, master, { type: 'tick', at: at(1000) }).actions)).toEqual(['advertise 100']);
    expect(names(step(v2, master, { type: 'tick', at: at(999) }).actions)).toEqual([]);
    expect(names(step(v2, master, { type: 'shutdown', at: at(5) }).actions)).toEqual(['advertise 0', 'remove']);
  });
});

describe('the parting advertisement', () => {
  test('a router that gives way says so once, before it lets go: the better one learns that there were two', () => {
    for (const what of [heard(own + 1), heard(own)]) {
      expect(names(step(v3, active, advertisement(50, what)).actions)).toEqual(['advertise 100', 'remove']);
    }
  });

  test('it is answered once and not again, so two routers never talk in circles', () => {
    const better = activeState({ ...v3, source: peer }, own + 1);
    const answer = step({ ...v3, source: peer }, better, advertisement(51, heard(own, { source: v3.source })));
    expect(names(answer.actions)).toEqual(['advertise 101', 'announce conflict']);
    const gone = step(v3, active, advertisement(50, heard(own + 1))).state;
    expect(step(v3, gone, advertisement(52, heard(own + 1))).actions).toEqual([]);
  });
});
