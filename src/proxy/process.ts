import { readdirSync } from 'node:fs';
import { readProcFile, statOf } from '../linux/procstat.ts';
import type { ProcessStat } from '../linux/procstat.ts';

/** A process as /proc shows it. */
export interface ProcessInfo extends ProcessStat {
  /** The arguments, the program's name first. Empty for a zombie and a kernel thread. */
  readonly commandLine: readonly string[];
}

/** The most processes one scan looks at. The rest is not seen; kernels allow 4 million, hosts of ours have hundreds. */
const scanned = 65_536;

/** The process with this pid, about 20 us; `undefined` when there is none. */
export function processOf(pid: number): ProcessInfo | undefined {
  const stat = statOf(pid);
  return stat && { ...stat, commandLine: commandLineOf(pid) };
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
    const stat = statOf(pid);
    return stat?.session === session ? [{ ...stat, commandLine: commandLineOf(pid) }] : [];
  });
}

/**
 * The pids of a process's children, ascending; `undefined` when there is no such process or the kernel does not tell
 * (CONFIG_PROC_CHILDREN). Only those of its first thread, which is the one that forks in every proxy we know.
 */
export function childrenOf(pid: number): number[] | undefined {
  const text = readProcFile(`/proc/${pid}/task/${pid}/children`);
  return text
    ?.split(' ')
    .filter((word) => word !== '')
    .map(Number)
    .toSorted((a, b) => a - b);
}

/** Whether two looks saw the same process, and not another that has got its number. */
export const isSame = (a: Pick<ProcessInfo, 'pid' | 'startTime'>, b: typeof a): boolean =>
  a.pid === b.pid && a.startTime === b.startTime;

/**
 * Whether a process is of our pid namespace and not of one inside it, such as a container's: /proc shows those too,
 * with a pid for each level (proc_pid_status(5), NSpid).
 */
function isOfThisNamespace(pid: number): boolean {
  const levels = /^NSpid:((?:\t\d+)+)$/m.exec(readProcFile(`/proc/${pid}/status`) ?? '')?.[1];
  return levels === undefined || levels.lastIndexOf('\t') === 0;
}

function commandLineOf(pid: number): string[] {
  // A program that writes a title over its arguments leaves NULs or spaces behind it.
  const text = (readProcFile(`/proc/${pid}/cmdline`) ?? '').replace(/[\0 ]+$/, '');
  return text === '' ? [] : text.split('\0');
}
