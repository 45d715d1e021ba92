import { constants } from 'node:os';
import { errnoName } from './errno.ts';
import { native } from './native.ts';
import { OpError } from './operror.ts';
import type { Instant } from '../wire/units.ts';

/** One deadline. */
export interface DeadlineTimer {
  /** Sets the deadline, in place of the one before; `undefined` takes it away. One in the past expires at once. */
  arm(at: Instant | undefined): void;
  close(): void;
}

/**
 * A timer on an absolute point of CLOCK_MONOTONIC (timerfd_create(2)). Unlike `setTimeout` it is not rounded to whole
 * milliseconds, does not drift, and comes out of the same poll as the sockets. `onExpiry` is called once for each
 * deadline that passes, never in the stack of `arm`. Throws OpError when the kernel has no descriptor left.
 */
export function openDeadlineTimer(onExpiry: () => void): DeadlineTimer {
  const timer = new (native().Timer)();
  check('open deadline timer', timer.fd);
  const count = new Uint8Array(8);
  const onReadable = (): void => {
    const length = timer.read(count);
    // It was armed anew after the kernel had reported the expiry: that deadline no longer counts.
    if (length === -constants.errno.EAGAIN) return;
    check('read deadline timer', length);
    onExpiry();
  };
  const watched = timer.watch(onReadable);
  if (watched < 0) timer.close();
  check('watch deadline timer', watched);
  return {
    arm(at: Instant | undefined): void {
      check('arm deadline timer', at === undefined ? timer.arm(0, 0) : timer.arm(...timespec(at)));
    },
    close(): void {
      timer.close();
    },
  };
}

/** Rounded up to a nanosecond, so that the clock has reached the deadline when it expires; never 0, which disarms. */
function timespec(at: Instant): [number, number] {
  const whole = Math.floor(at / 1000);
  const nanoseconds = Math.ceil((at - whole * 1000) * 1e6);
  if (whole < 0) return [0, 1];
  return nanoseconds >= 1e9 ? [whole + 1, 0] : [whole, Math.max(nanoseconds, 1)];
}

function check(op: string, outcome: number): void {
  if (outcome < 0) throw new OpError(op, errnoName(-outcome));
}
