import type { RouterSnapshot } from '../engine/snapshot.ts';
import { FLOOR, RESIGNED } from '../vrrp/priority.ts';
import { activeDownInterval } from '../vrrp/timers.ts';
import type { Instant } from '../wire/units.ts';

/**
 * The other router that is active now. What was heard last may be old: whoever is silent for as long as a backup waits
 * for it, or has resigned, is not known to be active any more.
 */
export function activeNow(router: RouterSnapshot, at: Instant, version: 2 | 3): RouterSnapshot['active'] {
  const { active, state } = router;
  if (state === 'active' || active === undefined || active.priority === RESIGNED) return undefined;
  return at - active.at > activeDownInterval(version, FLOOR, active.interval) ? undefined : active;
}
