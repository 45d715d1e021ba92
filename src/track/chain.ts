import type { VipConfig } from '../config/config.ts';
import { mayPreempt } from '../vrrp/priority.ts';
import { activeDownInterval, skewTime } from '../vrrp/timers.ts';
import { milliseconds } from '../wire/units.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';
import { labelOf } from './fitness.ts';
import type { Facts, Fitness, TrackPolicy } from './fitness.ts';
import { FLOOR } from '../vrrp/priority.ts';
import { judge } from './stance.ts';
import type { FailurePolicy, Judgement } from './stance.ts';
import { holdOf } from './verdict.ts';

/**
 * The whole chain of one VIP in words: what is known -> how fit the host is -> what it does about it -> who holds the
 * VIP then. Pure, and made of the functions that the engine itself decides with.
 */
export interface Chain {
  readonly vip: string;
  readonly facts: readonly ChainFact[];
  /** `well`, `degraded by 20`, `recovering`, `dead`. */
  readonly fitness: string;
  readonly reaction: 'hold' | 'lower' | 'resign' | 'stop' | 'fault';
  /** What that is: `priority 254`. */
  readonly stance: string;
  /** Who holds the VIP then, and how soon. */
  readonly outcome: string;
  /** When it counts as well again; empty when it does. */
  readonly recovery: string;
}

export interface ChainFact {
  /** `link`, `proxy`, or the name of a check. */
  readonly subject: string;
  readonly state: 'well' | 'degraded' | 'dead' | 'recovering';
  readonly reason: string;
  /** What a failure of it means for the VIP. */
  readonly means: string;
}

/** What the chain of a VIP follows from. */
export interface ChainInput {
  readonly vip: VipConfig;
  readonly policy: FailurePolicy;
  /** The host that it is about. */
  readonly node: string;
  readonly facts: Facts;
  readonly linkDown: boolean;
  readonly linkBackAt: Instant | undefined;
  /** Who holds the VIP now, as far as the host knows; `undefined` for nobody. */
  readonly holder: string | undefined;
  readonly at: Instant;
}

/** The chain of one VIP on one host. */
export function chainOf(input: ChainInput): Chain {
  const { vip, policy, node, facts, linkDown, linkBackAt, at } = input;
  const priority = vip.priorities[node] ?? FLOOR;
  const judgement = judge(policy, priority, facts, at, linkBackAt);
  return {
    vip: vip.name,
    facts: [linkFact(input, judgement), ...proxyFact(input, judgement), ...checkFacts(input, judgement)],
    fitness: fitnessWords(judgement.fitness),
    reaction: linkDown ? 'fault' : judgement.reaction,
    stance: linkDown ? 'neither speaks nor listens' : stanceWords(judgement, priority),
    outcome: outcomeOf(input, judgement),
    recovery: recoveryWords(policy, judgement, facts, at),
  };
}

function linkFact({ vip, node, linkDown }: ChainInput, { causes }: Judgement): ChainFact {
  const recovering = causes.find(({ subject }) => subject === 'link');
  return {
    subject: 'link',
    state: linkDown ? 'dead' : recovering === undefined ? 'well' : 'recovering',
    reason: `${vip.interfaces[node] ?? ''} is ${linkDown ? 'down' : 'up'}`,
    means: 'the VIP is let go at once',
  };
}

function proxyFact({ facts: { proxy }, policy }: ChainInput, { causes }: Judgement): ChainFact[] {
  if (proxy === undefined) return [];
  const isRecovering = causes.some(({ subject, state }) => subject === 'proxy' && state === 'recovering');
  const state = isRecovering ? 'recovering' : proxy.state;
  return [{ subject: 'proxy', state, reason: proxy.reason, means: deathWords(policy) }];
}

function checkFacts({ facts, policy }: ChainInput, { causes }: Judgement): ChainFact[] {
  return policy.tracks.map((track): ChainFact => {
    const verdict = facts.checks[track.check];
    const cause = causes.find(({ subject }) => subject === track.check);
    return {
      subject: labelOf(track.check),
      state: cause?.state ?? 'well',
      reason: verdict?.reason ?? 'not looked at yet',
      means: meaning(policy, track),
    };
  });
}

const meaning = (policy: FailurePolicy, { weight }: TrackPolicy): string =>
  weight === undefined ? deathWords(policy) : `a failure takes ${weight} off`;

const deathWords = ({ onFailure }: FailurePolicy): string =>
  onFailure.reaction === 'lower'
    ? `dead: on_failure lower, takes ${onFailure.weight} off`
    : `dead: on_failure ${onFailure.reaction}`;

function fitnessWords(fitness: Fitness): string {
  switch (fitness.kind) {
    case 'degraded':
      return `degraded by ${fitness.by}`;
    case 'recovering':
      return fitness.by === 0 ? 'recovering' : `recovering, degraded by ${fitness.by}`;
    case 'well':
    case 'dead':
      return fitness.kind;
  }
}

function stanceWords({ stance, because }: Judgement, priority: number): string {
  const why = because === undefined ? '' : `: ${because}`;
  switch (stance.kind) {
    case 'stand':
      return stance.priority === priority ? `priority ${priority}` : `priority ${stance.priority} of ${priority}${why}`;
    case 'resign':
      return `priority 0 once, then ${FLOOR} of ${priority}${why}`;
    case 'out':
      return `priority 0 once, then silence${why}`;
  }
}

/** Who holds the VIP then, if the other hosts are as well as their configuration. */
function outcomeOf({ vip, node, linkDown, holder }: ChainInput, { stance }: Judgement): string {
  const priorityOf = (name: string): number => vip.priorities[name] ?? FLOOR;
  const [best] = vip.prefer.filter((name) => name !== node).toSorted((a, b) => priorityOf(b) - priorityOf(a));
  const own = linkDown || stance.kind !== 'stand' ? undefined : stance.priority;
  if (holder !== undefined && holder !== node) {
    return own !== undefined && own > priorityOf(holder) && vip.preempt
      ? `${node} takes over from ${holder}`
      : `${holder} goes on holding it`;
  }
  if (best === undefined) return own === undefined ? 'nobody else may hold it' : `${node} holds it`;
  const theirs = `${best} (${priorityOf(best)})`;
  const skew = skewTime(vip.version, priorityOf(best), vip.interval);
  const silence = activeDownInterval(vip.version, priorityOf(best), vip.interval);
  if (linkDown) return `${theirs} takes over when it has heard nothing for ${say(silence)}`;
  if (own === undefined) return `${theirs} takes over ${say(skew)} after ${node} has resigned`;
  if (holder === undefined) return own >= priorityOf(best) ? `${node} holds it` : `${theirs} holds it`;
  if (own >= priorityOf(best)) return `${node} goes on holding it`;
  if (!mayPreempt(vip.preempt, priorityOf(best), own)) return `${node} goes on holding it, because of "preempt: false"`;
  const delay = own === FLOOR ? milliseconds(0) : vip.preemptDelay;
  const wait = milliseconds(delay + (vip.preemptFast ? skew : silence));
  return `${theirs} takes over after ${say(wait)}; ${node} holds it until then`;
}

function recoveryWords(
  policy: FailurePolicy,
  { causes, until }: Judgement,
  { proxy, checks }: Facts,
  at: Instant,
): string {
  if (until !== undefined) return `well again in ${say(milliseconds(until - at))}`;
  const holds = causes.flatMap(({ subject }) => {
    const verdict = subject === 'proxy' ? proxy : checks[subject];
    return verdict === undefined ? [] : [holdOf({ ...verdict, since: at }, policy)];
  });
  if (holds.length === 0) return '';
  const hold = milliseconds(Math.max(...holds));
  return hold === 0 ? 'at once' : `when it has been well for ${say(hold)}`;
}

/** A time for people, with three significant digits at most. */
function say(time: Milliseconds): string {
  const [value, unit] = time < 1000 ? [time, 'ms'] : [time / 1000, 's'];
  return `${Number(value.toPrecision(3))} ${unit}`;
}
