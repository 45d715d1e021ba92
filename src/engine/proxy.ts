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
  /** BOUNDED: the main process, and during a switch that of the other proxy. */
  #watches: readonly (ProcessWatch & Main)[] = [];

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
    return this.#watches[0]?.pid;
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
    for (const watch of this.#watches) watch.close();
    this.#watches = [];
  }

  /** Holds the pidfds of the main processes. False when all of them are gone although the proxy was called well. */
  #hold({ main, beside, state }: ObservedProxy): boolean {
    const wanted = [main, beside].filter((each) => each !== undefined);
    const before = this.#watches;
    let isRefused = false;
    this.#watches = wanted.flatMap((each) => {
      const held = before.find((watch) => isSame(watch, each));
      if (held !== undefined) return [held];
      try {
        return this.#watch(each);
      } catch (error) {
        if (!(error instanceof OpError)) throw error;
        this.#onTrouble(error);
        isRefused = true;
        return [];
      }
    });
    for (const watch of before) if (!this.#watches.includes(watch)) watch.close();
    return wanted.length === 0 || this.#watches.length > 0 || isRefused || state === 'dead';
  }

  /** Nothing when the process is gone. */
  #watch({ pid, startTime }: Main): (ProcessWatch & Main)[] {
    const watch = watchProcess(pid, startTime, () => this.#exited(pid));
    return watch === undefined ? [] : [{ pid, startTime, close: () => watch.close() }];
  }

  #exited(pid: number): void {
    const ended = this.#watches.find((watch) => watch.pid === pid);
    if (ended === undefined) return;
    ended.close();
    this.#watches = this.#watches.filter((watch) => watch !== ended);
    this.#onExit(pid);
  }

  /**
   * Notes the exit; separate from the callback so that the caller stamps it with the time of its turn. While another
   * proxy serves beside it, that is for the manager to judge.
   */
  died(pid: number, at: Instant): void {
    if (this.#watches.length > 0) return;
    this.#verdict = observe(this.#verdict, gone(pid), at);
  }
}

type Main = NonNullable<ObservedProxy['main']>;

const isSame = (a: Main, b: Main): boolean => a.pid === b.pid && a.startTime === b.startTime;

const gone = (pid: number | undefined): Observed => ({
  state: 'dead',
  reason: `process ${pid} has exited`,
});
