import type { VipConfig } from '../config/config.ts';
import type { FailurePolicy } from './stance.ts';

/** What the facts about a host mean for one VIP. */
export function policyOf({
  name,
  onFailure,
  recoverAfter,
  recoverMax,
  track,
  trackBackends,
}: VipConfig): FailurePolicy {
  const quorum = trackBackends === undefined ? [] : [{ check: quorumName(name), weight: trackBackends.weight }];
  return { onFailure, recoverAfter, recoverMax, tracks: [...track, ...quorum] };
}

/** The name of the check that a VIP's quorum is: each VIP has its own. */
export const quorumName = (vip: string): string => `backends@${vip}`;
