import { readFileSync, readlinkSync } from 'node:fs';
import { errorCode, OpError } from '../linux/operror.ts';
import { discover } from './discover.ts';
import type { ProxySettings } from './discover.ts';
import type { Found } from './family.ts';
import { isDead } from '../linux/procstat.ts';
import { isSame } from './process.ts';
import type { Failure, Succession } from './succession.ts';
import type { FrontModel } from './model.ts';
import type { ProcessInfo } from './process.ts';
import type { Profile } from './profile.ts';
import { procfs } from './table.ts';
import type { ProcessTable } from './table.ts';

/** The proxy as an apply sees it: its processes, and how to signal them. */
export interface Runner {
  /** The proxy now; `undefined` when none runs. Milliseconds. */
  find(): Found | undefined;
  /** The same proxy, known by its main process: tens of microseconds for each process. `undefined` when it has gone. */
  again(found: Found): Found | undefined;
  /** Throws OpError when it may not be signalled, or has gone. */
  signal(main: ProcessInfo, signal: 'SIGHUP' | 'SIGUSR2'): void;
  /** In what surroundings it was started, as far as we may know. */
  surroundings(main: ProcessInfo): Surroundings;
  /** Whether one of its processes listens on a TCP port. Milliseconds. */
  listensOn(found: Found, port: number): boolean;
  /** Where this program starts the proxy and owns its listening sockets. */
  readonly managing?: Managing;
}

/** What is different with a proxy that this program starts. */
export interface Managing {
  /** With which command it is started. */
  readonly commandLine: readonly string[];
  /** Opens the sockets of a model that are not open yet, for the checker. Throws OpError when one cannot be. */
  prepare(model: FrontModel): Surroundings;
  /** Closes the sockets that were opened for a model that was not put in force. */
  release(): void;
  /** Whether the running proxy was started with the sockets that a model asks for, and with the command of today. */
  isSeated(model: FrontModel): boolean;
  /**
   * Starts a proxy with the files in place, beside the one that runs if any does, and when it has come up lets the former
   * one finish. Throws OpError when it cannot be started at all.
   */
  start(model: FrontModel): Promise<{ readonly found: Found } | Failure>;
  /** As `start`, but leaves it to the caller whether it takes the place of the former one: `conclude`, or abandon it. */
  hold(model: FrontModel): Promise<Succession | Failure>;
  /** Lets what was held take the place of the former one, which finishes what it has. */
  conclude(succession: Succession): void;
}

export interface Surroundings {
  readonly directory: string | undefined;
  readonly environment: Readonly<Record<string, string>> | undefined;
  /** Descriptors that it inherits, from 3 on; none unless given. */
  readonly descriptors?: readonly number[];
}

/** The proxy that something else started: found by its pid file, its name or its port. */
export function adoptedRunner(profile: Profile, settings: ProxySettings, table: ProcessTable = procfs): Runner {
  return {
    find() {
      const discovery = discover(profile, settings, undefined, table);
      return 'found' in discovery ? discovery.found : undefined;
    },
    again: (found) => lookAgain(profile, settings, found, table),
    signal(main, signal) {
      const op = `send ${signal} to ${profile.title} main process ${main.pid}`;
      const is = table.stat(main.pid);
      if (is === undefined || isDead(is) || !isSame(is, main))
        throw new OpError(op, 'ESRCH', { advice: 'it has just ended' });
      try {
        process.kill(main.pid, signal);
      } catch (cause) {
        throw new OpError(op, errorCode(cause) ?? 'EPERM', { cause, advice: 'run as root or grant CAP_KILL' });
      }
    },
    surroundings: ({ pid }) => surroundingsOf(pid, profile.steering.ownEnvironment),
    listensOn: ({ main, children }, port) =>
      table.holders([main.pid, ...children], table.listeners([port])).holdings.length > 0,
  };
}

/** The main process and its children, without a look at every process of the host where the kernel can tell them. */
export function lookAgain(
  profile: Profile,
  settings: ProxySettings,
  before: Found,
  table: ProcessTable,
): Found | undefined {
  const main = table.process(before.main.pid);
  if (main === undefined || isDead(main) || !isSame(main, before.main)) return undefined;
  const pids = table.children(main.pid);
  if (pids === undefined) {
    const discovery = discover(profile, settings, before, table);
    return 'found' in discovery ? discovery.found : undefined;
  }
  const children = pids
    .flatMap((pid) => table.process(pid) ?? [])
    .filter((child) => child.comm === main.comm && !isDead(child));
  const family = [main, ...children];
  const inRole = (role: string): ProcessInfo[] =>
    children.filter((child) => profile.roleOf(child, main, family) === role);
  return {
    ...before,
    main,
    workers: inRole('worker'),
    leaving: inRole('leaving'),
    children: children.map(({ pid }) => pid),
  };
}

/** What whoever started a proxy tells it alone (sd_notify(3), sd_listen_fds(3), systemd.exec(5)). */
const PRIVATE = /^(?:NOTIFY_SOCKET|WATCHDOG_\w+|LISTEN_\w+|INVOCATION_ID|JOURNAL_STREAM)=/;

function surroundingsOf(pid: number, own: RegExp): Surroundings {
  try {
    const words = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    const isOurs = (word: string): boolean => PRIVATE.test(word) || own.test(word.slice(0, word.indexOf('=')));
    const pairs = words.filter((word) => word.includes('=') && !isOurs(word));
    const environment = Object.fromEntries(
      pairs.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
    );
    return { directory: readlinkSync(`/proc/${pid}/cwd`), environment };
  } catch {
    // Not ours to read; ours have to do.
    return { directory: undefined, environment: undefined };
  }
}
