import type { Milliseconds } from '../wire/units.ts';
import { milliseconds } from '../wire/units.ts';
import { OpError } from '../linux/operror.ts';
import { commOf, discover } from './discover.ts';
import type { ProxySettings } from './discover.ts';
import { judge } from './observe.ts';
import type { Observation, Verdict } from './observe.ts';
import type { Named } from './process.ts';
import type { Profile } from './profile.ts';
import { absenceOf, isUnchanged, namesCandidate, pidFileContents, signsOf } from './signs.ts';
import type { PidFileContents, Signs } from './signs.ts';
import { procfs } from './table.ts';
import type { ProcessTable } from './table.ts';

/**
 * Watching the proxy's processes, in the manager.
 *
 * The death of the main process is not learned here but from a pidfd that the engine holds; the watch tells the engine
 * which process that is, finds the next one, and sees what a pidfd does not tell: stopped processes, missing workers,
 * orphans. While nothing changes a look is a handful of small reads. Only a change, or the absence of the proxy, makes
 * it read the whole process table.
 *
 * A main process that is there but seems not to work is looked at twice before it is called dead, because a look may
 * fall between the end of one worker and the start of the next. One that has gone is told at once.
 */
export interface ProxyWatch {
  /** Looks now instead of at the next period; for the engine's word that the main process has exited. */
  lookNow(): void;
  /** What was told last; `undefined` before the first verdict. */
  current(): Verdict | undefined;
  /** Ends the watch; nothing is told afterwards. */
  close(): void;
}

/** Runs something once after a delay, and gives back how to call that off. */
export type Schedule = (run: () => void, delay: Milliseconds) => () => void;

export interface WatchOptions {
  readonly profile: Profile;
  readonly settings: ProxySettings;
  /** Between two looks: 250 ms unless there is a reason. */
  readonly period: Milliseconds;
  /** Told first and then whenever the state, the main process or the reason changes. */
  readonly onVerdict: (verdict: Verdict) => void;
  readonly schedule: Schedule;
  /** Told when the kernel gave no answer (an `OpError`); the last verdict stands and the next look is tried. */
  readonly onTrouble?: (error: OpError) => void;
  /** What to look at, the running kernel unless given. */
  readonly table?: ProcessTable;
}

/** Between two looks after something went wrong, so that a restart is seen at once. */
const hurry: Milliseconds = milliseconds(20);

/** How long the hurry lasts: 2 s. */
const hurriedLooks = 100;

/** While nothing is seen of an absent proxy, every how many scans it is looked for with everything there is. */
const leisure = 8;

/** Starts watching; the first look is made before this returns. */
export function watchProxy(options: WatchOptions): ProxyWatch {
  const watch = new Watch(options);
  watch.lookNow();
  return watch;
}

class Watch implements ProxyWatch {
  readonly #options: WatchOptions;
  readonly #table: ProcessTable;
  #observation: Observation | undefined;
  /** Of the proxy that was found; `undefined` while there is none. */
  #signs: Signs | undefined;
  #told: Verdict | undefined;
  /** Whether the proxy seemed dead at the last look, and is to be looked at again before that is told. */
  #suspected = false;
  /** How many looks are still to follow quickly. */
  #hurried = 0;
  /** How long ago the whole process table was read, counted in delays, not by a clock. */
  #sinceScan = 0;
  /** The signs of the proxy's absence, and how many times since it was really looked for they were the same. */
  #absence: string | undefined;
  #sinceSearch = 0;
  #cancel: () => void = () => {};
  #closed = false;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#table = options.table ?? procfs;
  }

  lookNow(): void {
    if (this.#closed) return;
    this.#look(() => this.#scan(false));
  }

  current(): Verdict | undefined {
    return this.#told;
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
  }

  #tick(): void {
    this.#look(() => {
      if (this.#isDue()) this.#scan(true);
    });
  }

  /** Runs one look and arranges the next. */
  #look(run: () => void): void {
    const { period, schedule, onTrouble } = this.#options;
    this.#cancel();
    try {
      run();
    } catch (error) {
      // Without an answer from the kernel nothing is known to have changed. Anything else is a mistake of the program.
      if (!(error instanceof OpError)) throw error;
      onTrouble?.(error);
    }
    if (this.#closed) return;
    const quick = this.#suspected || this.#hurried > 0;
    if (this.#hurried > 0) this.#hurried -= 1;
    const delay = quick && hurry < period ? hurry : period;
    this.#sinceScan += delay;
    this.#cancel = schedule(() => this.#tick(), delay);
  }

  /** Whether there is reason to read the whole process table. */
  #isDue(): boolean {
    const { profile, settings, period } = this.#options;
    if (this.#signs !== undefined) return this.#suspected || !isUnchanged(this.#signs, this.#table);
    return this.#sinceScan >= period || namesCandidate(profile, settings, this.#table);
  }

  /** Reads the process table and judges what it says; `confirms` when a suspicion may be taken for certain. */
  #scan(confirms: boolean): void {
    const { profile, settings } = this.#options;
    this.#sinceScan = 0;
    const pidFiles = pidFileContents(profile, settings, this.#table);
    const named = this.#table.named(commOf(profile, settings));
    if (confirms && this.#isStillAbsent(named, pidFiles)) return;
    const discovery = discover(profile, settings, this.#observation?.last, this.#table, named);
    const next = judge(profile.title, discovery, this.#observation);
    const { state, main } = next.verdict;
    const isNews = state === 'dead' && this.#observation?.verdict.state !== 'dead';
    const isConfirmed = this.#suspected && confirms;
    this.#suspected = isNews && main !== undefined && !isConfirmed;
    if (this.#suspected) return;
    if (isNews) this.#hurried = hurriedLooks;
    this.#observation = next;
    this.#signs = 'found' in discovery ? signsOf(discovery.found, pidFiles, this.#table) : undefined;
    this.#tell(next.verdict);
  }

  /**
   * Whether the proxy was absent and nothing about it has changed, so that it need not be looked for. What else may
   * have changed, such as who holds its port, is only told in words and can wait.
   */
  #isStillAbsent(named: Named, pidFiles: PidFileContents): boolean {
    const discovery = this.#observation?.discovery;
    if (discovery === undefined || 'found' in discovery) return false;
    this.#sinceSearch += 1;
    const absence = absenceOf(named, discovery.orphans, pidFiles);
    const same = absence !== undefined && absence === this.#absence && this.#sinceSearch < leisure;
    this.#absence = absence;
    if (!same) this.#sinceSearch = 0;
    return same;
  }

  #tell(verdict: Verdict): void {
    const before = this.#told;
    this.#told = verdict;
    const same =
      before?.state === verdict.state &&
      before.reason === verdict.reason &&
      before.main?.pid === verdict.main?.pid &&
      before.main?.startTime === verdict.main?.startTime;
    if (!same) this.#options.onVerdict(verdict);
  }
}
