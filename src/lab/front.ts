import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { now } from '../linux/clock.ts';
import { seal } from '../proxy/owned.ts';
import type { Profile, Site, Standalone } from '../proxy/profile.ts';
import type { Instant } from '../wire/units.ts';
import { milliseconds } from '../wire/units.ts';
import { failure } from './failure.ts';
import type { Host } from './host.ts';
import type { LabProcess } from './process.ts';
import type { ProcessEntry } from './procfs.ts';
import { signalProcess } from './procfs.ts';
import { stateOf } from './daemon.ts';
import { writeJson } from './state.ts';
import { until } from './until.ts';

/** What `front.json` in a host's directory says about the proxy that was last started there. */
interface FrontRecord {
  readonly profile: string;
  readonly processName: string;
  readonly pidFile: string;
  /** Empty for one that the daemon starts. */
  readonly command: readonly string[];
  readonly listen: readonly number[];
  /** Signals that make its workers stop listening and listen again, where they know any. */
  readonly pause?: Standalone['pause'];
  /** Otherwise its configuration files, and the signal that makes its main process read them again. */
  readonly files: readonly string[];
  readonly reload: NodeJS.Signals;
}

/** How long a proxy may take to listen, and to go when asked. */
const patience = milliseconds(5000);

/** The proxy of a host, as the things that can be done to it from outside. */
export class Front {
  readonly host: Host;
  readonly #record: FrontRecord;

  constructor(host: Host, record: FrontRecord) {
    this.host = host;
    this.#record = record;
  }

  /** The profile's name. */
  get profile(): string {
    return this.#record.profile;
  }

  /** The `comm` of its processes. */
  get processName(): string {
    return this.#record.processName;
  }

  /** Where its files are, the same inside and outside. */
  get directory(): string {
    return `${this.host.directory}/${this.profile}`;
  }

  /** Path inside and outside. */
  get pidFile(): string {
    return this.#record.pidFile;
  }

  /** The command line that runs it; empty for one that the daemon starts. */
  get command(): readonly string[] {
    return this.#record.command;
  }

  /** Runs it and returns when it listens on all its ports. Throws `OpError` with what it said. */
  async start(): Promise<LabProcess> {
    const { command, listen } = this.#record;
    if (command.length === 0)
      throw failure(`start the proxy of "${this.host.name}"`, 'it is managed', 'its daemon starts it by itself');
    const started = await this.host.start(command, { name: 'proxy', unattended: true });
    const listens = (): boolean => {
      if (!started.running) throw failure(`start the proxy of "${this.host.name}"`, started.log().trim());
      return listen.every((port) => this.host.listens(port)) && this.main() !== undefined;
    };
    await until(`the proxy of "${this.host.name}" listens`, listens, patience, milliseconds(5));
    return started;
  }

  /** All its living processes on the host, by name within the host's pid namespace, as the outside sees them. */
  processes(): ProcessEntry[] {
    return this.host.processes().filter(({ comm }) => comm === this.processName);
  }

  /** The process whose pid its pid file holds. */
  main(): ProcessEntry | undefined {
    try {
      const inside = Number.parseInt(readFileSync(this.pidFile, 'latin1'), 10);
      return this.processes().find((entry) => entry.inside === inside);
    } catch {
      return undefined;
    }
  }

  /**
   * SIGKILL to all its processes, or to the main one. Returns when: between the look at /proc and the first signal. The
   * main process goes first, so that it cannot start a worker in place of one that has just been killed.
   */
  kill(what: 'all' | 'main' = 'all'): Instant {
    const main = this.main();
    const rest = what === 'all' ? this.processes().filter(({ pid }) => pid !== main?.pid) : [];
    return this.#signal([...(main === undefined ? [] : [main]), ...rest], 'SIGKILL');
  }

  /** SIGSTOP to all its processes: connections are still accepted by the kernel, and nothing answers. */
  pause(): Instant {
    return this.#signal(this.processes(), 'SIGSTOP');
  }

  /** SIGCONT to all its processes. */
  resume(): Instant {
    return this.#signal(this.processes(), 'SIGCONT');
  }

  /**
   * Makes it leave its ports while it runs and looks well: its workers pause their listeners where they know how to,
   * otherwise it is reloaded with a configuration that has other ports. Returns when nothing of it listens any more.
   */
  async closePorts(): Promise<Instant> {
    return this.#moveListeners(false);
  }

  /** Takes `closePorts` back. */
  async openPorts(): Promise<Instant> {
    return this.#moveListeners(true);
  }

  async #moveListeners(open: boolean): Promise<Instant> {
    const { pause, files, reload, listen } = this.#record;
    const main = this.main();
    const workers = this.processes().filter(({ pid }) => pid !== main?.pid);
    const at = now();
    if (pause !== undefined) this.#signal(workers, open ? pause.end : pause.begin);
    else {
      for (const path of files) writeFileSync(path, movePorts(readFileSync(path, 'utf8'), listen, open));
      this.#signal(main === undefined ? [] : [main], reload);
    }
    const what = `the proxy of "${this.host.name}" ${open ? 'listens again' : 'does not listen'}`;
    await until(what, () => listen.every((port) => this.host.listens(port) === open), patience);
    return at;
  }

  /** Asks it to end and returns when it has; what is left after 5 s is killed. */
  async stop(): Promise<void> {
    this.resume();
    const main = this.main();
    if (main !== undefined) signalProcess(main.pid, 'SIGTERM');
    const isGone = (): boolean => this.processes().length === 0;
    try {
      await until(`the proxy of "${this.host.name}" has ended`, isGone, patience);
    } catch {
      this.#signal(this.processes(), 'SIGKILL');
      await until(`the proxy of "${this.host.name}" is killed`, isGone, patience);
    }
  }

  #signal(processes: readonly ProcessEntry[], signal: NodeJS.Signals): Instant {
    const at = now();
    const reached = processes.filter(({ pid }) => signalProcess(pid, signal));
    if (reached.length === 0) throw failure(`send ${signal} to the proxy of "${this.host.name}"`, 'it does not run');
    return at;
  }
}

/** What a port is moved by when its listener is to go: nothing in a lab listens there. */
const elsewhere = 20_000;

/** A configuration with its listeners on other ports, or back on their own; backends are left alone. */
function movePorts(text: string, listen: readonly number[], back: boolean): string {
  const moved = (port: number): number => port + elsewhere;
  return listen.reduce((all, port) => {
    const [from, to] = back ? [moved(port), port] : [port, moved(port)];
    return all.replaceAll(new RegExp(`((?:0\\.0\\.0\\.0|\\[::\\]):)${from}\\b`, 'g'), `$1${to}`);
  }, text);
}

/** What a host's proxy serves, as far as the lab does not know better. */
export type FrontSite = Pick<Site, 'listen' | 'backends' | 'healthPath'>;

/**
 * Lays a proxy's files out on a host, in its shared directory, without starting it. One proxy a host at a time. With
 * `isOurs` the files begin as those of this program do, so that a daemon goes on with them as its own.
 */
export function installFront(host: Host, profile: Profile, site: FrontSite, isOurs = false): Front {
  const directory = `${host.directory}/${profile.name}`;
  mkdirSync(directory, { recursive: true });
  const { files, command, pidFile, pause } = profile.standalone({ ...site, label: host.name, directory });
  for (const { path, text, kind } of files) writeFileSync(path, isOurs && kind !== 'state' ? seal(text) : text);
  rmSync(pidFile, { force: true });
  const { name, processName, steering } = profile;
  const record: FrontRecord = {
    ...{ profile: name, processName, pidFile, command, listen: site.listen, reload: steering.reloadSignal, pause },
    files: files.filter(({ kind }) => kind !== 'state').map(({ path }) => path),
  };
  writeJson(recordOf(host), record);
  return new Front(host, record);
}

/** The proxy that the daemon of a host starts by itself. */
export function managedFront(host: Host, { name, processName, steering }: Profile): Front {
  const pidFile = `${stateOf(host)}/${name}/${name}.pid`;
  const reload = steering.reloadSignal;
  const record: FrontRecord = { profile: name, processName, pidFile, command: [], listen: [], files: [], reload };
  writeJson(recordOf(host), record);
  return new Front(host, record);
}

/** The proxy that was last installed on a host by any process; `undefined` when none was. */
export function findFront(host: Host): Front | undefined {
  try {
    return new Front(host, JSON.parse(readFileSync(recordOf(host), 'utf8')) as FrontRecord);
  } catch {
    return undefined;
  }
}

const recordOf = (host: Host): string => `${host.directory}/front.json`;
