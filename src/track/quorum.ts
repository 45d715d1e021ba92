import type { Quorum } from '../config/config.ts';
import type { Observed } from './verdict.ts';

/**
 * From the health of backends to whether this host has enough of them. Pure, and independent of what the proxy is: the
 * verdict lowers the priority of a VIP, so that the other node takes over first if it sees more of them (make before
 * break). Whether the other node does is `sickness.ts`'s question; where nobody says so, both are lowered alike when the
 * backends are dead for both.
 *
 * keepalived's words: below the `quorum` it is too few; it is enough again with `hysteresis` more than that. A backend
 * that nobody has judged yet is on the side of what holds: it neither makes them too few nor enough.
 */
export interface QuorumPolicy {
  readonly quorum: Quorum;
  readonly hysteresis: number;
}

/** The backends of one service that are meant to serve: neither drained, nor in maintenance, nor backup. */
export interface ServiceHealth {
  readonly service: string;
  readonly up: number;
  readonly unknown: number;
  readonly total: number;
}

/** Whether there are enough, in the words of a check: `well` is enough. `before` is the verdict before. */
export function judgeQuorum(
  before: Observed | undefined,
  services: readonly ServiceHealth[],
  policy: QuorumPolicy,
): Observed {
  const [lacking] = lackingOf(before, services, policy);
  return lacking === undefined
    ? { state: 'well', reason: 'enough backends' }
    : { state: 'dead', reason: lacking.reason };
}

/** The services that have too few, and why, in their order. */
export function lackingOf(
  before: Observed | undefined,
  services: readonly ServiceHealth[],
  policy: QuorumPolicy,
): { readonly health: ServiceHealth; readonly reason: string }[] {
  const wasFew = before !== undefined && before.state !== 'well';
  return services.flatMap((health) => {
    const reason = lackOf(health, policy, wasFew);
    return reason === undefined ? [] : [{ health, reason }];
  });
}

/** Why a service has too few; `undefined` when it has enough. */
function lackOf(health: ServiceHealth, { quorum, hysteresis }: QuorumPolicy, wasFew: boolean): string | undefined {
  const { service, up, unknown, total } = health;
  const least = leastOf(quorum, total);
  // More than there are can never be reached, and then hysteresis would make the lowering last for ever.
  const enough = wasFew ? Math.max(least, Math.min(total, least + hysteresis)) : least;
  const counted = wasFew ? up : up + unknown;
  if (counted >= enough) return undefined;
  return `${service} has ${up} of ${total} backends, fewer than ${enough}`;
}

/** The least number of healthy backends of a service that has `total`. */
export const leastOf = (quorum: Quorum, total: number): number =>
  quorum.kind === 'count' ? quorum.count : Math.max(1, Math.ceil((total * quorum.percent) / 100));
