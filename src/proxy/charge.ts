import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { errorCode, OpError } from '../linux/operror.ts';
import { watchProcess } from '../linux/pidfd.ts';
import { isDead, statOf } from '../linux/procstat.ts';
import { after, milliseconds } from '../wire/units.ts';
import type { Milliseconds } from '../wire/units.ts';
import type { Time } from './effect.ts';
import { isSame, processesOfSession, processOf } from './process.ts';
import type { ProcessInfo } from './process.ts';
import type { Profile } from './profile.ts';
import type { Start } from './steering.ts';
import { endingWords } from './words.ts';

/** One main process for good. */
export type Main = Pick<ProcessInfo, 'pid' | 'startTime'>;

/**
 * A proxy that this program has started, or has found again after a former run of it had: one main process and all that
 * came of it, which are those of its session. It does not end with us; whoever has a charge ends it, or leaves it.
 */
export interface Charge {
  readonly profile: Profile;
  readonly main: Main;
  /** Resolves when the main process has ended, with how, in words: `was killed (SIGKILL)`. Never rejects. */
  readonly ended: Promise<string>;
  /** What it has put out first, 64 kB at most; empty for one that a former run has started. */
  said(): string;
  /** All of its processes that still run, by pid: also the workers that a dead main process has left. */
  processes(): readonly ProcessInfo[];
  /**
   * Makes it finish what it has and take nothing new, and waits until the last of its processes has ended. What still
   * runs at the limit is stopped; gives whether that was needed. May be called again.
   */
  drain(limit: Milliseconds): Promise<'drained' | 'stopped'>;
  /** Ends it without waiting for its connections: SIGTERM, and SIGKILL to what is left 2 s later. */
  stop(): Promise<void>;
}

/** How a proxy is to be started. */
export interface ChargeOptions {
  readonly profile: Profile;
  /** What the profile's `steering.start` gave. */
  readonly start: Start;
  /** Descriptors here that it inherits, from 3 on in this order. */
  readonly descriptors: readonly number[];
  /** The file that its output is added to, absolute. */
  readonly output: string;
  readonly time: Time;
}

/** How long processes have between SIGTERM and SIGKILL. */
const GRACE = milliseconds(2000);

/** What a proxy says of its start is within this, bytes; others may write into the same file. */
const MOST_SAID = 65_536;

/** Between two looks whether a process has ended. */
const STEP = milliseconds(20);

/**
 * Starts a proxy in the foreground, in a session of its own, so that neither a signal of the terminal nor our end
 * reaches it. Its output goes to a file, because a pipe would end with us, and whoever writes into it then. Says nothing
 * of whether it works. Throws OpError when it cannot be started.
 */
export async function startCharge(options: ChargeOptions): Promise<Charge> {
  const { profile, start, descriptors, output, time } = options;
  const [program = '', ...rest] = start.command;
  const log = openOutput(output);
  const from = fstatSync(log).size;
  const umask = process.umask(0o022);
  let child: ChildProcess;
  try {
    child = spawn(program, rest, {
      stdio: ['ignore', log, log, ...descriptors],
      detached: true,
      cwd: '/',
      env: { ...cleanEnvironment(), ...start.environment },
    });
  } finally {
    process.umask(umask);
    closeSync(log);
  }
  const { pid } = child;
  if (pid === undefined) throw await refusalOf(child, program);
  child.on('error', () => undefined);
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (status, signal) => resolve(endingWords(status, signal)));
  });
  child.unref();
  // Our own child keeps its number until Node.js has been told of its end, so this is the one.
  const main = { pid, startTime: statOf(pid)?.startTime ?? 0 };
  return new Session({ profile, main, ended, time, said: () => textFrom(output, from) });
}

/** A proxy that a former run has started; `undefined` when its main process is gone and has left none behind. */
export function takeCharge(profile: Profile, { pid, startTime }: Main, time: Time): Charge | undefined {
  let tell: (words: string) => void = () => undefined;
  const ended = new Promise<string>((resolve) => (tell = resolve));
  const watch = watchProcess(pid, startTime, () => tell('has ended'));
  if (watch === undefined) tell('has ended');
  const charge = new Session({ profile, main: { pid, startTime }, ended, time, said: () => '' });
  return watch === undefined && charge.processes().length === 0 ? undefined : charge;
}

interface SessionOptions extends Pick<Charge, 'profile' | 'main' | 'ended'> {
  readonly said: () => string;
  readonly time: Time;
}

class Session implements Charge {
  readonly profile: Profile;
  readonly main: Main;
  readonly ended: Promise<string>;
  readonly #options: SessionOptions;

  constructor(options: SessionOptions) {
    this.profile = options.profile;
    this.main = options.main;
    this.ended = options.ended;
    this.#options = options;
  }

  said(): string {
    return this.#options.said();
  }

  processes(): ProcessInfo[] {
    const { pid, startTime } = this.main;
    const leader = processOf(pid);
    // A number is given to no other process while a session has it as its name; so a stranger means that all are gone.
    if (leader !== undefined && leader.startTime !== startTime) return [];
    return processesOfSession(pid).filter((each) => !isDead(each) && each.startTime >= startTime);
  }

  async drain(limit: Milliseconds): Promise<'drained' | 'stopped'> {
    this.#signal(this.profile.steering.drainSignal);
    if (await this.#isGoneWithin(limit)) return 'drained';
    await this.stop();
    return 'stopped';
  }

  async stop(): Promise<void> {
    this.#signal('SIGTERM');
    if (await this.#isGoneWithin(GRACE)) return;
    for (const { pid } of this.processes()) kill(pid, 'SIGKILL');
    await this.#isGoneWithin(GRACE);
  }

  /** To the main process, which passes it on; to what it has left when it is gone. */
  #signal(signal: NodeJS.Signals): void {
    const all = this.processes();
    const main = all.find((each) => isSame(each, this.main));
    for (const { pid } of main === undefined ? all : [main]) kill(pid, signal);
  }

  async #isGoneWithin(limit: Milliseconds): Promise<boolean> {
    const { time } = this.#options;
    const deadline = after(time.now(), limit);
    while (this.processes().length > 0) {
      if (time.now() >= deadline) return false;
      await time.sleep(STEP);
    }
    return true;
  }
}

/** One that has just ended is no trouble. */
function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (cause) {
    if (errorCode(cause) === 'ESRCH') return;
    throw new OpError(`send ${signal} to process ${pid}`, errorCode(cause) ?? 'EPERM', { cause });
  }
}

function openOutput(path: string): number {
  try {
    const { O_WRONLY, O_CREAT, O_APPEND, O_NOFOLLOW } = constants;
    return openSync(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0o640);
  } catch (cause) {
    throw new OpError(`open "${path}" for the proxy's output`, errorCode(cause) ?? 'EIO', { cause });
  }
}

/** What stands in a file from a place on. */
function textFrom(path: string, from: number): string {
  try {
    const file = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(MOST_SAID);
      return bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, from));
    } finally {
      closeSync(file);
    }
  } catch {
    return '';
  }
}

/** The environment of what this program starts: of ours only what says where and when the host is; the rest is about this program. */
export function cleanEnvironment(): Record<string, string> {
  const { TZ, LANG } = process.env;
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ...(TZ === undefined ? {} : { TZ }),
    ...(LANG === undefined ? {} : { LANG }),
  };
}

function refusalOf(child: ChildProcess, program: string): Promise<OpError> {
  return new Promise((resolve) => {
    child.once('error', (cause) => {
      const code = errorCode(cause) ?? 'EIO';
      const advice = code === 'ENOENT' ? 'install it, or name it in "proxy.binary"' : 'may this user run it?';
      resolve(new OpError(`start "${program}"`, code, { cause, advice }));
    });
  });
}
