import { errnoName } from './errno.ts';
import { native, type NativeDescriptor } from './native.ts';
import { OpError } from './operror.ts';
import { isDead, statOf, type ProcessStat } from './procstat.ts';

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
  const stat = statThrough(handle, pid);
  if (stat === undefined || isDead(stat) || (startTime !== undefined && stat.startTime !== startTime)) {
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

/** A kernel that cannot be asked, for lack of descriptors, has not said that the process is gone. */
function statThrough(handle: NativeDescriptor, pid: number): ProcessStat | undefined {
  try {
    return statOf(pid);
  } catch (error) {
    handle.close();
    throw error;
  }
}

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
