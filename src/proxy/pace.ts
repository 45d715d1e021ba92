import type { Instant, Milliseconds } from '../wire/units.ts';
import { after, between, instant, milliseconds } from '../wire/units.ts';
import type { Schedule } from './watch.ts';

/** When a burst of changes is applied. */
export interface PaceOptions {
  /** How long nothing must have changed. */
  readonly quiet: Milliseconds;
  /** How long the first change of a burst waits at most. */
  readonly ceiling: Milliseconds;
  readonly now: () => Instant;
  readonly schedule: Schedule;
  /**
   * Gets ready for what `run` will apply if nothing changes any more, when half of the quiet time is over, so that it is
   * not waited for afterwards; at most once in half a quiet time, and perhaps while a run waits for its turn.
   */
  readonly prepare?: () => void;
  /**
   * Applies what is then the latest. Gives when it is to be tried again, or nothing when it is done with; it must not
   * reject. It is never called while it runs.
   */
  readonly run: () => Promise<Instant | undefined>;
}

/**
 * Makes one apply of many changes: it waits until nothing has changed for the quiet time, but no longer than the ceiling.
 * What changes during an apply is applied afterwards, so that nothing is lost. It remembers that there was a change, not
 * which: the latest state is the caller's.
 */
export class Pace {
  readonly #options: PaceOptions;
  /** Of the first change that no apply has seen; `undefined` when there is none. */
  #since: Instant | undefined;
  /** When it was prepared last. */
  #preparedAt: Instant | undefined;
  #isRunning = false;
  #isClosed = false;
  #cancel: () => void = () => undefined;

  constructor(options: PaceOptions) {
    this.#options = options;
  }

  /**
   * Something has changed, at `at` unless just now: what it took to understand the change is part of the quiet time, and
   * is not waited for twice.
   */
  request(at: Instant = this.#options.now()): void {
    const { quiet, ceiling } = this.#options;
    this.#since ??= at;
    if (this.#isRunning || this.#isClosed) return;
    const latest = after(this.#since, ceiling);
    const due = after(at, quiet);
    this.#arrange(due < latest ? due : latest);
  }

  /** Whether a change waits to be applied, or is being applied. */
  get isBusy(): boolean {
    return this.#isRunning || this.#since !== undefined;
  }

  /** What has been requested so far needs no apply any more, because somebody has just made one. */
  settle(): void {
    if (this.#isRunning) return;
    this.#cancel();
    this.#since = undefined;
  }

  /** Nothing is run afterwards. */
  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }

  #arrange(at: Instant): void {
    this.#cancel();
    const { schedule, now } = this.#options;
    const wait = (until: Instant): Milliseconds => milliseconds(Math.max(0, between(now(), until)));
    const early = this.#whenToPrepare(at);
    const cancels = [
      ...(early === undefined ? [] : [schedule(() => this.#prepare(), wait(early))]),
      schedule(() => void this.#run(), wait(at)),
    ];
    this.#cancel = () => cancels.forEach((cancel) => cancel());
  }

  /** Before what is due at a time; `undefined` when that is so soon that nothing would be won. */
  #whenToPrepare(due: Instant): Instant | undefined {
    if (this.#options.prepare === undefined) return undefined;
    const half = milliseconds(this.#options.quiet / 2);
    const at = instant(due - half);
    const again = this.#preparedAt === undefined ? at : after(this.#preparedAt, half);
    const early = again > at ? again : at;
    return early < due && this.#options.now() < due ? early : undefined;
  }

  #prepare(): void {
    this.#preparedAt = this.#options.now();
    this.#options.prepare?.();
  }

  async #run(): Promise<void> {
    if (this.#isRunning || this.#isClosed) return;
    this.#isRunning = true;
    this.#since = undefined;
    let again: Instant | undefined;
    try {
      again = await this.#options.run();
    } finally {
      this.#isRunning = false;
    }
    if (this.#since !== undefined) this.request();
    if (again === undefined || this.#isClosed) return;
    // What has changed meanwhile waits for the same time: before it, nothing can be done.
    this.#since ??= this.#options.now();
    this.#arrange(again);
  }
}
