import type { Instant, Milliseconds } from '../wire/units.ts';
import { after, between, milliseconds } from '../wire/units.ts';

/** How often a proxy is reloaded at most. */
export interface BudgetLimits {
  /** The least time between two reloads. */
  readonly spacing: Milliseconds;
  /** So many may follow each other at that pace; at least 1. */
  readonly reloads: number;
  /** After how long one of them is given back, so that a backend that never rests costs one reload in this time. */
  readonly refill: Milliseconds;
}

/** When a reload may be, and why not before. */
export interface Wait {
  readonly until: Instant;
  readonly why: string;
}

/**
 * The reloads that backends may cost. Each one replaces the proxy's workers, and the old ones stay for as long as their
 * connections do, so that a backend that comes and goes for ever must not make the proxy reload for ever at full pace. A
 * leaking bucket: a burst passes, what goes on is slowed down, and the latest state is what is applied in the end.
 */
export class ReloadBudget {
  readonly #limits: BudgetLimits;
  #last: Instant | undefined;
  /** What was spent and is not given back yet, as of `#last`. */
  #spent = 0;

  constructor(limits: BudgetLimits) {
    this.#limits = limits;
  }

  /** Why a reload has to wait; `undefined` when it need not. One that is `planned` waits for the spacing only. */
  wait(now: Instant, isPlanned: boolean): Wait | undefined {
    if (this.#last === undefined) return undefined;
    const { spacing, reloads, refill } = this.#limits;
    const paced = after(this.#last, spacing);
    const over = isPlanned ? 0 : this.#spentAt(now) + 1 - reloads;
    const granted = after(now, milliseconds(Math.max(0, Math.ceil(over * refill))));
    if (granted > now && granted >= paced) {
      const why = `${reloads} reloads were made in short order, and one more is allowed every ${refill} ms`;
      return { until: granted, why };
    }
    return paced > now ? { until: paced, why: `the last reload was less than ${spacing} ms ago` } : undefined;
  }

  /** A reload has been made. One that is `planned` costs nothing. */
  spend(now: Instant, isPlanned: boolean): void {
    this.#spent = this.#spentAt(now) + (isPlanned ? 0 : 1);
    this.#last = now;
  }

  #spentAt(now: Instant): number {
    if (this.#last === undefined) return 0;
    return Math.max(0, this.#spent - between(this.#last, now) / this.#limits.refill);
  }
}
