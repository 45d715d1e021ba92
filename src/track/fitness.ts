import type { Instant } from '../wire/units.ts';
import { after } from '../wire/units.ts';
import { provenAt } from './verdict.ts';
import type { RecoveryPolicy, Verdict } from './verdict.ts';

/**
 * From all that is known of a host to how fit it is to hold one VIP. Pure; the next step, from fitness to a stance, is
 * `stance.ts`.
 *
 * The proxy and every tracked check without a weight decide between life and death; a check with a weight takes that
 * much off. What has failed and is well again counts on as it did until it has proved itself (`recover_after`, longer
 * after each further failure): that is all the damping there is, and it is the same for everything.
 */
export type Fitness =
  | { readonly kind: 'well' }
  /** Still a candidate, but a worse one by so many points of priority. */
  | { readonly kind: 'degraded'; readonly by: number }
  /** Was dead and has not yet proved itself; degraded by so much beside. */
  | { readonly kind: 'recovering'; readonly by: number }
  | { readonly kind: 'dead' };

/** What is known of this host. */
export interface Facts {
  /** `undefined` when no proxy is watched. */
  readonly proxy: Verdict | undefined;
  /** By the name of the check. What is tracked and not here has not been looked at yet. */
  readonly checks: Readonly<Record<string, Verdict>>;
}

/** What a check means for one VIP. */
export interface TrackPolicy {
  readonly check: string;
  /** Taken off the priority while the check fails; `undefined` when that counts like a dead proxy. */
  readonly weight: number | undefined;
}

export interface FitnessPolicy extends RecoveryPolicy {
  readonly tracks: readonly TrackPolicy[];
}

/** One thing that keeps the host from being well. */
export interface Cause {
  /** `proxy`, `link`, or the name of a check. */
  readonly subject: string;
  /** `recovering`: well again, and not yet for long enough. */
  readonly state: 'dead' | 'degraded' | 'recovering';
  /** What it takes off the priority; `undefined` when it counts like a dead proxy. */
  readonly weight: number | undefined;
  readonly reason: string;
  /** When a recovering one counts as well; `undefined` for the others. */
  readonly until: Instant | undefined;
}

export interface Assessment {
  readonly fitness: Fitness;
  /** What is behind it, the gravest first; empty when the host is well. */
  readonly causes: readonly Cause[];
}

/** It is judged at every turn of the loop, and nearly always so. */
const ALL_WELL: Assessment = { fitness: { kind: 'well' }, causes: [] };

/** A degraded proxy is worse than any that is well, and better than one that has just come back. */
export const DEGRADED_PROXY = 253;

/** How fit the host is for one VIP. `linkBackAt` is when its interface came back after a fault. */
export function assess(policy: FitnessPolicy, facts: Facts, at: Instant, linkBackAt?: Instant): Assessment {
  const found = [
    ...proxyCause(policy, facts.proxy, at),
    ...policy.tracks.flatMap((track) => checkCause(policy, track, facts.checks[track.check], at)),
    ...linkCause(policy, at, linkBackAt),
  ];
  if (found.length === 0) return ALL_WELL;
  const causes = found.toSorted((a, b) => gravity(b) - gravity(a));
  return { fitness: fitnessOf(causes), causes };
}

/** The name of a check as the configuration has it: those that differ from VIP to VIP have the VIP's behind an `@`. */
export const labelOf = (check: string): string => check.split('@')[0] ?? check;

function proxyCause(policy: FitnessPolicy, verdict: Verdict | undefined, at: Instant): Cause[] {
  if (verdict === undefined) return [];
  const { state, reason, worst } = verdict;
  const weight = state === 'degraded' || (state === 'well' && worst === 'degraded') ? DEGRADED_PROXY : undefined;
  if (state !== 'well') return [{ subject: 'proxy', state, weight, reason, until: undefined }];
  const until = provenAt(verdict, policy, at);
  return until === undefined ? [] : [{ subject: 'proxy', state: 'recovering', weight, reason: 'recovering', until }];
}

/** A check that nobody could make yet fails: one that silently does nothing is worse than none. */
function checkCause(
  policy: FitnessPolicy,
  { check: subject, weight }: TrackPolicy,
  verdict: Verdict | undefined,
  at: Instant,
): Cause[] {
  if (verdict?.state === 'well') {
    const until = provenAt(verdict, policy, at);
    const reason = `${labelOf(subject)} is well again, not yet for recover_after`;
    return until === undefined ? [] : [{ subject, state: 'recovering', weight, reason, until }];
  }
  const state = weight === undefined ? 'dead' : 'degraded';
  return [
    {
      subject,
      state,
      weight,
      reason: `${labelOf(subject)}: ${verdict?.reason ?? 'not looked at yet'}`,
      until: undefined,
    },
  ];
}

/**
 * A link that has just come back is damped like a proxy that has: switches begin to forward late, and the host's own
 * neighbour entries take a second to be made anew, so that a VIP that is taken back at once is served late.
 */
function linkCause({ recoverAfter }: FitnessPolicy, at: Instant, backAt: Instant | undefined): Cause[] {
  const until = backAt === undefined ? at : after(backAt, recoverAfter);
  if (until <= at) return [];
  return [{ subject: 'link', state: 'recovering', weight: undefined, reason: 'link recovering', until }];
}

function fitnessOf(causes: readonly Cause[]): Fitness {
  if (causes.some(({ state }) => state === 'dead')) return { kind: 'dead' };
  const by = causes.reduce((sum, { weight = 0 }) => sum + weight, 0);
  if (causes.some(({ weight }) => weight === undefined)) return { kind: 'recovering', by };
  return by === 0 ? { kind: 'well' } : { kind: 'degraded', by };
}

/** Dead before recovering before degraded, and within these what lasts longer or weighs more. */
function gravity({ state, weight, until }: Cause): number {
  if (state === 'dead') return Infinity;
  return weight === undefined ? 1e15 + (until ?? 0) : weight;
}
