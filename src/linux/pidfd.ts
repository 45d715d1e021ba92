import { readFileSync } from 'node:fs';
import { errnoName } from './errno.ts';
import { native, type NativeDescriptor } from './native.ts';
import { OpError } from './operror.ts';

/** A process that is being watched for its end. */
export interface ProcessWatch {
  readonly pid: number;
  /** Stops watching; the callback does not come any more. May be called twice. */
  close(): void;
}

/**
 * Calls `onExit` once, as soon as the process has ended (pidfd_open(2)). `startTime` tells it from a later process with
 * the same number: field 22 of /proc/PID/stat, in clock ticks since boot; `undefined` accepts whichever has the number
 * now. `undefined` is returned when there is no such process (any more), when another one has its number, and when it
 * is a zombie, which has ended and only waits for its parent. Throws OpError when the kernel refuses for other reasons.
 */
export function watchProcess(pid: number, startTime: number | undefined, onExit: () => void): ProcessWatch | undefined {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  const handle = new (native().Process)(pid);
  if (handle.fd < 0) return absentOrThrow(`watch process ${pid}`, -handle.fd);
  // In this order: from here on the descriptor means one process, and reading its stat tells whether it is the one.
  const stat = readProcessStat(pid);
  if (stat === undefined || ended(stat) || (startTime !== undefined && stat.startTime !== startTime)) {
    handle.close();
    return undefined;
  }
  watch(handle, pid, onExit);
  return {
    pid,
    close(): void {
      handle.close();
    },
  };
}

/** What /proc/PID/stat says that tells one process from another (proc_pid_stat(5)). */
export interface ProcessStat {
  /** One letter: `R`, `S`, `D`, `T`, `Z` zombie, `X` dead. */
  readonly state: string;
  /** Clock ticks since boot. */
  readonly startTime: number;
}

/** Reads /proc/PID/stat; `undefined` when there is no such process. */
export function readProcessStat(pid: number): ProcessStat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  return parseProcessStat(text);
}

/** Reads the text of /proc/PID/stat. Field 2 is the program's name in brackets and may hold any character. */
export function parseProcessStat(text: string): ProcessStat | undefined {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  const startTime = Number(fields[22 - 3]);
  if (!state || !Number.isInteger(startTime)) return undefined;
  return { state, startTime };
}

const ended = ({ state }: ProcessStat): boolean => state === 'Z' || state === 'X';

function watch(handle: NativeDescriptor, pid: number, onExit: () => void): void {
  const outcome = handle.watch(() => {
    handle.close();
    onExit();
  });
  if (outcome >= 0) return;
  handle.close();
  throw new OpError(`watch process ${pid}`, errnoName(-outcome));
}

/** ESRCH: no such process. EINVAL (ENOENT since Linux 6.16): the number of a thread that leads no process. */
function absentOrThrow(op: string, errno: number): undefined {
  const code = errnoName(errno);
  if (code === 'ESRCH' || code === 'EINVAL' || code === 'ENOENT') return undefined;
  throw new OpError(op, code, code === 'ENOSYS' ? { advice: 'Linux 5.3 or newer is needed' } : {});
}
