import { describe, expect, test } from 'vitest';
import { deadline, initialState, step } from '../../src/vrrp/router.ts';
import type { RouterEvent } from '../../src/vrrp/state.ts';
import { activeDownInterval } from '../../src/vrrp/timers.ts';
import { advertisement, asActive, asBackup, at, heard, initial, names, takeover, v2, v3, v6 } from './fixture.ts';

const startup = (priority: number): RouterEvent => ({
  type: 'startup',
  at: at(1000),
  stance: { kind: 'stand', priority },
});

describe('RFC 9568 6.4.1 Initialize', () => {
  test('RFC 9568 6.4.1: a Startup with priority 255 advertises, announces and becomes active at once', () => {
    for (const config of [v3, v6]) {
      const { state, actions } = step(config, initial, startup(255));
      expect(names(actions)).toEqual(takeover(255));
      expect(asActive(state)).toMatchObject({ priority: 255, since: 1000, reason: 'owner' });
    }
  });

  test('RFC 9568 6.4.1: a Startup with any other priority sends nothing and becomes a backup', () => {
    for (const priority of [1, 100, 254]) {
      const { state, actions } = step(v3, initial, startup(priority));
      expect(actions).toEqual([]);
      expect(asBackup(state)).toMatchObject({ priority, since: 1000, pending: 'no-active-router', heard: undefined });
    }
  });

  test('RFC 9568 6.4.1: the owner sets Adver_Timer to Advertisement_Interval', () => {
    expect(deadline(step(v3, initial, startup(255)).state)).toBe(1200);
    expect(deadline(step(v3, initial, startup(254)).state)).not.toBe(1200);
  });

  test('RFC 9568 6.4.1: a backup sets Active_Adver_Interval to its own and Active_Down_Timer to Active_Down_Interval', () => {
    const state = asBackup(step(v3, initial, startup(100)).state);
    expect(state.activeInterval).toBe(200);
    expect(state.activeDownAt).toBe(1000 + 3 * 200 + (156 / 256) * 200);
    expect(asBackup(step(v3, initial, startup(101)).state).activeDownAt).not.toBe(state.activeDownAt);
  });

  test('RFC 9568 6.4.1: without a Startup nothing happens, whatever else does', () => {
    const events: RouterEvent[] = [
      advertisement(5, heard(0)),
      advertisement(5, heard(255)),
      { type: 'tick', at: at(99_999) },
      { type: 'shutdown', at: at(5) },
      { type: 'stalled', at: at(5) },
      { type: 'reconfigured', at: at(5) },
      { type: 'stance', at: at(5), stance: { kind: 'stand', priority: 255 } },
    ];
    for (const event of events) expect(step(v3, initial, event)).toEqual({ state: initial, actions: [] });
    expect(deadline(initial)).toBeUndefined();
    expect(initialState(at(7))).toEqual({ name: 'initialize', priority: 0, since: 7, reason: 'not-started' });
  });

  test('RFC 9568 6.4.1: after a Shutdown a Startup starts again', () => {
    const down = step(v3, asBackup(step(v3, initial, startup(100)).state), { type: 'shutdown', at: at(1001) }).state;
    expect(down).toMatchObject({ name: 'initialize', reason: 'shutdown' });
    expect(step(v3, down, startup(100)).state.name).toBe('backup');
  });
});

describe('RFC 3768 6.4.1 Initialize', () => {
  test('RFC 3768 6.4.1: a Startup sets Master_Down_Timer with the skew time of version 2', () => {
    const state = asBackup(step(v2, initial, startup(100)).state);
    expect(state.activeDownAt).toBe(1000 + activeDownInterval(2, 100, v2.interval));
    expect(state.activeDownAt).toBe(1000 + 3000 + (156 / 256) * 1000);
  });

  test('RFC 3768 6.4.1: the owner starts active', () => {
    expect(names(step(v2, initial, startup(255)).actions)).toEqual(takeover(255));
    expect(names(step(v2, initial, startup(254)).actions)).toEqual([]);
  });
});
