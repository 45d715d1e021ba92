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

/** The real-time priority of the calling thread, 1 to 99; 0 when it is not real-time. */
export function realtimePriority(): number {
  const policy = native().getScheduler() & ~SCHED_RESET_ON_FORK;
  return policy === SCHED_FIFO || policy === SCHED_RR ? native().getPriority() : 0;
}
