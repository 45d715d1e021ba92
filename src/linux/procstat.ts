import { closeSync, openSync, readSync } from 'node:fs';
import { errorCode, OpError } from './operror.ts';

/** What /proc/PID/stat tells of a process (proc_pid_stat(5)). */
export interface ProcessStat {
  readonly pid: number;
  /** The pid of its parent; 0 when that is outside this pid namespace. */
  readonly parent: number;
  /** The pid of the first process of its session (setsid(2)); 0 when that is outside this pid namespace. */
  readonly session: number;
  /** The command name, at most 15 characters, any but NUL. */
  readonly comm: string;
  /** One letter: R running, S sleeping, D in the kernel, T stopped, t stopped by a tracer, Z zombie, X dead, I idle. */
  readonly state: string;
  /** Clock ticks from boot to its start. With the pid it identifies a process for good. */
  readonly startTime: number;
  readonly threads: number;
  /** Of a zombie, where the kernel lets us know: its status as in waitpid(2). Otherwise 0. */
  readonly exitCode: number;
}

/** The most of one file that is read; a longer command line is cut. */
const fileBytes = 16_384;

/** BOUNDED: one file at a time is read into it. All reading here is synchronous. */
const buffer = Buffer.allocUnsafe(fileBytes);

/** The process with this pid without its command line, about 10 us; `undefined` when there is none. */
export function statOf(pid: number): ProcessStat | undefined {
  const text = readProcFile(`/proc/${pid}/stat`);
  return text === undefined ? undefined : parseStat(text);
}

/** Whether a process has ended: nothing of it runs any more, only its entry waits for the parent. */
export const isDead = (process: Pick<ProcessStat, 'state'>): boolean => 'ZXx'.includes(process.state);

/**
 * Reads the text of /proc/PID/stat; `undefined` when it is not one. The name stands in parentheses and may itself hold
 * spaces and parentheses, so it ends at the last one.
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
    session: field(6),
    comm: text.slice(open + 2, close),
    state: rest[0] ?? '',
    startTime,
    threads: field(20),
    exitCode: field(52),
  };
}

/**
 * The text of a file of /proc; `undefined` when its process has gone or is hidden from us. Any other failure, such as
 * a lack of descriptors, says nothing about the process and is thrown as an OpError.
 */
export function readProcFile(path: string): string | undefined {
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
