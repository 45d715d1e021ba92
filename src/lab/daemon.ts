import { writeFileSync } from 'node:fs';
import { fetchStatus, requestReload } from '../control/client.ts';
import type { ReloadResult, Status, VipStatus } from '../control/status.ts';
import { OpError } from '../linux/operror.ts';
import { childrenOf } from '../proxy/process.ts';
import type { Milliseconds } from '../wire/units.ts';
import { milliseconds } from '../wire/units.ts';
import { failure } from './failure.ts';
import type { Host } from './host.ts';
import type { Exit, LabProcess } from './process.ts';
import type { ProcessEntry } from './procfs.ts';
import { readProcess } from './procfs.ts';
import { compiledFile } from './program.ts';
import { until } from './until.ts';

/** How `vipair run` is started on a host. */
export interface DaemonOptions {
  /** The text of pair.yaml; see `pairFile`. The same on every host. */
  readonly config: string;
  /** Further arguments of `vipair run`: `['--no-realtime']`. */
  readonly argv?: readonly string[];
  /** Put in front of the command line: `['setpriv', '--reuid=65534', ...]`. */
  readonly prefix?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** The first answer of a daemon, and any state it is waited for. */
const patience = milliseconds(15_000);

/** The daemon under test on a host: its engine is the process that was started, its manager that process's child. */
export class Daemon {
  readonly host: Host;
  readonly process: LabProcess;

  constructor(host: Host, process: LabProcess) {
    this.host = host;
    this.process = process;
  }

  /** Path of the control socket, the same outside and inside. */
  get socket(): string {
    return socketOf(this.host);
  }

  /** Path of its pair.yaml, the same outside and inside. */
  get configFile(): string {
    return configOf(this.host);
  }

  /** The engine as the outside sees it; `undefined` once it has ended. */
  get engine(): ProcessEntry | undefined {
    return this.process.running ? readProcess(this.process.pid) : undefined;
  }

  /** The manager as the outside sees it; `undefined` while there is none. */
  get manager(): ProcessEntry | undefined {
    const children = (childrenOf(this.process.pid) ?? []).flatMap((pid) => readProcess(pid) ?? []);
    return children.find(({ state }) => state !== 'Z');
  }

  /** Everything it has logged. */
  log(): string {
    return this.process.log();
  }

  /** Replaces its configuration file. The daemon reads it at the next reload. */
  write(config: string): void {
    writeFileSync(this.configFile, config);
  }

  /** Throws `OpError` when the daemon does not answer. */
  status(): Promise<Status> {
    return fetchStatus(this.socket);
  }

  /** Throws `OpError` when the daemon does not answer. */
  reload(): Promise<ReloadResult> {
    return requestReload(this.socket);
  }

  /** One VIP of the status, `web-1`, or `web-1/ipv6` where it has both families. Throws `OpError`. */
  async vip(name: string): Promise<VipStatus> {
    return vipIn(await this.status(), name);
  }

  /** The status as soon as it is `so`. A daemon that does not answer just now is asked again. Throws `OpError`. */
  async until(what: string, isSo: (status: Status) => boolean, limit: Milliseconds = patience): Promise<Status> {
    let seen: Status | undefined;
    let trouble: OpError | undefined;
    const look = async (): Promise<boolean> => {
      if (!this.process.running)
        throw failure(`run the daemon on "${this.host.name}"`, `it ended: ${tail(this.log())}`);
      try {
        seen = await this.status();
        return isSo(seen);
      } catch (error) {
        if (!(error instanceof OpError)) throw error;
        trouble = error;
        return false;
      }
    };
    try {
      await until(`${this.host.name}: ${what}`, look, limit, milliseconds(20));
    } catch (error) {
      if (!(error instanceof OpError) || error.code !== 'ETIMEDOUT') throw error;
      throw failure(
        `see within ${limit} ms that ${this.host.name}: ${what}`,
        'ETIMEDOUT',
        said(seen, trouble, this.log()),
      );
    }
    if (seen === undefined) throw failure(`ask the daemon on "${this.host.name}"`, 'it gave no status');
    return seen;
  }

  /** Waits for a VIP to be in a state. Throws `OpError`. */
  async role(vip: string, state: VipStatus['state'], limit: Milliseconds = patience): Promise<VipStatus> {
    const status = await this.until(`${vip} is ${state}`, (s) => vipIn(s, vip).state === state, limit);
    return vipIn(status, vip);
  }

  /** Sends a signal to the engine; `false` when it is gone. */
  signal(signal: NodeJS.Signals): boolean {
    return this.process.signal(signal);
  }

  /** Asks it to end and returns how it did. */
  stop(): Promise<Exit> {
    // A proxy of its own has 5 s to finish what it has, and then to be ended.
    return this.process.stop('SIGTERM', 15_000);
  }
}

/** The command line of the daemon, for those who want to see how it ends; writes its configuration file. */
export function daemonCommand(host: Host, options: DaemonOptions): string[] {
  writeFileSync(configOf(host), options.config);
  const { prefix = [], argv = [] } = options;
  const files = ['--config', configOf(host), '--socket', socketOf(host), '--state', stateOf(host)];
  return [...prefix, process.execPath, compiledFile('src/cli/main'), 'run', ...files, ...argv];
}

/** Starts the daemon without waiting for it to answer. Throws `OpError` when it cannot be started at all. */
export async function launchDaemon(host: Host, options: DaemonOptions): Promise<Daemon> {
  const argv = daemonCommand(host, options);
  const env = options.env === undefined ? {} : { env: options.env };
  const start = { name: 'daemon', unattended: true, socket: socketOf(host), ...env };
  return new Daemon(host, await host.start(argv, start));
}

/** Starts the daemon and returns when it answers. Throws `OpError` with what it said when it ends instead. */
export async function startDaemon(host: Host, options: DaemonOptions): Promise<Daemon> {
  const daemon = await launchDaemon(host, options);
  await daemon.until('the daemon answers', () => true);
  return daemon;
}

function vipIn(status: Status, name: string): VipStatus {
  const found = status.vips.find(({ vip, family }) => name === vip || name === `${vip}/${family}`);
  if (found !== undefined) return found;
  throw new RangeError(`"${name}" is none of ${status.vips.map(({ vip }) => vip).join(', ')}`);
}

function said(seen: Status | undefined, trouble: OpError | undefined, log: string): string {
  const vips = seen?.vips.map(
    ({ vip, family, state, priority, reason }) => `${vip}/${family} ${state} ${priority}: ${reason}`,
  );
  return [vips?.join('; ') ?? trouble?.message ?? 'nothing was seen', `log: ${tail(log)}`].join('\n');
}

const tail = (log: string): string => log.trim().split('\n').slice(-12).join('\n');

const socketOf = (host: Host): string => `${host.directory}/control.sock`;

/** Where the daemon of a host keeps its state, and the configuration of a proxy that it starts. */
export const stateOf = (host: Host): string => `${host.directory}/state`;

const configOf = (host: Host): string => `${host.directory}/pair.yaml`;
