import { OpError } from '../linux/operror.ts';
import { watchProcess } from '../linux/pidfd.ts';
import type { ProcessWatch } from '../linux/pidfd.ts';
import { observe } from '../track/verdict.ts';
import type { Observed, Verdict } from '../track/verdict.ts';
import type { Instant } from '../wire/units.ts';
import type { ObservedProxy } from './messages.ts';

/**
 * What the engine knows of the proxy: the manager's last word, corrected at once by the pidfd of the main process.
 * The pidfd is what makes a dead proxy cost milliseconds; the manager's word is what makes it well again.
 */
export class ProxyTracker {
  readonly #onExit: (pid: number) => void;
  readonly #onTrouble: (error: OpError) => void;
  #verdict: Verdict | undefined;
  #watch: (ProcessWatch & { readonly startTime: number }) | undefined;

  /**
   * `onExit` is called when the watched process has exited, `onTrouble` when the kernel refuses to watch it: the
   * manager's word then holds alone.
   */
  constructor(onExit: (pid: number) => void, onTrouble: (error: OpError) => void) {
    this.#onExit = onExit;
    this.#onTrouble = onTrouble;
  }

  /** `undefined` when no proxy is watched. */
  get verdict(): Verdict | undefined {
    return this.#verdict;
  }

  get watchedPid(): number | undefined {
    return this.#watch?.pid;
  }

  /** Takes the manager's word, unless the process it speaks of is gone already. */
  judge(proxy: ObservedProxy, at: Instant): void {
    const observed = this.#hold(proxy) ? proxy : gone(proxy.main?.pid);
    this.#verdict = observe(this.#verdict, observed, at);
  }

  /** No proxy is watched any more. */
  forget(): void {
    this.close();
    this.#verdict = undefined;
  }

  close(): void {
    this.#watch?.close();
    this.#watch = undefined;
  }

  /** Holds the pidfd of the main process. False when that process is gone although it was called well. */
  #hold({ main, state }: ObservedProxy): boolean {
    if (main !== undefined && main.pid === this.#watch?.pid && main.startTime === this.#watch.startTime) return true;
    this.close();
    if (main === undefined) return true;
    const { pid, startTime } = main;
    try {
      const watch = watchProcess(pid, startTime, () => this.#exited(pid));
      this.#watch = watch && { pid, startTime, close: () => watch.close() };
    } catch (error) {
      if (!(error instanceof OpError)) throw error;
      this.#onTrouble(error);
      return true;
    }
    return this.#watch !== undefined || state === 'dead';
  }

  #exited(pid: number): void {
    if (this.#watch?.pid !== pid) return;
    this.close();
    this.#onExit(pid);
  }

  /** Notes the exit; separate from the callback so that the caller stamps it with the time of its turn. */
  died(pid: number, at: Instant): void {
    this.#verdict = observe(this.#verdict, gone(pid), at);
  }
}

const gone = (pid: number | undefined): Observed => ({
  state: 'dead',
  reason: `process ${pid} has exited`,
});
