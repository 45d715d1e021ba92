import { now } from '../../../src/linux/clock.ts';
import { milliseconds } from '../../../src/wire/units.ts';
import { eventually } from './pair.ts';
import type { Pair } from './pair.ts';

/**
 * How long a host takes to name what is the matter, by its log: to ask for the status would make it look. The target is
 * 3 s; what is insisted on leaves room for a busy machine.
 */
export class Naming {
  readonly #pair: Pair;
  readonly #marks = new Map<string, number>();
  #at = now();

  constructor(pair: Pair) {
    this.#pair = pair;
  }

  /** To be called right before the fault. */
  begin(): void {
    this.#at = now();
    for (const { host, log } of this.#logs()) this.#marks.set(host, log.length);
  }

  /** Waits until a host has logged the words. */
  async logs(host: string, words: string): Promise<void> {
    const isLogged = (): boolean =>
      this.#logs().some((each) => each.host === host && each.log.slice(this.#marks.get(host)).includes(words));
    await eventually(`${host} names it: ${words}`, isLogged, milliseconds(6000));
    const took = Math.round(now() - this.#at);
    console.info(`named after ${took} ms on ${host}: ${words}`);
  }

  /** The lines that any host has logged since with these words. */
  said(words: string): string[] {
    return this.#logs().flatMap(({ host, log }) =>
      log
        .slice(this.#marks.get(host) ?? 0)
        .split('\n')
        .filter((line) => line.includes(words)),
    );
  }

  #logs(): { readonly host: string; readonly log: string }[] {
    return this.#pair.daemons.map((daemon) => ({ host: daemon.host.name, log: daemon.log() }));
  }
}

/** The warnings of a status, as one text. */
export const warningsOf = ({ warnings }: { readonly warnings: readonly unknown[] }): string => JSON.stringify(warnings);
