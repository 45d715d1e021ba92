import { expect, test } from 'vitest';
import { destinationsOf } from '../../src/vrrp/advertise.ts';
import { isRefused, receive } from '../../src/vrrp/receive.ts';
import type { ReceivedDatagram, Receiver } from '../../src/vrrp/receive.ts';
import { deadline, initialState, step } from '../../src/vrrp/router.ts';
import type { Action, RouterConfig, RouterEvent, RouterState, Stance } from '../../src/vrrp/state.ts';
import { random } from '../../src/sim/random.ts';
import type { Random } from '../../src/sim/random.ts';
import { addressOf } from '../../src/wire/address.ts';
import { after, instant, milliseconds } from '../../src/wire/units.ts';
import type { Instant } from '../../src/wire/units.ts';
import { datagram } from './datagram.ts';
import { v2, v3, v6 } from './fixture.ts';

/**
 * Seeded random events through `receive` and `step` together. A run is some hundred events of one virtual router; the
 * seed of a failing run is in its message.
 */
const RUNS = 880;
const EVENTS = 250;

const configs: readonly RouterConfig[] = [
  v3,
  { ...v3, preemptFast: true, interval: milliseconds(10) },
  { ...v3, preempt: false, preemptDelay: milliseconds(700), checksum: 'message' },
  { ...v3, transport: 'unicast', preemptFast: true, preemptDelay: milliseconds(300) },
  { ...v3, transport: 'broadcast' },
  { ...v6, preemptFast: true },
  v2,
  { ...v2, password: 's3cret', preemptFast: true },
];

const actionTypes = new Set<Action['type']>([
  'sendAdvertisement',
  'addAddresses',
  'removeAddresses',
  'announceAddresses',
]);

test(`${RUNS * EVENTS} random events: never throws, no deadline is wrong, no refused packet changes anything`, () => {
  const seen = new Set<string>();
  for (let seed = 1; seed <= RUNS; seed++) {
    try {
      run(random(seed), seen);
    } catch (error) {
      throw new Error(`Seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }
  // The fuzz is only worth its name when it has been everywhere.
  for (const state of ['initialize', 'backup', 'active']) {
    for (const event of [
      'startup',
      'adopt',
      'shutdown',
      'advertisement',
      'tick',
      'stance',
      'fault',
      'stalled',
      'reconfigured',
    ]) {
      expect(seen).toContain(`${state} ${event}`);
    }
  }
  for (const refusal of [
    'ttl',
    'version',
    'length',
    'checksum',
    'vrid',
    'own-packet',
    'destination',
    'peer',
    'auth-data',
  ]) {
    expect(seen).toContain(`refused ${refusal}`);
  }
}, 60_000);

function run(dice: Random, seen: Set<string>): void {
  let config = dice.pick(configs);
  let now = instant(dice.below(1000));
  let state: RouterState = initialState(now);
  for (let i = 0; i < EVENTS; i++) {
    now = after(now, milliseconds(dice.chance(0.1) ? dice.below(5000) : dice.below(300)));
    if (dice.chance(0.02))
      config = {
        ...config,
        preempt: dice.chance(0.5),
        interval: dice.chance(0.5) ? config.interval : milliseconds(1000),
      };
    const receiver: Receiver = { config, priority: state.priority };
    const event = dice.chance(0.5) ? hear(dice, receiver, now, seen) : happen(dice, state, now);
    if (event === undefined) continue;
    seen.add(`${state.name} ${event.type}`);
    state = check(config, state, event);
  }
}

/** Steps, and checks what must hold after any event in any state. */
function check(config: RouterConfig, before: RouterState, event: RouterEvent): RouterState {
  // A step that changed its state in place would throw here.
  const { state, actions } = step(config, Object.freeze(before), event);
  const due = deadline(state);
  if (due !== undefined && !Number.isFinite(due)) fail(`deadline ${due}`);
  if (due !== undefined && due < event.at && due !== deadline(before))
    fail(`deadline ${due} set in the past of ${event.at}`);
  if (due !== undefined && event.type === 'tick' && due <= event.at)
    fail('a tick left its deadline due: the engine would spin');
  if (!Number.isInteger(state.priority) || state.priority < 0 || state.priority > 255)
    fail(`priority ${state.priority}`);
  if ((state.name === 'initialize') !== (state.priority === 0)) fail(`priority ${state.priority} in ${state.name}`);
  if (state.since > event.at) fail(`since ${state.since}`);
  for (const action of actions) checkAction(action, before, state, event.type === 'adopt');
  if (actions.length > 3) fail(`${actions.length} actions`);
  if (before.name !== 'active' && state.name === 'active' && !actions.some((a) => a.type === 'addAddresses'))
    fail('active without addresses');
  if (before.name === 'active' && state.name !== 'active' && actions.at(-1)?.type !== 'removeAddresses')
    fail('addresses left behind');
  return state;
}

function checkAction(action: Action, before: RouterState, then: RouterState, adopting: boolean): void {
  if (!actionTypes.has(action.type)) fail(`action ${action.type}`);
  if (!adopting && before.name !== 'active' && then.name !== 'active') fail(`${action.type} while not active`);
  if (action.type !== 'sendAdvertisement') return;
  const { priority } = action;
  if (!Number.isInteger(priority) || priority < 0 || priority > 255) fail(`advertised priority ${priority}`);
  if (priority === 0 && then.name === 'active') fail('priority 0 from a router that stays active');
}

/** A datagram, more or less spoiled; the event it becomes when it is accepted. */
function hear(dice: Random, receiver: Receiver, now: Instant, seen: Set<string>): RouterEvent | undefined {
  const packet = spoil(dice, genuine(dice, receiver.config), receiver.config);
  const result = receive(packet, (vrid) => (vrid === receiver.config.vrid ? receiver : undefined));
  if (isRefused(result)) {
    seen.add(`refused ${result.refused}`);
    if (result.router !== undefined && result.router !== receiver) fail('refused for another router');
    return undefined;
  }
  const { heard } = result;
  if (heard.interval <= 0 || !Number.isFinite(heard.interval)) fail(`interval ${heard.interval}`);
  return { type: 'advertisement', at: now, heard };
}

function genuine(dice: Random, config: RouterConfig): ReceivedDatagram {
  const priority = dice.pick([0, 1, 2, 99, 100, 101, 253, 254, 255, dice.below(256)]);
  const source =
    config.family === 'ipv6'
      ? addressOf(dice.pick(['fe80::10', 'fe80::12']))
      : addressOf(dice.pick(['192.0.2.10', '192.0.2.12']));
  const trusted = config.transport === 'unicast' || dice.chance(0.5);
  return datagram(config, priority, trusted ? {} : { source });
}

function spoil(dice: Random, packet: ReceivedDatagram, config: RouterConfig): ReceivedDatagram {
  const payload = packet.payload.slice();
  switch (dice.below(12)) {
    case 0:
      payload[dice.below(payload.length)] = dice.below(256);
      return { ...packet, payload };
    case 1:
      return { ...packet, payload: payload.slice(0, dice.below(payload.length)) };
    case 2:
      return { ...packet, payload: Uint8Array.from({ length: dice.below(64) }, () => dice.below(256)) };
    case 3:
      return { ...packet, hopLimit: dice.below(256) };
    case 4:
      return datagram(config, dice.below(256), { source: config.source });
    case 5:
      return datagram(config, 254, { advertisement: (truth) => ({ ...truth, vrid: dice.below(256) }) });
    case 6:
      return config.version === 2
        ? datagram({ ...config, password: 'wrong' }, 254)
        : datagram(config, 254, { destination: config.source });
    case 7:
      return config.transport === 'unicast' ? datagram(config, 254, { source: addressOf('192.0.2.99') }) : packet;
    default:
      return destinationsOf(config).length === 0 ? { ...packet, payload } : packet;
  }
}

function happen(dice: Random, state: RouterState, now: Instant): RouterEvent {
  const stance = dice.pick<Stance>([
    { kind: 'stand', priority: 1 + dice.below(255) },
    { kind: 'stand', priority: dice.pick([1, 2, 100, 254, 255]) },
    { kind: 'resign' },
    { kind: 'out' },
  ]);
  if (state.name === 'initialize' && dice.chance(0.5)) return { type: 'startup', at: now, stance };
  const roll = dice.below(40);
  if (roll < 26) return { type: 'tick', at: now };
  if (roll < 34) return { type: 'stance', at: now, stance };
  if (roll === 34) return { type: 'fault', at: now };
  if (roll === 35) return { type: 'stalled', at: now };
  if (roll === 36) return { type: 'reconfigured', at: now };
  if (roll === 37) return { type: 'adopt', at: now, stance };
  if (roll === 38) return { type: 'shutdown', at: now };
  return { type: 'startup', at: now, stance };
}

function fail(what: string): never {
  throw new Error(what);
}
