import type { OnFailure } from '../config/config.ts';
import { FLOOR, OWNER, RECOVERING } from '../vrrp/priority.ts';
import type { Stance } from '../vrrp/state.ts';
import { after } from '../wire/units.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';

/**
 * From what is known of the proxy to how this host stands for election of one VIP. Pure: the verdict comes from the
 * proxy watch, the policy from the configuration, the answer goes to the virtual router as an event.
 */

/** What is known of the proxy of this host. */
export interface Verdict {
  readonly state: 'well' | 'dead';
  /** In words, for `status` and the log. */
  readonly reason: string;
  /** Since when the state has held without interruption. */
  readonly since: Instant;
  /** Whether it has been dead before: only a proxy that has failed must prove itself for `recover_after`. */
  readonly hasFailed: boolean;
}

/** What the configuration says about a failure of the proxy, for one VIP. */
export interface FailurePolicy {
  readonly onFailure: OnFailure;
  readonly recoverAfter: Milliseconds;
}

export interface Judgement {
  readonly stance: Stance;
  /** Why the stance is not the configured priority; `undefined` when it is. */
  readonly because: string | undefined;
  /** When the judgement changes by itself; `undefined` when only a new verdict changes it. */
  readonly until: Instant | undefined;
}

/**
 * Judges one VIP at a point in time. `priority` is the configured one; `verdict` is undefined when no proxy is watched;
 * `linkBackAt` is when the interface came back after a fault, undefined when it never had one.
 *
 * A link that has just come back is damped like a proxy that has: switches begin to forward late, and the host's own
 * neighbour entries take a second to be made anew, so that a VIP that is taken back at once is served late.
 */
export function judge(
  policy: FailurePolicy,
  priority: number,
  verdict: Verdict | undefined,
  at: Instant,
  linkBackAt?: Instant,
): Judgement {
  if (verdict?.state === 'dead') {
    return { stance: failed(policy.onFailure, priority), because: verdict.reason, until: undefined };
  }
  const proxyUntil = verdict?.hasFailed === true ? after(verdict.since, policy.recoverAfter) : at;
  const linkUntil = linkBackAt === undefined ? at : after(linkBackAt, policy.recoverAfter);
  if (proxyUntil > at && proxyUntil >= linkUntil) {
    return { stance: recovering(policy.onFailure, priority), because: 'recovering', until: proxyUntil };
  }
  // The address owner has its address whatever it says: with a lesser priority there would be two holders.
  if (linkUntil <= at || (priority === OWNER && proxyUntil <= at)) return well(priority);
  const stance = proxyUntil > at ? recovering(policy.onFailure, priority) : secondBest(priority);
  return { stance, because: 'link recovering', until: proxyUntil > at ? proxyUntil : linkUntil };
}

/** The next verdict after an observation; keeps `since` while the state holds. */
export function observe(
  verdict: Verdict | undefined,
  observed: { readonly state: 'well' | 'dead'; readonly reason: string; readonly at: Instant },
): Verdict {
  const { state, reason, at } = observed;
  const hasFailed = state === 'dead' || (verdict?.hasFailed ?? false);
  return { state, reason, since: verdict?.state === state ? verdict.since : at, hasFailed };
}

const well = (priority: number): Judgement => ({
  stance: { kind: 'stand', priority },
  because: undefined,
  until: undefined,
});

function failed(onFailure: OnFailure, priority: number): Stance {
  switch (onFailure.reaction) {
    case 'resign':
      return { kind: 'resign' };
    case 'lower':
      return { kind: 'stand', priority: Math.max(FLOOR, priority - onFailure.weight) };
    case 'stop':
      return { kind: 'out' };
  }
}

/** A host that resigned comes back in two stages; the other reactions end all at once. */
function recovering(onFailure: OnFailure, priority: number): Stance {
  return onFailure.reaction === 'resign' ? secondBest(priority) : failed(onFailure, priority);
}

/** Below every well host, above one whose proxy is dead. */
const secondBest = (priority: number): Stance => ({ kind: 'stand', priority: Math.min(RECOVERING, priority) });
