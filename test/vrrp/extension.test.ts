import { describe, expect, test } from 'vitest';
import { step } from '../../src/vrrp/router.ts';
import type { RouterState } from '../../src/vrrp/state.ts';
import { activeDownInterval, skewTime } from '../../src/vrrp/timers.ts';
import { addressOf } from '../../src/wire/address.ts';
import { milliseconds } from '../../src/wire/units.ts';
import {
  activeState,
  advertisement,
  asBackup,
  at,
  backupState,
  heard,
  initial,
  names,
  peer,
  takeover,
  v2,
  v3,
} from './fixture.ts';

const third = addressOf('192.0.2.13');
const down = activeDownInterval(3, 254, v3.interval);

const hear = (config: typeof v3, state: RouterState, now: number, what: ReturnType<typeof heard>) =>
  asBackup(step(config, state, advertisement(now, what)).state);

describe('preempt_delay', () => {
  const config = { ...v3, preemptDelay: milliseconds(3000), preemptFast: true };

  test('a lower active router is followed until the delay from its first advertisement is over', () => {
    let state = backupState(config, 254);
    for (let now = 100; now < 3100; now += 200) {
      state = hear(config, state, now, heard(100));
      expect(state).toMatchObject({ preemptAt: 3100, activeDownAt: now + down, pending: 'active-router-silent' });
    }
    state = hear(config, state, 3100, heard(100));
    expect(state).toMatchObject({
      pending: 'preempted-lower-priority',
      activeDownAt: 3100 + skewTime(3, 254, v3.interval),
    });
  });

  test('it does not hold back a take-over from a silent router, nor from one that resigns', () => {
    const followed = hear(config, backupState(config, 254), 100, heard(100));
    expect(names(step(config, followed, { type: 'tick', at: at(100 + down) }).actions)).toEqual(takeover(254));
    expect(hear(config, followed, 300, heard(0)).activeDownAt).toBe(300 + skewTime(3, 254, v3.interval));
  });

  test('it starts anew when a better router was active in between', () => {
    const first = hear(config, backupState(config, 254), 100, heard(100));
    const better = hear(config, first, 200, heard(254));
    expect(better.preemptAt).toBeUndefined();
    const own = hear(config, { ...better, heard: undefined }, 2000, heard(100));
    expect(own.preemptAt).toBe(5000);
  });

  test('a router at the floor is relieved without it', () => {
    const state = hear(config, backupState(config, 254), 100, heard(1));
    expect(state.activeDownAt).toBe(100 + skewTime(3, 254, v3.interval));
  });
});

describe('preempt_fast', () => {
  const fast = { ...v3, preemptFast: true };

  test('a lower active router is relieved one skew time after it was heard', () => {
    const state = hear(fast, backupState(fast, 254), 100, heard(253));
    expect(state.activeDownAt).toBe(100 + skewTime(3, 254, v3.interval));
    expect(step(fast, state, { type: 'tick', at: state.activeDownAt }).state).toMatchObject({
      name: 'active',
      reason: 'preempted-lower-priority',
    });
  });

  test('without it the active-down interval runs out first, as in the RFC', () => {
    expect(hear(v3, backupState(v3, 254), 100, heard(253)).activeDownAt).toBe(down);
  });

  test('it never puts the election off', () => {
    let state = hear(fast, backupState(fast, 254), 100, heard(253));
    const { activeDownAt } = state;
    state = hear(fast, state, 101, heard(253));
    expect(state.activeDownAt).toBe(activeDownAt);
    const slow = { ...fast, interval: milliseconds(40_000) };
    const low = { ...backupState(slow, 2), activeDownAt: at(150) };
    expect(hear(slow, low, 100, heard(1)).activeDownAt).toBe(150);
  });

  test('a better router heard in time calls it off', () => {
    const state = hear(fast, hear(fast, backupState(fast, 253), 100, heard(252)), 100.5, heard(254, { source: third }));
    expect(state).toMatchObject({
      activeDownAt: 100.5 + activeDownInterval(3, 253, v3.interval),
      preemptAt: undefined,
    });
  });

  test('a lower router that talks while a better one is active changes nothing', () => {
    const followed = hear(fast, backupState(fast, 253), 100, heard(254, { source: third }));
    expect(hear(fast, followed, 101, heard(252, { source: peer }))).toBe(followed);
    // Once the better one has resigned, or has come down itself, the lower one is relieved.
    const resigned = hear(fast, followed, 101, heard(0, { source: third }));
    expect(hear(fast, resigned, 101, heard(252)).pending).toBe('preempted-lower-priority');
    expect(hear(fast, followed, 101, heard(252, { source: third })).pending).toBe('preempted-lower-priority');
  });
});

describe('mute', () => {
  test('a backup whose take-over could not be sent stays one, and asks again after an active-down interval', () => {
    const before = backupState(v3, 254);
    const first = step(v3, before, { type: 'mute', at: at(700), priority: 254 });
    expect(first.actions).toEqual([]);
    expect(asBackup(first.state)).toMatchObject({ reason: 'mute', since: 700, activeDownAt: 700 + down });
    const second = step(v3, first.state, { type: 'mute', at: at(1400), priority: 254 });
    expect(asBackup(second.state)).toMatchObject({ reason: 'mute', since: 700, activeDownAt: 1400 + down });
  });

  test('an owner or an adopter that cannot send becomes a backup and holds nothing', () => {
    const { state, actions } = step(v3, initial, { type: 'mute', at: at(5), priority: 255 });
    expect(names(actions)).toEqual(['remove']);
    expect(asBackup(state)).toMatchObject({ reason: 'mute', priority: 255 });
  });
});

describe('stalled', () => {
  test('an active router that was away for longer than its lease steps down and listens', () => {
    const { state, actions } = step(v3, activeState(v3, 254), { type: 'stalled', at: at(6000) });
    expect(names(actions)).toEqual(['remove']);
    expect(asBackup(state)).toMatchObject({ priority: 254, reason: 'stalled', activeDownAt: 6000 + down });
  });

  test('a backup that was away waits once more: silence proves nothing when nobody listened', () => {
    const before = hear({ ...v3, preemptFast: true }, backupState(v3, 254), 100, heard(253, { interval: 200 }));
    const state = asBackup(step(v3, before, { type: 'stalled', at: at(6000) }).state);
    expect(state).toMatchObject({ pending: 'active-router-silent', preemptAt: undefined, activeDownAt: 6000 + down });
    expect(step(v3, state, { type: 'tick', at: at(6001) }).actions).toEqual([]);
  });

  test('a router that is down does not notice', () => {
    expect(step(v3, initial, { type: 'stalled', at: at(6000) })).toEqual({ state: initial, actions: [] });
  });
});

describe('fault', () => {
  test('an active router lets the addresses go and sends nothing, because nothing can be sent', () => {
    const { state, actions } = step(v3, activeState(v3, 254), { type: 'fault', at: at(50) });
    expect(names(actions)).toEqual(['remove']);
    expect(state).toEqual({ name: 'initialize', priority: 0, since: 50, reason: 'fault' });
  });

  test('a backup falls silent, and a second fault keeps the time of the first', () => {
    const down1 = step(v3, backupState(v3, 254), { type: 'fault', at: at(50) });
    expect(down1.actions).toEqual([]);
    expect(step(v3, down1.state, { type: 'fault', at: at(60) }).state).toEqual(down1.state);
  });
});

describe('reconfigured', () => {
  test('an active router brings packet, addresses and neighbours in line at once', () => {
    const { state, actions } = step(v3, activeState(v3, 254), { type: 'reconfigured', at: at(50) });
    expect(names(actions)).toEqual(takeover(254));
    expect(state).toMatchObject({ name: 'active', advertAt: 250, since: 0 });
  });

  test('a version 3 backup keeps the interval it has learned', () => {
    const state = hear(v3, backupState(v3, 254), 50, heard(254, { interval: 1000 }));
    expect(step({ ...v3, interval: milliseconds(10) }, state, { type: 'reconfigured', at: at(60) }).state).toBe(state);
  });

  test('a backup that has learned none, or is of version 2, takes the new interval of its own', () => {
    const slow = { ...v3, interval: milliseconds(1000) };
    const state = asBackup(step(slow, backupState(v3, 254), { type: 'reconfigured', at: at(60) }).state);
    expect(state).toMatchObject({ activeInterval: 1000, activeDownAt: 60 + activeDownInterval(3, 254, slow.interval) });
    const slower = { ...v2, interval: milliseconds(5000) };
    const followed = hear(v2, backupState(v2, 254), 50, heard(254, { interval: 1000 }));
    expect(step(slower, followed, { type: 'reconfigured', at: at(60) }).state).toMatchObject({ activeInterval: 5000 });
  });
});

describe('adopt', () => {
  test('a startup that finds the addresses of a former run goes on as active', () => {
    const { state, actions } = step(v3, initial, {
      type: 'adopt',
      at: at(5),
      stance: { kind: 'stand', priority: 254 },
    });
    expect(names(actions)).toEqual(takeover(254));
    expect(state).toMatchObject({ name: 'active', reason: 'adopted' });
  });

  test('a host with a dead proxy lets go of what the former run has left', () => {
    const event = { type: 'adopt', at: at(5), stance: { kind: 'resign' } } as const;
    const { state, actions } = step(v3, initial, event);
    expect(state).toMatchObject({ name: 'backup', priority: 1 });
    expect(names(actions)).toEqual(['advertise 0', 'remove']);
    const running = activeState(v3, 254);
    expect(step(v3, running, event)).toEqual({ state: running, actions: [] });
  });
});
