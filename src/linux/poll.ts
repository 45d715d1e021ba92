import { native, type NativePoll } from './native.ts';

/**
 * Descriptors that live for milliseconds and are awaited together, in one epoll(7) for all of a thread. A watch of its
 * own costs each of them five system calls, an allocation and a way into JavaScript; this costs one system call.
 */
interface Poll {
  readonly native: NativePoll;
  /** BOUNDED by the descriptors that are awaited. */
  readonly waiting: Map<number, (events: number) => void>;
  readonly pairs: Int32Array;
  lastKey: number;
}

/** Events (sys/epoll.h). */
export const EPOLLIN = 0x1;
export const EPOLLERR = 0x8;
export const EPOLLHUP = 0x10;
export const EPOLLRDHUP = 0x2000;

/** Told in one turn of the loop; more are told in the next. */
const AT_ONCE = 128;

/** Keys come round after 2 147 483 648 descriptors; none of them lives that long. */
const MOST_KEY = 0x7fff_ffff;

let opened: Poll | undefined;

/**
 * Tells what becomes of a descriptor: `onReady` is called with its events, once for each change (edge-triggered, so read
 * until EAGAIN), never in this stack, until `forget`. The loop stays alive meanwhile. Gives back the key for `forget`,
 * or -errno.
 */
export function awaitChanges(fd: number, onReady: (events: number) => void): number {
  const poll = opened ?? open();
  if (typeof poll === 'number') return poll;
  const key = (poll.lastKey + 1) & MOST_KEY;
  const outcome = poll.native.include(fd, key);
  if (outcome < 0) return outcome;
  poll.lastKey = key;
  poll.waiting.set(key, onReady);
  if (poll.waiting.size === 1) poll.native.hold(true);
  return key;
}

/** Ends what `awaitChanges` began; to be called before the descriptor is closed. A key that is gone is ignored. */
export function forget(key: number): void {
  if (opened === undefined || !opened.waiting.delete(key)) return;
  if (opened.waiting.size === 0) opened.native.hold(false);
}

function open(): Poll | number {
  const poll = new (native().Poll)();
  if (poll.fd < 0) return poll.fd;
  const made: Poll = { native: poll, waiting: new Map(), pairs: new Int32Array(2 * AT_ONCE), lastKey: 0 };
  const watched = poll.watch(() => tell(made));
  if (watched < 0) {
    poll.close();
    return watched;
  }
  poll.hold(false);
  opened = made;
  return made;
}

function tell({ native: poll, waiting, pairs }: Poll): void {
  const count = poll.wait(pairs);
  for (let at = 0; at < count; at++) {
    const key = pairs[2 * at] as number;
    // One that was ended by a listener of this very turn is told nothing.
    waiting.get(key)?.(pairs[2 * at + 1] as number);
  }
}
