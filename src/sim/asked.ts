import { answered, ASK_EVERY, lapse, unasked } from '../pair/isolation.ts';
import type { Reachability } from '../pair/isolation.ts';
import type { Reach } from '../wire/heartbeat.ts';
import { after } from '../wire/units.ts';
import type { Instant } from '../wire/units.ts';

/** What a simulated daemon knows of its gateway and witnesses. Answers come at once, or not at all. */
export class Asked {
  readonly #asks: boolean;
  #state: Reachability | undefined;
  #askedAt: Instant | undefined;

  constructor(asks: boolean) {
    this.#asks = asks;
  }

  get reach(): Reach {
    return this.#state?.reach ?? 'unasked';
  }

  get since(): Instant | undefined {
    return this.#state?.since;
  }

  get dueAt(): Instant | undefined {
    return this.#askedAt === undefined ? undefined : after(this.#askedAt, ASK_EVERY);
  }

  /** A daemon that starts knows nothing. */
  start(): void {
    this.#state = undefined;
    this.#askedAt = undefined;
  }

  /** Asks when it is time to. `reaches` is whether anybody answers. */
  turn(reaches: boolean, at: Instant): void {
    if (!this.#asks) return;
    const state = lapse(this.#state ?? unasked(at), at);
    this.#state = state;
    if (this.#askedAt !== undefined && at < after(this.#askedAt, ASK_EVERY)) return;
    this.#askedAt = at;
    if (reaches) this.#state = answered(state, at);
  }
}
