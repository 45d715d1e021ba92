import type { ApplyResult } from '../proxy/request.ts';
import { milliseconds } from '../wire/units.ts';
import type { Milliseconds } from '../wire/units.ts';
import { eventOf, isTrouble, waitWords } from './applywords.ts';
import type { UnstampedManagerEvent } from './event.ts';

/** Who hears of what became of an apply. */
export interface OutcomeEvents {
  readonly onResult: (event: Extract<UnstampedManagerEvent, { type: 'apply' }>) => void;
  /** After every apply, whatever became of it. */
  readonly onApplied: () => void;
  /** What has failed is to be tried again. */
  readonly onAgain: () => void;
}

/** How many times as long it takes until something is tried again that the proxy itself did not take. */
const ROLLED_BACK = 10;

/**
 * What became of the last apply: how it is told, and when one that failed is tried again. That happens without a change:
 * the disk may have room again, a name server may answer, a file may be as it was. It costs a look and the checker; what
 * came as far as the proxy itself is tried more rarely.
 */
export class Outcome {
  readonly #events: OutcomeEvents;
  #last: ApplyResult | undefined;
  /** The apply that waits for the reload budget. */
  #waits: ApplyResult | undefined;
  #retry: NodeJS.Timeout | undefined;

  constructor(events: OutcomeEvents) {
    this.#events = events;
  }

  /** Why what is wished for is not in force; null when it is. */
  get trouble(): string | null {
    return this.#last !== undefined && isTrouble(this.#last) ? this.#last.message : null;
  }

  /** What waits, and for what; null when nothing does. */
  get waits(): string | null {
    return waitWords(this.#waits);
  }

  /** Another proxy is applied to, of which nothing is known yet. */
  forget(): void {
    clearTimeout(this.#retry);
    [this.#last, this.#waits] = [undefined, undefined];
  }

  /** It has to wait for the reload budget. */
  defer(result: ApplyResult): void {
    this.#waits = result;
  }

  /** What was applied by itself; a failure is told once. `retry` is after how long one is tried again, if it is. */
  conclude(result: ApplyResult, cause: string, retry: Milliseconds | undefined): void {
    const isNews = result.result !== 'unchanged' && result.message !== this.#last?.message;
    this.#note(result, retry);
    // That a backend's health changes nothing in the files is no event.
    const isQuiet = result.result === 'unchanged' && cause.startsWith('health of');
    const isTold = isNews || (!isTrouble(result) && !isQuiet);
    if (isTold) this.#events.onResult(eventOf(result, cause));
    this.#events.onApplied();
  }

  /** What somebody has asked for, which is told whatever it is. */
  answer(result: ApplyResult, retry: Milliseconds | undefined): void {
    this.#note(result, retry);
    this.#events.onResult(eventOf(result, 'by hand'));
  }

  #note(result: ApplyResult, retry: Milliseconds | undefined): void {
    clearTimeout(this.#retry);
    [this.#last, this.#waits] = [result, undefined];
    if (retry === undefined || !isTrouble(result)) return;
    const delay = milliseconds(retry * (result.result === 'rolled-back' ? ROLLED_BACK : 1));
    this.#retry = setTimeout(this.#events.onAgain, delay);
  }
}
