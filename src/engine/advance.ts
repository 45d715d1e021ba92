import type { Facts } from '../track/fitness.ts';
import { judge } from '../track/stance.ts';
import { step } from '../vrrp/router.ts';
import type { RouterEvent } from '../vrrp/state.ts';
import type { Instant } from '../wire/units.ts';
import { configOf } from './instance.ts';
import type { Instance } from './instance.ts';
import { perform } from './perform.ts';
import type { Executor } from './perform.ts';

/** Steps one virtual router and performs what follows: the only place where the core and the world meet. */
export function advance(executor: Executor, instance: Instance, event: RouterEvent): void {
  const before = instance.state;
  take(executor, instance, event);
  const { state } = instance;
  const router = instance.assignment.key;
  const { because } = instance.judgement;
  if (state.name !== before.name) {
    if (state.name === 'active') instance.counters.activeTransitions++;
    // Who held an address before this host did is none of its conflicts.
    else instance.conflict = undefined;
    const { reason, priority } = state;
    const { heard } = instance;
    const peer = heard && { source: heard.source, priority: heard.priority };
    instance.peer = peer;
    executor.journal.tell({
      type: 'transition',
      router,
      from: before.name,
      to: state.name,
      reason,
      priority,
      because,
      peer,
    });
    if (state.name === 'active') reportHolders(executor, instance);
  } else if (state.priority !== before.priority) {
    executor.journal.tell({ type: 'priority', router, priority: state.priority, because });
  }
}

/**
 * Takes a step, if it can be taken: a router becomes active by saying so, and one that cannot be heard stays what it is.
 */
function take(executor: Executor, instance: Instance, event: RouterEvent): void {
  const config = configOf(instance);
  const before = instance.state;
  const { state, actions } = step(config, before, event);
  instance.state = state;
  const rises = state.name === 'active' && before.name !== 'active';
  for (const action of actions) {
    if (perform(executor, instance, config, action, event.at) || !rises || action.type !== 'sendAdvertisement')
      continue;
    instance.state = before;
    return take(executor, instance, { type: 'mute', at: event.at, priority: state.priority });
  }
}

/** Judges this host anew for one virtual router and steps it when its stance changed. */
export function rejudge(executor: Executor, instance: Instance, facts: Facts, at: Instant): void {
  const { policy, priority } = instance.assignment;
  const before = instance.judgement;
  instance.judgement = judge(policy, priority, facts, at, instance.port.backAt);
  const { stance } = instance.judgement;
  if (JSON.stringify(stance) !== JSON.stringify(before.stance))
    advance(executor, instance, { type: 'stance', at, stance });
}

/** Tells of addresses that a host without VRRP answered for before we took them. */
function reportHolders(executor: Executor, instance: Instance): void {
  if (instance.state.reason !== 'no-active-router') return;
  for (const [address, mac] of instance.holders) {
    const known = instance.assignment.addresses.find((candidate) => candidate.address === address);
    if (known === undefined) continue;
    const router = instance.assignment.key;
    executor.journal.tellOnce(`in-use:${router}:${address}`, {
      type: 'address-in-use',
      router,
      address: known.address,
      mac,
    });
  }
}
