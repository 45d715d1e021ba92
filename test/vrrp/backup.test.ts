import { describe, expect, test } from 'vitest';
import { deadline, step } from '../../src/vrrp/router.ts';
import type { RouterState } from '../../src/vrrp/state.ts';
import { activeDownInterval, skewTime } from '../../src/vrrp/timers.ts';
import { milliseconds } from '../../src/wire/units.ts';
import {
  advertisement,
  asActive,
  asBackup,
  at,
  backupState,
  heard,
  lesserPeer,
  names,
  takeover,
  v2,
  v3,
} from './fixture.ts';

const own = 100;
const skew = skewTime(3, own, v3.interval);
const down = activeDownInterval(3, own, v3.interval);

/** The state after an advertisement at 50 ms, which a backup never answers with an action. */
function after(state: RouterState, what: ReturnType<typeof heard>, config = v3): RouterState {
  const { state: next, actions } = step(config, state, advertisement(50, what));
  expect(actions).toEqual([]);
  return next;
}

describe('RFC 9568 6.4.2 Backup', () => {
  test('RFC 9568 6.4.2: a backup holds no address and sends nothing, so it answers no ARP and no neighbor solicitation', () => {
    for (const priority of [0, 1, own - 1, own, own + 1, 255]) after(backupState(v3, own), heard(priority));
    const early = step(v3, backupState(v3, own), { type: 'tick', at: at(down - 0.001) });
    expect(early.actions).toEqual([]);
  });

  test('RFC 9568 6.4.2: a Shutdown cancels Active_Down_Timer and leads to Initialize without a word', () => {
    const { state, actions } = step(v3, backupState(v3, own), { type: 'shutdown', at: at(50) });
    expect(state).toEqual({ name: 'initialize', priority: 0, since: 50, reason: 'shutdown' });
    expect(deadline(state)).toBeUndefined();
    expect(actions).toEqual([]);
  });

  test('RFC 9568 6.4.2: Active_Down_Timer fires: advertise, take the addresses, announce, become active', () => {
    const { state, actions } = step(v3, backupState(v3, own), { type: 'tick', at: at(down) });
    expect(names(actions)).toEqual(takeover(own));
    expect(asActive(state)).toMatchObject({ priority: own, since: down, reason: 'no-active-router' });
  });

  test('RFC 9568 6.4.2: Active_Down_Timer does not fire early', () => {
    const state = backupState(v3, own);
    expect(step(v3, state, { type: 'tick', at: at(down - 0.001) })).toEqual({ state, actions: [] });
  });

  test('RFC 9568 6.4.2: the new active router sets Adver_Timer to its own Advertisement_Interval, not to the learned one', () => {
    const learned = asBackup(after(backupState(v3, own), heard(200, { interval: 5000 })));
    const active = asActive(step(v3, learned, { type: 'tick', at: learned.activeDownAt }).state);
    expect(active.advertAt).toBe(learned.activeDownAt + 200);
  });

  test('RFC 9568 6.4.2: priority 0 sets Active_Down_Timer to Skew_Time', () => {
    const state = asBackup(after(backupState(v3, own), heard(0)));
    expect(state.activeDownAt).toBe(50 + skew);
    expect(state.pending).toBe('active-router-resigned');
    // A priority that only comes near to 0 does not.
    expect(asBackup(after(backupState(v3, own), heard(1))).activeDownAt).toBe(down);
  });

  test('RFC 9568 6.4.2: priority 0 takes the skew time of the learned interval and learns none itself', () => {
    const learned = after(backupState(v3, own), heard(200, { interval: 1000 }));
    const state = asBackup(after(learned, heard(0, { interval: 10 })));
    expect(state.activeInterval).toBe(1000);
    expect(state.activeDownAt).toBe(50 + skewTime(3, own, milliseconds(1000)));
  });

  test('RFC 9568 6.4.2: a priority greater than or equal to ours sets Active_Down_Timer to Active_Down_Interval', () => {
    for (const priority of [own, own + 1, 255]) {
      expect(asBackup(after(backupState(v3, own), heard(priority))).activeDownAt).toBe(50 + down);
    }
  });

  test('RFC 9568 6.4.2: a lower priority is discarded while Preempt_Mode is true', () => {
    const before = backupState(v3, own);
    const state = asBackup(after(before, heard(own - 1, { interval: 5000 })));
    expect(state.activeDownAt).toBe(before.activeDownAt);
    expect(state.activeInterval).toBe(before.activeInterval);
  });

  test('RFC 9568 6.4.2: a lower priority is followed while Preempt_Mode is false', () => {
    const config = { ...v3, preempt: false };
    expect(asBackup(after(backupState(config, own), heard(own - 1), config)).activeDownAt).toBe(50 + down);
  });

  test('RFC 9568 6.4.2: an equal priority is followed even from a lesser address: the tie-break is for active routers', () => {
    const state = asBackup(after(backupState(v3, own), heard(own, { source: lesserPeer })));
    expect(state.activeDownAt).toBe(50 + down);
  });

  test('RFC 9568 6.4.2: Active_Adver_Interval is learned from the packet, and skew and down interval follow it', () => {
    const state = asBackup(after(backupState(v3, own), heard(own, { interval: 1000 })));
    expect(state.activeInterval).toBe(1000);
    expect(state.activeDownAt).toBe(50 + activeDownInterval(3, own, milliseconds(1000)));
    const shorter = asBackup(after(state, heard(own, { interval: 10 })));
    expect(shorter.activeDownAt).toBe(50 + activeDownInterval(3, own, milliseconds(10)));
  });

  test('RFC 9568 6.1: the address owner always preempts, whatever Preempt_Mode and preempt_delay say', () => {
    const config = { ...v3, preempt: false, preemptDelay: milliseconds(60_000) };
    const owner = { ...backupState(config, 254), priority: 255 };
    expect(asBackup(after(owner, heard(254), config)).activeDownAt).toBe(owner.activeDownAt);
    expect(asBackup(after(backupState(config, 254), heard(253), config)).activeDownAt).toBeGreaterThan(50 + 3 * 200);
  });
});

describe('RFC 3768 6.4.2 Backup', () => {
  const v2skew = skewTime(2, own, v2.interval);

  test('RFC 3768 6.4.2: priority 0 sets Master_Down_Timer to Skew_Time, which is a part of a second', () => {
    const slow = { ...v2, interval: milliseconds(5000) };
    const state = asBackup(after(backupState(slow, own), heard(0, { interval: 5000 }), slow));
    expect(state.activeDownAt).toBe(50 + (156 / 256) * 1000);
    expect(state.activeDownAt).toBe(50 + v2skew);
  });

  test('RFC 3768 6.4.2: a priority greater than or equal to ours resets Master_Down_Timer, a lower one is discarded', () => {
    const before = backupState(v2, own);
    const v2down = activeDownInterval(2, own, v2.interval);
    expect(asBackup(after(before, heard(own, { interval: 1000 }), v2)).activeDownAt).toBe(50 + v2down);
    expect(asBackup(after(before, heard(own - 1, { interval: 1000 }), v2)).activeDownAt).toBe(v2down);
  });

  test('RFC 3768 6.4.2: Master_Down_Timer fires', () => {
    const state = backupState(v2, own);
    expect(names(step(v2, state, { type: 'tick', at: state.activeDownAt }).actions)).toEqual(takeover(own));
    expect(step(v2, state, { type: 'tick', at: at(3000) }).actions).toEqual([]);
  });

  test('RFC 3768 6.4.2: a Shutdown cancels the timer', () => {
    expect(step(v2, backupState(v2, own), { type: 'shutdown', at: at(50) })).toMatchObject({
      state: { name: 'initialize' },
      actions: [],
    });
  });
});
