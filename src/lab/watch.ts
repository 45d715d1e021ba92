import { now } from '../linux/clock.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';
import { between, milliseconds } from '../wire/units.ts';
import type { Lab } from './lab.ts';

/** From when on which hosts held an address. */
export interface Holding {
  readonly from: Instant;
  /** Names of the hosts, in their order; empty when none did. */
  readonly holders: readonly string[];
}

/** BOUNDED: changes kept; an address that moves every 5 ms is followed for 50 s, then the oldest go. */
const kept = 10_000;

/** Looks every 5 ms which hosts hold an address, by the kernel's tables, until it is stopped. */
export class HolderWatch {
  readonly #lab: Lab;
  readonly #address: string;
  readonly #timer: NodeJS.Timeout;
  readonly #changes: Holding[] = [];
  #trouble: unknown;

  constructor(lab: Lab, address: string, every: Milliseconds = milliseconds(5)) {
    this.#lab = lab;
    this.#address = address;
    this.#look();
    this.#timer = setInterval(() => {
      try {
        this.#look();
      } catch (error) {
        this.#trouble = error;
        this.stop();
      }
    }, every);
  }

  /** Why it has ended by itself: the lab went down; `undefined` as long as it has not. */
  get trouble(): unknown {
    return this.#trouble;
  }

  /** All changes so far, the first being what was so at the beginning. */
  get changes(): readonly Holding[] {
    return this.#changes;
  }

  /** How long after `since`, until now, the number of holders was as asked: 0 for a vacancy, 2 for a conflict. */
  timeWith(holders: (count: number) => boolean, since: Instant): Milliseconds {
    const end = now();
    const times = this.#changes.map(({ from, holders: names }, index) => {
      const to = this.#changes[index + 1]?.from ?? end;
      const begin = from > since ? from : since;
      return holders(names.length) && to > begin ? between(begin, to) : 0;
    });
    return milliseconds(times.reduce<number>((sum, time) => sum + time, 0));
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const holders = this.#lab.holders(this.#address);
    if (this.#changes.at(-1)?.holders.join() === holders.join()) return;
    this.#changes.push({ from: now(), holders });
    if (this.#changes.length > kept) this.#changes.shift();
  }
}
