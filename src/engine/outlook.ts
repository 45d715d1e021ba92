import { isIsolated } from '../pair/isolation.ts';
import { OWNER } from '../vrrp/priority.ts';
import { after, instant, milliseconds } from '../wire/units.ts';
import type { Instant } from '../wire/units.ts';
import { advance } from './advance.ts';
import type { Assignment } from './assignment.ts';
import { earliest } from './instance.ts';
import type { Instance } from './instance.ts';
import { identityOf, PairLink } from './pairlink.ts';
import type { Executor } from './perform.ts';
import { Prober } from './prober.ts';
import { ReachWatch } from './reach.ts';

/** An answer to a question that is asked every second counts for so long. */
const ANSWER_NEWS = milliseconds(1500);
const NEVER = instant(Number.NEGATIVE_INFINITY);

/**
 * What the engine knows of the world by other means than VRRP: what the other hosts say (`pairlink`), who answers on the
 * segment (`prober`), and whether anybody answers at all (`reach`). It has its turn after the ports were drained, and again after the election.
 */
export class Outlook {
  readonly pair: PairLink;
  readonly reach: ReachWatch;
  readonly #prober = new Prober();

  /** `onWake` is called when there is something to read. */
  constructor(onWake: () => void, now: () => Instant) {
    this.pair = new PairLink(onWake);
    this.reach = new ReachWatch(onWake, now);
  }

  follow({ node, pair, reach }: Assignment): void {
    this.pair.follow(node, pair);
    this.reach.follow(reach);
  }

  /** Reads what has come, and steps the virtual routers that it concerns. */
  drain(executor: Executor, instances: readonly Instance[], at: Instant): void {
    this.pair.drain(executor, instances, at);
  }

  /** Lets go while this host is cut off, and says and asks what is due. */
  turn(executor: Executor, instances: readonly Instance[], at: Instant): void {
    this.reach.turn(instances, at);
    for (const instance of instances) this.#judge(executor, instance, instances, at);
    this.pair.turn(instances, this.reach.reach, at);
    this.#prober.turn(instances, this.reach.reach === 'none', at);
  }

  get dueAt(): Instant | undefined {
    return earliest([this.pair.dueAt, this.reach.dueAt, this.#prober.dueAt]);
  }

  close(at: Instant): void {
    this.pair.close(at);
    this.reach.close();
  }

  /** The owner of an address has it whatever it says. */
  #judge(executor: Executor, instance: Instance, instances: readonly Instance[], at: Instant): void {
    const { state, port, judgement, assignment } = instance;
    const isOut = state.name === 'initialize' && state.reason === 'isolated';
    if ((state.name === 'initialize' && !isOut) || assignment.priority === OWNER) return;
    const isNear = instances.some((other) => hearsAnybody(other, at));
    const isolated = isIsolated(this.reach, this.pair.peers ?? [], identityOf(instance), isNear, at);
    if (isolated === isOut) return;
    if (isolated) return advance(executor, instance, { type: 'isolated', at });
    const { stance } = judgement;
    advance(executor, instance, port.state === 'up' ? { type: 'startup', at, stance } : { type: 'fault', at });
  }
}

/** Whether another host has advertised lately, or answered for its own address. */
function hearsAnybody({ traces, assignment, port }: Instance, at: Instant): boolean {
  const { interval, peers } = assignment.router;
  const voice = [...traces.voices.values()].some((heardAt) => at <= after(heardAt, milliseconds(4 * interval)));
  return voice || peers.some((peer) => at <= after(port.neighbors.get(peer)?.at ?? NEVER, ANSWER_NEWS));
}
