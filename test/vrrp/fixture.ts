import { expect } from 'vitest';
import { step } from '../../src/vrrp/router.ts';
import type { Action, Active, Backup, Heard, RouterConfig, RouterEvent, RouterState } from '../../src/vrrp/state.ts';
import { addressOf } from '../../src/wire/address.ts';
import { instant, milliseconds } from '../../src/wire/units.ts';
import type { Instant } from '../../src/wire/units.ts';

/** The virtual router of the tests, on the lesser of two hosts of 192.0.2.0/24, at an interval of 200 ms. */
export const v3: RouterConfig = {
  vrid: 51,
  family: 'ipv4',
  version: 3,
  interval: milliseconds(200),
  source: addressOf('192.0.2.11'),
  addresses: [addressOf('192.0.2.101'), addressOf('192.0.2.103')],
  transport: 'multicast',
  peers: [addressOf('192.0.2.12')],
  password: undefined,
  checksum: 'pseudo-header',
  preempt: true,
  preemptDelay: milliseconds(0),
  preemptFast: false,
};

/** The same in VRRPv2, at its least interval. */
export const v2: RouterConfig = { ...v3, version: 2, interval: milliseconds(1000) };

/** The same over IPv6. */
export const v6: RouterConfig = {
  ...v3,
  family: 'ipv6',
  source: addressOf('fe80::11'),
  addresses: [addressOf('fe80::101'), addressOf('2001:db8::101')],
  peers: [addressOf('fe80::12')],
};

export const peer = addressOf('192.0.2.12');
export const lesserPeer = addressOf('192.0.2.10');

export const at = (value: number): Instant => instant(value);

/** An accepted advertisement, from the peer with the greater address unless another is given. */
export const heard = (priority: number, options: { source?: Heard['source']; interval?: number } = {}): Heard => ({
  priority,
  interval: milliseconds(options.interval ?? 200),
  source: options.source ?? peer,
});

export const advertisement = (now: number, what: Heard): RouterEvent => ({
  type: 'advertisement',
  at: at(now),
  heard: what,
});

export const stand = (now: number, priority: number): RouterEvent => ({
  type: 'stance',
  at: at(now),
  stance: { kind: 'stand', priority },
});

/** A backup since 0 that has heard nobody and whose timer was set at 0 to the interval of its configuration. */
export function backupState(config: RouterConfig, priority: number): Backup {
  const started = step(config, initial, { type: 'startup', at: at(0), stance: { kind: 'stand', priority } }).state;
  return asBackup(started);
}

/** An active router since 0. */
export const activeState = (config: RouterConfig, priority: number): Active => ({
  name: 'active',
  priority,
  since: at(0),
  reason: 'active-router-silent',
  advertAt: at(config.interval),
});

export const initial: RouterState = { name: 'initialize', priority: 0, since: at(0), reason: 'not-started' };

export function asBackup(state: RouterState): Backup {
  expect(state.name).toBe('backup');
  return state as Backup;
}

export function asActive(state: RouterState): Active {
  expect(state.name).toBe('active');
  return state as Active;
}

/** Actions in one short line each: `advertise 254`, `add`, `remove`, `announce takeover`. */
export const names = (actions: readonly Action[]): string[] => actions.map(nameOf);

function nameOf(action: Action): string {
  switch (action.type) {
    case 'sendAdvertisement':
      return `advertise ${action.priority}`;
    case 'addAddresses':
      return 'add';
    case 'removeAddresses':
      return 'remove';
    case 'announceAddresses':
      return `announce ${action.cause}`;
  }
}

/** What a router does on taking over. */
export const takeover = (priority: number): string[] => [`advertise ${priority}`, 'add', 'announce takeover'];
