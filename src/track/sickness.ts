import type { Instant, Milliseconds } from '../wire/units.ts';
import { after } from '../wire/units.ts';
import { judgeQuorum, lackingOf, leastOf } from './quorum.ts';
import type { QuorumPolicy, ServiceHealth } from './quorum.ts';
import type { Observed } from './verdict.ts';

/**
 * Whose fault it is that this host sees too few backends. Pure. A host that alone sees them down is the sick one, and is
 * lowered so that the other takes over; when the others see no more of them, the backends are down, nobody could serve
 * better, and nothing moves because of it.
 *
 * Two hosts notice the same thing one after the other, by up to a round of checks. So where another host still sees
 * enough it has a `doubt` to see it too, before anything is made of it. What was decided holds until this host sees
 * enough again: who gave a VIP away does not take it back because the other has fallen as low, and who kept it does not
 * give it away because the other has fallen silent. Where nobody says anything about the backends, being short is
 * enough of a reason, as without a heartbeat.
 */
export interface Sickness {
  /** How far it is: `doubted` waits for the others, `kept` is short and alike with them, `lowered` is the sick one. */
  readonly stand: 'enough' | 'doubted' | 'kept' | 'lowered';
  /** Whether this host sees enough by itself. */
  readonly own: Observed;
  /** What is to be made of it, in the words of a check. */
  readonly verdict: Observed;
  /** When a doubt ends; `undefined` in every other stand. */
  readonly until: Instant | undefined;
}

export interface SicknessPolicy extends QuorumPolicy {
  /** How much later than this host another may notice the same. */
  readonly doubt: Milliseconds;
}

/** What another host that may hold the VIP says of the backends. */
export interface PeerHealth {
  readonly node: string;
  readonly services: readonly ServiceHealth[];
}

/** Judges one VIP. `before` is the judgement before; `peers` are those that are heard. */
export function judgeSickness(
  before: Sickness | undefined,
  services: readonly ServiceHealth[],
  policy: SicknessPolicy,
  peers: readonly PeerHealth[],
  at: Instant,
): Sickness {
  const own = judgeQuorum(before?.own, services, policy);
  if (own.state === 'well') return { stand: 'enough', own, verdict: own, until: undefined };
  const compared = lackingOf(before?.own, services, policy).map((lack) => ({
    ...lack,
    ...compare(lack.health, policy, peers),
  }));
  const better = compared.find((lack) => lack.better !== undefined);
  const silent = compared.find((lack) => lack.alike === undefined && lack.better === undefined);
  const lowered = (reason: string): Sickness => ({
    ...{ stand: 'lowered', own, until: undefined },
    verdict: { state: 'dead', reason },
  });
  const stays = (stand: 'doubted' | 'kept', reason: string, until?: Instant): Sickness => ({
    ...{ stand, own, until },
    verdict: { state: 'well', reason },
  });
  if (better?.better !== undefined) {
    const seen = `${better.reason}; ${words(better.better)}`;
    const until = before?.stand === 'doubted' && before.until !== undefined ? before.until : after(at, policy.doubt);
    if (before?.stand === 'lowered' || at >= until) return lowered(`${seen}, so it is this host that is sick`);
    return stays('doubted', `${seen}, and has ${policy.doubt / 1000} s to see what this host sees`, until);
  }
  if (before?.stand === 'lowered') return lowered(own.reason);
  if (silent === undefined || before?.stand === 'kept') {
    const alike = compared.find((lack) => lack.alike !== undefined)?.alike;
    const why =
      alike === undefined
        ? 'the others saw no more of them when they were heard last'
        : `so it is for others: ${words(alike)}`;
    return stays('kept', `${own.reason}; ${why}; nothing moves because of it`);
  }
  return lowered(silent.reason);
}

interface Seen {
  readonly node: string;
  readonly health: ServiceHealth;
}

const words = ({ node, health: { up, total } }: Seen): string => `${node} sees ${up} of ${total}`;

/** Who sees more of a service than this host, and who has said something and does not. */
function compare(
  own: ServiceHealth,
  { quorum }: QuorumPolicy,
  peers: readonly PeerHealth[],
): { readonly better: Seen | undefined; readonly alike: Seen | undefined } {
  const seen = peers.flatMap(({ node, services }): Seen[] =>
    services.flatMap((health) => (health.service === own.service ? [{ node, health }] : [])),
  );
  const isBetter = ({ health }: Seen): boolean => sees(health.up, health, quorum) || (own.up === 0 && health.up > 0);
  // One that has not looked at all of them yet, and may see enough, has said nothing.
  const hasSaid = ({ health }: Seen): boolean => !sees(health.up + health.unknown, health, quorum);
  return { better: seen.find(isBetter), alike: seen.find((one) => !isBetter(one) && hasSaid(one)) };
}

/** Whether so many of a service are enough. */
const sees = (count: number, { total }: ServiceHealth, quorum: QuorumPolicy['quorum']): boolean =>
  total > 0 && count >= leastOf(quorum, total);
