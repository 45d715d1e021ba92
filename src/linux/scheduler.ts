import assert from 'node:assert/strict';
import { isMainThread } from 'node:worker_threads';
import { errnoName } from './errno.ts';
import { native } from './native.ts';

// sched(7), linux/sched.h.
const SCHED_FIFO = 1;
const SCHED_RR = 2;
const SCHED_RESET_ON_FORK = 0x4000_0000;

/**
 * Asks for real-time scheduling of the calling thread, which has to be the main one: SCHED_FIFO with `priority` 1 to 99.
 * Children and threads started later are ordinary again. The refusal (`EPERM` without CAP_SYS_NICE or RLIMIT_RTPRIO, or
 * in a cgroup without real-time budget; `EINVAL` for another priority) is an answer and not an error: the program works
 * without, only less evenly under load.
 */
export function requestRealtime(priority: number): { granted: true } | { granted: false; code: string } {
  assert(isMainThread, 'Real-time scheduling is for the main thread');
  const outcome = native().setScheduler(SCHED_FIFO | SCHED_RESET_ON_FORK, priority);
  return outcome < 0 ? { granted: false, code: errnoName(-outcome) } : { granted: true };
}

/**
 * V8's collector on the thread that uses the heap and no other. Otherwise the main thread, once it has marked, asks
 * again and again without sleeping whether V8's own threads have swept their share; in the real-time class it keeps the
 * processor from just those threads, and so from everything on it, until the kernel's limit for that class interferes
 * (950 ms in a second), or `LimitRTTIME=` ends the process. V8 reads it at the start of the process only.
 */
const OWN_COLLECTOR = '--single-threaded-gc';

/**
 * Makes this process one that may be real-time: starts it again, with the same pid, arguments, environment and
 * standard streams, and with V8's option for that, unless it has the option. To be called before anything is opened or
 * started. Returns `undefined` when the process is fit, and the errno when the kernel does not start it again.
 */
export function prepareRealtime(): string | undefined {
  if (process.execArgv.includes(OWN_COLLECTOR)) return undefined;
  const words = [process.execPath, OWN_COLLECTOR, ...process.execArgv, ...process.argv.slice(1)];
  return errnoName(-native().execute(Buffer.from(words.map((word) => `${word}\0`).join(''))));
}

/** Options for a child that is to be ordinary: those of this process without what `prepareRealtime` has added. */
export const ordinaryOptions = (): string[] => process.execArgv.filter((option) => option !== OWN_COLLECTOR);

/** The real-time priority of the calling thread, 1 to 99; 0 when it is not real-time. */
export function realtimePriority(): number {
  const policy = native().getScheduler() & ~SCHED_RESET_ON_FORK;
  return policy === SCHED_FIFO || policy === SCHED_RR ? native().getPriority() : 0;
}
