import { describe, expect, test } from 'vitest';
import { step } from '../../src/vrrp/router.ts';
import type { RouterEvent, Stance } from '../../src/vrrp/state.ts';
import { activeDownInterval, skewTime } from '../../src/vrrp/timers.ts';
import {
  activeState,
  advertisement,
  asActive,
  asBackup,
  at,
  backupState,
  heard,
  initial,
  names,
  stand,
  takeover,
  v3,
} from './fixture.ts';

const take = (kind: 'resign' | 'out'): RouterEvent => ({ type: 'stance', at: at(50), stance: { kind } });
const active = activeState(v3, 254);
const backup = backupState(v3, 253);

describe('resign', () => {
  test('an active router lets go with priority 0 and stands at the floor', () => {
    const { state, actions } = step(v3, active, take('resign'));
    expect(names(actions)).toEqual(['advertise 0', 'remove']);
    expect(asBackup(state)).toMatchObject({ priority: 1, reason: 'proxy-failure' });
    expect(asBackup(state).activeDownAt).toBe(50 + activeDownInterval(3, 1, v3.interval));
  });

  test('a backup goes to the floor without a word, and its timer takes the longer skew', () => {
    const { state, actions } = step(v3, backup, take('resign'));
    expect(actions).toEqual([]);
    expect(asBackup(state).activeDownAt).toBe(activeDownInterval(3, 1, v3.interval));
  });

  test('an active router that is at the floor already stays: it serves because nobody better is there', () => {
    const last = activeState(v3, 1);
    expect(step(v3, last, take('resign'))).toEqual({ state: last, actions: [] });
  });

  test('a recovering active router whose proxy dies again lets go again', () => {
    expect(names(step(v3, activeState(v3, 2), take('resign')).actions)).toEqual(['advertise 0', 'remove']);
  });

  test('a router that starts with a dead proxy starts at the floor', () => {
    const { state } = step(v3, initial, { type: 'startup', at: at(0), stance: { kind: 'resign' } });
    expect(asBackup(state).priority).toBe(1);
  });

  test('an address owner with a dead proxy starts at the floor too', () => {
    const event: RouterEvent = { type: 'startup', at: at(0), stance: { kind: 'resign' } };
    expect(step(v3, initial, event).state.name).toBe('backup');
  });
});

describe('stand', () => {
  test('an active router advertises a changed priority at once and keeps the addresses', () => {
    for (const priority of [1, 204, 255]) {
      const { state, actions } = step(v3, active, stand(50, priority));
      expect(names(actions)).toEqual([`advertise ${priority}`]);
      expect(asActive(state)).toMatchObject({ priority, advertAt: 250 });
    }
  });

  test('an unchanged priority is not advertised', () => {
    expect(step(v3, active, stand(50, 254))).toEqual({ state: active, actions: [] });
    expect(step(v3, backup, stand(50, 253))).toEqual({ state: backup, actions: [] });
  });

  test('a backup that is lowered keeps the start of its timer and takes the new skew time', () => {
    const state = asBackup(step(v3, backup, stand(50, 100)).state);
    expect(state.activeDownAt).toBeCloseTo(activeDownInterval(3, 100, v3.interval), 9);
    expect(state.priority).toBe(100);
  });

  test('a backup that is raised never gets a deadline in the past', () => {
    const low = backupState(v3, 1);
    const late = low.activeDownAt - 1;
    const state = asBackup(step(v3, low, stand(late, 254)).state);
    expect(state.activeDownAt).toBe(late);
    expect(names(step(v3, state, { type: 'tick', at: at(late) }).actions)).toEqual(takeover(254));
  });

  test('a backup that becomes the address owner takes over at once, as at a start', () => {
    expect(names(step(v3, backup, stand(50, 255)).actions)).toEqual(takeover(255));
    expect(names(step(v3, backup, stand(50, 254)).actions)).toEqual([]);
  });

  test('a preemption under way is off when the priority falls, and has to be earned again', () => {
    const config = { ...v3, preemptFast: true };
    const about = asBackup(step(config, backup, advertisement(50, heard(100))).state);
    expect(about.pending).toBe('preempted-lower-priority');
    const lowered = asBackup(step(config, about, stand(50.1, 99)).state);
    expect(lowered).toMatchObject({ pending: 'active-router-silent', preemptAt: undefined });
    expect(lowered.activeDownAt).toBe(50.1 + activeDownInterval(3, 99, v3.interval));
  });
});

describe('out', () => {
  test('an active router lets go with priority 0 and then neither advertises nor elects', () => {
    const { state, actions } = step(v3, active, take('out'));
    expect(names(actions)).toEqual(['advertise 0', 'remove']);
    expect(state).toEqual({ name: 'initialize', priority: 0, since: 50, reason: 'proxy-failure' });
    expect(step(v3, state, advertisement(60, heard(0)))).toEqual({ state, actions: [] });
    expect(step(v3, state, { type: 'tick', at: at(99_999) })).toEqual({ state, actions: [] });
  });

  test('a backup stands aside without a word', () => {
    expect(step(v3, backup, take('out'))).toMatchObject({ state: { name: 'initialize' }, actions: [] });
  });

  test('the next stance brings it back, as a start does', () => {
    const out = step(v3, active, take('out')).state;
    expect(asBackup(step(v3, out, stand(60, 254)).state).activeDownAt).toBe(
      60 + activeDownInterval(3, 254, v3.interval),
    );
    expect(names(step(v3, out, stand(60, 255)).actions)).toEqual(takeover(255));
    expect(step(v3, out, take('out')).state).toEqual(out);
  });

  test('a stance does not bring back a router that is down for another reason', () => {
    for (const reason of ['fault', 'shutdown', 'not-started'] as const) {
      const down = { ...initial, reason };
      expect(step(v3, down, stand(60, 254))).toEqual({ state: down, actions: [] });
    }
  });

  test('a fault while it stands aside asks for a startup, whose stance keeps it out', () => {
    const out = step(v3, active, take('out')).state;
    const faulty = step(v3, out, { type: 'fault', at: at(70) }).state;
    expect(faulty).toMatchObject({ name: 'initialize', reason: 'fault' });
    const stance: Stance = { kind: 'out' };
    const back = step(v3, faulty, { type: 'startup', at: at(80), stance }).state;
    expect(back).toMatchObject({ name: 'initialize', reason: 'proxy-failure', since: 80 });
  });
});

describe('floor and recovering', () => {
  test('a backup at the floor waits longest, so that any better one is first', () => {
    const floor = backupState(v3, 1).activeDownAt;
    for (const priority of [2, 100, 254]) expect(backupState(v3, priority).activeDownAt).toBeLessThan(floor);
  });

  test('a recovering host relieves one at the floor and follows every other', () => {
    const config = { ...v3, preempt: false, preemptFast: true };
    const recovering = backupState(config, 2);
    const relieved = asBackup(step(config, recovering, advertisement(50, heard(1))).state);
    expect(relieved.activeDownAt).toBe(50 + skewTime(3, 2, v3.interval));
    for (const priority of [2, 3, 254]) {
      const state = asBackup(step(config, recovering, advertisement(50, heard(priority))).state);
      expect(state.pending).toBe('active-router-silent');
    }
  });

  test('two hosts at the floor never preempt each other', () => {
    const floor = backupState({ ...v3, preemptFast: true }, 1);
    const state = asBackup(step({ ...v3, preemptFast: true }, floor, advertisement(50, heard(1))).state);
    expect(state.activeDownAt).toBe(50 + activeDownInterval(3, 1, v3.interval));
  });
});
