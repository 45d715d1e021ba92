import type { Facts } from '../track/fitness.ts';
import type { Instant } from '../wire/units.ts';
import { advance, rejudge } from './advance.ts';
import { isEqual } from './assignment.ts';
import type { Change } from './change.ts';
import type { Instance } from './instance.ts';
import { uninstall } from './perform.ts';
import type { Executor } from './perform.ts';

/**
 * Puts changed assignments in force, by key in `instances`. In steps, because names and addresses may have moved from
 * one virtual router to another.
 */
export function rearrange(
  executor: Executor,
  instances: Map<string, Instance>,
  changed: Change['changed'],
  facts: Facts,
  at: Instant,
): void {
  const found = changed.flatMap((change) => {
    const instance = instances.get(change.key);
    return instance === undefined ? [] : [{ instance, ...change }];
  });
  for (const { instance, obsolete } of found) {
    if (instance.state.name === 'active') uninstall(executor, instance, obsolete);
  }
  for (const { key } of found) instances.delete(key);
  for (const { instance, next } of found) instances.set(next.key, instance);
  for (const { instance, next } of found) {
    const onlyRenamed = isEqual({ ...instance.assignment, key: next.key, vip: next.vip }, next);
    instance.assignment = next;
    rejudge(executor, instance, facts, at);
    if (!onlyRenamed) advance(executor, instance, { type: 'reconfigured', at });
  }
}
