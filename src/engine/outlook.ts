import type { Instant } from '../wire/units.ts';
import { earliest } from './instance.ts';
import type { Instance } from './instance.ts';
import { PairLink } from './pairlink.ts';
import type { PairAssignment } from './assignment.ts';
import type { Executor } from './perform.ts';
import { Prober } from './prober.ts';

/**
 * What the engine knows of the world by other means than VRRP: what the other hosts say (`pairlink`), and who answers on
 * the segment (`prober`). It has its turn after the ports were drained, and again after the election.
 */
export class Outlook {
  readonly pair: PairLink;
  readonly #prober = new Prober();

  /** `onWake` is called when there is something to read. */
  constructor(onWake: () => void) {
    this.pair = new PairLink(onWake);
  }

  follow(node: string, pair: PairAssignment | undefined): void {
    this.pair.follow(node, pair);
  }

  /** Reads what has come, and steps the virtual routers that it concerns. */
  drain(executor: Executor, instances: readonly Instance[], at: Instant): void {
    this.pair.drain(executor, instances, at);
  }

  /** Says and asks what is due. */
  turn(instances: readonly Instance[], at: Instant): void {
    this.pair.turn(instances, at);
    this.#prober.turn(instances, at);
  }

  get dueAt(): Instant | undefined {
    return earliest([this.pair.dueAt, this.#prober.dueAt]);
  }

  close(at: Instant): void {
    this.pair.close(at);
  }
}
