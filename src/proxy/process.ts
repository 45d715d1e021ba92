import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { errorCode, OpError } from '../linux/operror.ts';

/** A process as /proc shows it. */
export interface ProcessInfo {
  readonly pid: number;
  /** The pid of its parent; 0 when that is outside this pid namespace. */
  readonly parent: number;
  /** The command name, at most 15 characters, any but NUL. */
  readonly comm: string;
  /** One letter: R running, S sleeping, D in the kernel, T stopped, t stopped by a tracer, Z zombie, X dead, I idle. */
  readonly state: string;
  /** Clock ticks from boot to its start. With the pid it identifies a process for good. */
  readonly startTime: number;
  readonly threads: number;
  /** Of a zombie, where the kernel lets us know: its status as in waitpid(2). Otherwise 0. */
  readonly exitCode: number;
  /** The arguments, the program's name first. Empty for a zombie and a kernel thread. */
  readonly commandLine: readonly string[];
}

/** What /proc/PID/stat alone tells of a process. */
export type ProcessStat = Omit<ProcessInfo, 'commandLine'>;

/** The most of one file that is read; a longer command line is cut. */
const fileBytes = 16_384;

/** The most processes one scan looks at. The rest is not seen; kernels allow 4 million, hosts of ours have hundreds. */
const scanned = 65_536;

/** BOUNDED: one file at a time is read into it. All reading here is synchronous. */
const buffer = Buffer.allocUnsafe(fileBytes);

/** The process with this pid, about 20 us; `undefined` when there is none. */
export function processOf(pid: number): ProcessInfo | undefined {
  const stat = statOf(pid);
  return stat && { ...stat, commandLine: commandLineOf(pid) };
}

/** The process with this pid without its command line, about 10 us; `undefined` when there is none. */
export function statOf(pid: number): ProcessStat | undefined {
  const text = readSmall(`/proc/${pid}/stat`);
  return text === undefined ? undefined : parseStat(text);
}

/** The processes of one command name, in the order of their pids. */
export interface Named {
  /** Of our pid namespace. */
  readonly own: readonly ProcessInfo[];
  /** Of pid namespaces inside ours, such as containers. */
  readonly nested: readonly ProcessInfo[];
}

/**
 * Every process /proc shows with this command name. It reads a file of every process of the host: milliseconds, so not
 * for the steady state.
 */
export function processesNamed(comm: string): Named {
  const own: ProcessInfo[] = [];
  const nested: ProcessInfo[] = [];
  for (const pid of pids()) {
    const stat = statOf(pid);
    if (stat?.comm !== comm) continue;
    (isOfThisNamespace(pid) ? own : nested).push({ ...stat, commandLine: commandLineOf(pid) });
  }
  return { own, nested };
}

/** The pids /proc shows, ascending, at most 65536. */
export function pids(): number[] {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return all.slice(0, scanned).map(Number);
}

/**
 * The processes of a session (setsid(2)), in the order of their pids: all that came of its first one and did not leave
 * it. It reads a file of every process of the host: milliseconds.
 */
export function processesOfSession(session: number): ProcessInfo[] {
  return pids().flatMap((pid) => {
    const text = readSmall(`/proc/${pid}/stat`);
    // Field 6; the name stands before field 3.
    const isOf = text !== undefined && Number(text.slice(text.lastIndexOf(') ') + 2).split(' ')[3]) === session;
    const stat = isOf ? parseStat(text) : undefined;
    return stat === undefined ? [] : [{ ...stat, commandLine: commandLineOf(pid) }];
  });
}

/**
 * The pids of a process's children, ascending; `undefined` when there is no such process or the kernel does not tell
 * (CONFIG_PROC_CHILDREN). Only those of its first thread, which is the one that forks in every proxy we know.
 */
export function childrenOf(pid: number): number[] | undefined {
  const text = readSmall(`/proc/${pid}/task/${pid}/children`);
  return text
    ?.split(' ')
    .filter((word) => word !== '')
    .map(Number)
    .toSorted((a, b) => a - b);
}

/** Whether two looks saw the same process, and not another that has got its number. */
export const isSame = (a: Pick<ProcessInfo, 'pid' | 'startTime'>, b: typeof a): boolean =>
  a.pid === b.pid && a.startTime === b.startTime;

/** Whether a process has ended: nothing of it runs any more, only its entry waits for the parent. */
export const isDead = (process: Pick<ProcessInfo, 'state'>): boolean => 'ZXx'.includes(process.state);

/**
 * Reads the text of /proc/PID/stat (proc_pid_stat(5)); `undefined` when it is not one. The name stands in parentheses
 * and may itself hold spaces and parentheses, so it ends at the last one.
 */
export function parseStat(text: string): ProcessStat | undefined {
  const open = text.indexOf(' (');
  const close = text.lastIndexOf(') ');
  if (open < 0 || close < open) return undefined;
  const pid = Number(text.slice(0, open));
  const rest = text.slice(close + 2).split(' ');
  // The first word of the rest is field 3.
  const field = (number: number): number => Number(rest[number - 3] ?? 0);
  const startTime = field(22);
  if (!Number.isInteger(pid) || rest.length < 20 || !Number.isInteger(startTime)) return undefined;
  return {
    pid,
    parent: field(4),
    comm: text.slice(open + 2, close),
    state: rest[0] ?? '',
    startTime,
    threads: field(20),
    exitCode: field(52),
  };
}

/**
 * Whether a process is of our pid namespace and not of one inside it, such as a container's: /proc shows those too,
 * with a pid for each level (proc_pid_status(5), NSpid).
 */
function isOfThisNamespace(pid: number): boolean {
  const levels = /^NSpid:((?:\t\d+)+)$/m.exec(readSmall(`/proc/${pid}/status`) ?? '')?.[1];
  return levels === undefined || levels.lastIndexOf('\t') === 0;
}

function commandLineOf(pid: number): string[] {
  // A program that writes a title over its arguments leaves NULs or spaces behind it.
  const text = (readSmall(`/proc/${pid}/cmdline`) ?? '').replace(/[\0 ]+$/, '');
  return text === '' ? [] : text.split('\0');
}

/**
 * The text of a file of /proc; `undefined` when its process has gone or is hidden from us. Any other failure, such as
 * a lack of descriptors, says nothing about the process and is thrown.
 */
function readSmall(path: string): string | undefined {
  try {
    const descriptor = openSync(path, 'r');
    try {
      return buffer.toString('utf8', 0, readSync(descriptor, buffer, 0, fileBytes, 0));
    } finally {
      closeSync(descriptor);
    }
  } catch (cause) {
    const code = errorCode(cause) ?? 'unknown';
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(code)) return undefined;
    throw new OpError(`read "${path}"`, code, { cause });
  }
}
