import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { childrenOf } from '../proxy/process.ts';
import { milliseconds } from '../wire/units.ts';
import { failure } from './failure.ts';
import type { Member } from './member.ts';
import { isRunning, readProcess, signalProcess } from './procfs.ts';
import { environment } from './run.ts';
import type { ProcessName } from './state.ts';
import { writeJson } from './state.ts';
import { until } from './until.ts';

export interface StartOptions {
  /** Names the log file and the record by which other processes find it. Letters, digits, hyphens. */
  readonly name: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Lets this process end while the started one goes on. Off by default. */
  readonly unattended?: boolean;
  /** Path of the unix socket at which it can be reached once it is up, for `restartProcess`. */
  readonly socket?: string;
}

/** How a started process ended. */
export interface Exit {
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
}

/** What a member's directory says about the process that somebody last started there under a name, also once it is gone. */
export interface ProcessRecord extends ProcessName {
  readonly name: string;
  readonly inside: number;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>> | undefined;
  readonly socket: string | undefined;
  readonly log: string;
}

/** How long a process that was told to end may take to be gone, and one that is started again to be reached. */
const farewell = milliseconds(2000);
const patience = milliseconds(15_000);

/** A process that runs in a member. */
export class LabProcess {
  readonly record: ProcessRecord;
  /** Resolves when the process has ended. */
  readonly exited: Promise<Exit>;
  readonly #keeper: ChildProcess;

  constructor(record: ProcessRecord, keeper: ChildProcess) {
    this.record = record;
    this.#keeper = keeper;
    this.exited = new Promise((resolve) => {
      keeper.once('exit', (code, signal) => resolve({ code: code ?? undefined, signal: signal ?? undefined }));
    });
  }

  /** The pid outside. */
  get pid(): number {
    return this.record.pid;
  }

  /** The pid that the member itself sees. */
  get inside(): number {
    return this.record.inside;
  }

  /** Whether it has not ended. */
  get running(): boolean {
    return this.#keeper.exitCode === null && this.#keeper.signalCode === null;
  }

  /** Everything it has written to standard output and standard error. */
  log(): string {
    return readFileSync(this.record.log, 'utf8');
  }

  /** Sends a signal; `false` when the process is gone. */
  signal(signal: NodeJS.Signals): boolean {
    return this.running && signalProcess(this.record.pid, signal);
  }

  /** Asks it to end and, after `grace`, ends it. Returns how it ended. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', grace = 5000): Promise<Exit> {
    // An unattended one does not keep this process; who waits for it does.
    this.#keeper.ref();
    this.signal('SIGCONT');
    this.signal(signal);
    const timer = setTimeout(() => this.signal('SIGKILL'), grace);
    const exit = await this.exited;
    clearTimeout(timer);
    return exit;
  }
}

/**
 * Tells its pid, then becomes the program: whoever reads the pid knows that the fork is done. The program's standard
 * error comes as descriptor 4, because a keeper has its own closed: a shell would write there how its child ended.
 */
const starter = 'echo $$ >&3; exec 3>&- 2>&4 4>&-; exec "$@"';

/** Starts `argv` in a member, in a session of its own. Throws `OpError` when it cannot be started at all. */
export async function startProcess(
  member: Member,
  argv: readonly string[],
  options: StartOptions,
): Promise<LabProcess> {
  const op = `start "${options.name}" in "${member.name}"`;
  mkdirSync(`${member.directory}/processes`, { recursive: true });
  const log = `${member.directory}/${options.name}.log`;
  const descriptor = openSync(log, 'w');
  const [program = '', ...rest] = member.keptCommandFor(['sh', '-c', starter, options.name, ...argv]);
  const keeper = spawn(program, rest, {
    env: environment(options.env),
    stdio: ['ignore', descriptor, descriptor, 'pipe', descriptor],
    detached: true,
  });
  closeSync(descriptor);
  const inside = await firstLine(keeper, op, log);
  const keeperPid = keeper.pid ?? 0;
  // On a host the keeper has forked. A command that ended at once has left no child: pid 0 then, never signalled.
  const pid = member.plan.kind === 'host' ? (childrenOf(keeperPid)?.[0] ?? 0) : keeperPid;
  const entry = readProcess(pid);
  const { name, env, socket } = options;
  const record = { name, pid, startTime: entry?.startTime ?? 0, inside, argv, env, socket, log };
  writeJson(recordOf(member, name), record);
  const started = new LabProcess(record, keeper);
  if (options.unattended === true) keeper.unref();
  return started;
}

/** A process that was started by whichever process and still runs; `undefined` when there is none of the name. */
export function findProcess(member: Member, name: string): ProcessRecord | undefined {
  const record = readRecord(member, name);
  return record !== undefined && isRunning(record) ? record : undefined;
}

/**
 * Starts what was last started under a name, by whichever process, again as it was started then, and returns when it
 * can be reached. Throws `OpError` when there was none, when it still runs, and with what it said when it ends instead.
 */
export async function restartProcess(member: Member, name: string): Promise<LabProcess> {
  const op = `start "${name}" on "${member.name}"`;
  const record = readRecord(member, name);
  if (record === undefined) throw failure(op, 'none was started in this lab');
  await until(`"${name}" on "${member.name}" is gone`, () => !isRunning(record), farewell).catch(() => {
    throw failure(op, 'it runs');
  });
  const { argv, env, socket } = record;
  const options = { name, unattended: true, ...(env === undefined ? {} : { env }) };
  const started = await startProcess(member, argv, socket === undefined ? options : { ...options, socket });
  const isUp = async (): Promise<boolean> => {
    if (!started.running) throw failure(op, started.log().trim() || 'it ended at once');
    return socket === undefined || isReachable(socket);
  };
  await until(`"${name}" on "${member.name}" can be reached`, isUp, patience);
  return started;
}

/** Whether somebody listens at a unix socket. */
function isReachable(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => resolve(true)).on('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

function readRecord(member: Member, name: string): ProcessRecord | undefined {
  try {
    return JSON.parse(readFileSync(recordOf(member, name), 'utf8')) as ProcessRecord;
  } catch {
    return undefined;
  }
}

const recordOf = (member: Member, name: string): string => `${member.directory}/processes/${name}.json`;

function firstLine(keeper: ChildProcess, op: string, log: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = '';
    const ended = (): void => reject(failure(op, readFileSync(log, 'utf8').trim() || 'it ended at once'));
    keeper.once('error', (cause) => reject(failure(op, cause)));
    keeper.once('exit', ended);
    keeper.stdio[3]?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (!said.includes('\n')) return;
      keeper.removeListener('exit', ended);
      // The keeper has the other end open for as long as it lives.
      keeper.stdio[3]?.destroy();
      resolve(Number.parseInt(said, 10));
    });
  });
}
