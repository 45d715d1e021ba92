import type { OnFailure } from '../config/config.ts';
import { FLOOR, OWNER, RECOVERING } from '../vrrp/priority.ts';
import type { Stance } from '../vrrp/state.ts';
import type { Instant } from '../wire/units.ts';
import { assess } from './fitness.ts';
import type { Assessment, Cause, Facts, Fitness, FitnessPolicy } from './fitness.ts';

/**
 * From what is known of this host to how it stands for election of one VIP. Pure: the facts come from the manager's
 * looks and the engine's own, the policy from the configuration, the answer goes to the virtual router as an event.
 */
export interface FailurePolicy extends FitnessPolicy {
  readonly onFailure: OnFailure;
}

export interface Judgement extends Assessment {
  readonly stance: Stance;
  readonly reaction: Reaction;
  /** Why the stance is not the configured priority; `undefined` when it is. */
  readonly because: string | undefined;
  /** When the judgement changes by itself; `undefined` when only a new fact changes it. */
  readonly until: Instant | undefined;
}

/**
 * What a VIP does about it: `hold` the configured priority; `lower` it and let the peer take over first; `resign` at
 * once and stand at the floor; `stop` speaking.
 */
export type Reaction = 'hold' | 'lower' | 'resign' | 'stop';

/** Nothing is known of this host, so nothing is wrong with it. */
export const NO_FACTS: Facts = { proxy: undefined, checks: {} };

/**
 * Judges one VIP at a point in time. `priority` is the configured one; `linkBackAt` is when the interface came back
 * after a fault, undefined when it never had one.
 */
export function judge(
  policy: FailurePolicy,
  priority: number,
  facts: Facts,
  at: Instant,
  linkBackAt?: Instant,
): Judgement {
  const { fitness, causes } = assess(policy, facts, at, linkBackAt);
  if (causes.length === 0) {
    const stance = { kind: 'stand', priority } as const;
    return { fitness, causes, stance, reaction: 'hold', because: undefined, until: undefined };
  }
  // The address owner has its address whatever it says: with a lesser priority there would be two holders.
  const stance =
    priority === OWNER && !causes.some(isMortal)
      ? ({ kind: 'stand', priority } as const)
      : stanceOf(policy.onFailure, priority, fitness, causes);
  const reaction = reactionOf(stance, priority);
  const [first] = causes;
  const untils = causes.flatMap(({ until }) => until ?? []);
  return {
    ...{ fitness, causes, stance, reaction },
    because: reaction === 'hold' ? undefined : first?.reason,
    until: untils.length === 0 ? undefined : (Math.min(...untils) as Instant),
  };
}

/** What a fitness makes of a VIP. */
function stanceOf(onFailure: OnFailure, priority: number, fitness: Fitness, causes: readonly Cause[]): Stance {
  switch (fitness.kind) {
    case 'well':
      return { kind: 'stand', priority };
    case 'degraded':
      return lowered(priority, fitness.by);
    case 'recovering':
      return recovering(onFailure, priority, fitness.by, causes.some(isMortal));
    case 'dead':
      return failed(onFailure, priority);
  }
}

/** Never below a host whose proxy is recovering or dead, which serves nobody. */
const lowered = (priority: number, by: number): Stance => ({
  kind: 'stand',
  priority: priority <= RECOVERING ? priority : Math.max(RECOVERING + 1, priority - by),
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

/**
 * A host that resigned comes back in two stages; the other reactions end all at once. A link that is back makes a host
 * the second best, whatever it does about a proxy.
 */
function recovering(onFailure: OnFailure, priority: number, by: number, wasDead: boolean): Stance {
  if (!wasDead || onFailure.reaction === 'resign') return { kind: 'stand', priority: Math.min(RECOVERING, priority) };
  if (onFailure.reaction === 'stop') return failed(onFailure, priority);
  return { kind: 'stand', priority: Math.max(FLOOR, priority - onFailure.weight - by) };
}

/** Whether it is, or was until just now, as bad as a dead proxy. */
const isMortal = ({ subject, weight }: Cause): boolean => weight === undefined && subject !== 'link';

function reactionOf(stance: Stance, priority: number): Reaction {
  if (stance.kind === 'out') return 'stop';
  if (stance.kind === 'resign') return 'resign';
  return stance.priority === priority ? 'hold' : 'lower';
}
