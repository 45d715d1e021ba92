import type { Instant, Milliseconds } from '../wire/units.ts';
import { advance } from './advance.ts';
import { leaseEnd, leaseOf } from './instance.ts';
import type { Instance } from './instance.ts';
import type { Executor } from './perform.ts';

/**
 * A host that was away for longer than its leases has lost its addresses and must listen before it speaks. `late` is
 * how late the engine woke up. A lease that ends although the engine was there is another thing: nothing could be
 * advertised, or installed.
 */
export function noticeStall(executor: Executor, instances: Iterable<Instance>, late: Milliseconds, at: Instant): void {
  let frozen = false;
  for (const instance of instances) {
    const end = leaseEnd(instance);
    const lapsed = instance.state.name === 'active' && end !== undefined && at >= end;
    const lease = leaseOf(instance);
    if (!lapsed && late < lease) continue;
    const router = instance.assignment.key;
    // The last renewal is older than the last deadline, so a shorter absence can be what ended the lease.
    if (late >= lease / 2) frozen = true;
    else executor.journal.tellOnce(`lapsed:${router}`, { type: 'lease-lapsed', router });
    advance(executor, instance, { type: 'stalled', at });
  }
  if (frozen) executor.journal.tell({ type: 'stalled', lateness: late });
}
