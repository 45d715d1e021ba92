import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { ordinaryOptions } from '../linux/scheduler.ts';
import { after, milliseconds } from '../wire/units.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';
import type { ToEngine, ToManager } from './messages.ts';

/** Between the death of a manager and its successor: doubled at each death, forgotten after a minute of life. */
const FIRST_BACKOFF = milliseconds(100);
const LAST_BACKOFF = milliseconds(10_000);
const LONG_LIFE = milliseconds(60_000);

/**
 * How long a manager that was asked to end may take before the engine ends without it. The VIPs are gone by then, so this
 * holds up nobody but whoever waits for the end of the daemon.
 */
const FAREWELL = milliseconds(1000);

/**
 * How many beats of the engine a manager may be silent before it is taken for frozen: 6 s, more than the longest thing it
 * does without coming back to its loop, and 30 s before its first word. Once more as many, and it cannot even be killed.
 */
export const BEAT: Milliseconds = milliseconds(500);
const SILENCE = 12;
const CHILDHOOD = 60;
const AGONY = 12;

/** Messages that a manager has not taken yet. BOUNDED: beyond this, events wait in the journal and snapshots are left out. */
const IN_FLIGHT = 200;

export interface ManagerChildOptions {
  /** The manager's program, and the arguments of `vipair run`. */
  readonly program: string;
  readonly argv: readonly string[];
  readonly now: () => Instant;
  readonly onMessage: (message: ToEngine) => void;
  readonly onStart: (restarts: number) => void;
  /** The manager is gone; another is started after the delay, unless `onExit` answers false. */
  readonly onExit: (status: string, code: number, restartIn: Milliseconds) => boolean;
}

/** The manager as the engine sees it: a child process that may die, and is started again. */
export class ManagerChild {
  readonly #options: ManagerChildOptions;
  #process: ChildProcess | undefined;
  #timer: NodeJS.Timeout | undefined;
  #backoff = FIRST_BACKOFF;
  #inFlight = 0;
  #restarts = -1;
  /** Beats since the last word of the process, and how many it may be silent. */
  #silent = 0;
  #patience = CHILDHOOD;

  constructor(options: ManagerChildOptions) {
    this.#options = options;
  }

  get restarts(): number {
    return Math.max(0, this.#restarts);
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  start(): void {
    const startedAt = this.#options.now();
    this.#restarts++;
    this.#inFlight = 0;
    this.#silent = 0;
    this.#patience = CHILDHOOD;
    const child = this.#fork();
    if (child === undefined) return this.#exited('it cannot be started', 1, startedAt);
    this.#process = child;
    child.on('message', (message) => {
      if (this.#process !== child) return;
      this.#silent = 0;
      this.#patience = SILENCE;
      this.#options.onMessage(message as ToEngine);
    });
    const ended = (status: string, code: number): void => {
      if (this.#process !== child) return;
      this.#process = undefined;
      this.#exited(status, code, startedAt);
    };
    // An error with a process is one of the channel, and the process ends by itself then.
    child.on('error', (error) => {
      if (child.pid === undefined) ended(error.message, 1);
    });
    child.once('exit', (code, signal) => ended(this.#endOf(code, signal), code ?? 1));
    this.#options.onStart(this.restarts);
  }

  /**
   * To be called every `BEAT`, from the loop. A manager that has said nothing for too long is stopped, wedged or
   * starved: it is killed, and its successor started as after any other death. Silence is counted in beats and not by
   * the clock, because a host that was frozen has frozen both of them.
   */
  beat(): void {
    if (this.#process === undefined) return;
    this.#silent++;
    if (this.#silent === this.#patience) this.#process.kill('SIGKILL');
  }

  /** Whether a manager that was killed for its silence does not end: the kernel holds it, and only a restart may help. */
  get isStuck(): boolean {
    return this.#process !== undefined && this.#silent >= this.#patience + AGONY;
  }

  /** Whether the manager keeps up with what it is sent. */
  get hasRoom(): boolean {
    return this.#process?.connected === true && this.#inFlight < IN_FLIGHT;
  }

  /** Never waits. A message to a manager that is gone is lost, which is what its successor's `hello` is for. */
  send(message: ToManager): void {
    const child = this.#process;
    if (child?.connected !== true) return;
    this.#inFlight++;
    child.send(message, () => {
      if (this.#process === child) this.#inFlight--;
    });
  }

  /**
   * Ends the manager for good and calls back when it has ended, or has had its time to: it may have something to put in
   * order on this host, and `more` time for that. One that is frozen ends by itself once it goes on and finds the channel closed.
   */
  stop(onStopped: () => void, more: Milliseconds = milliseconds(0)): void {
    clearTimeout(this.#timer);
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined) return onStopped();
    child.once('exit', onStopped);
    setTimeout(onStopped, FAREWELL + more);
    child.kill('SIGTERM');
  }

  /** The kernel may be out of processes, descriptors or memory; some of that is thrown, some comes as an event. */
  #fork(): ChildProcess | undefined {
    try {
      // Not detached: the terminal's and systemd's signals reach the engine, which ends the manager itself.
      const { program, argv } = this.#options;
      return fork(program, argv, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: ordinaryOptions() });
    } catch {
      return undefined;
    }
  }

  #endOf(code: number | null, signal: NodeJS.Signals | null): string {
    if (signal === 'SIGKILL' && this.#silent >= this.#patience)
      return `frozen: not a word for ${(this.#patience * BEAT) / 1000} s, killed`;
    return signal ?? `exit code ${code}`;
  }

  #exited(status: string, code: number, startedAt: Instant): void {
    const at = this.#options.now();
    if (at >= after(startedAt, LONG_LIFE)) this.#backoff = FIRST_BACKOFF;
    const delay = this.#backoff;
    this.#backoff = milliseconds(Math.min(delay * 2, LAST_BACKOFF));
    if (!this.#options.onExit(status, code, delay)) return;
    this.#timer = setTimeout(() => this.start(), delay);
  }
}
