import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorCode, OpError } from './operror.ts';

/*
 * The kernel edge. This folder is the only one that talks to Linux: VRRP sockets, packet socket, rtnetlink, timerfd,
 * pidfd, sd_notify, scheduling. Its rules:
 *
 * - It decides nothing. What to send, when, and what a datagram means belongs to its callers; it does not know a
 *   virtual router, a configuration or a proxy.
 * - Bytes are built and read in `src/wire` (what travels) and in `sockaddr.ts` and `cmsg.ts` (what the system calls
 *   take); the native library passes them on without looking.
 * - Every failure is an OpError. No receive error may leave a level-triggered watch behind that fires for ever.
 * - What is opened is closed once by `close`, which may be called twice. Descriptors reach no child process.
 *
 * This file is the native library's type and finds it on disk. A number that a method returns is a result when it is
 * >= 0 and -errno when it is negative; the classes of this folder turn that into OpErrors.
 */

/** What every native object can do. */
export interface NativeDescriptor {
  /** The descriptor's number; -errno when opening failed, -EBADF after `close`. */
  readonly fd: number;
  /** Calls back on every turn of the loop in which it is ready; -EALREADY when it is watched. Keeps the loop alive. */
  watch(onReadable: () => void): number;
  /** Whether the watch keeps the loop alive; it does before the first call. */
  hold(isHeld: boolean): number;
  unwatch(): number;
  close(): number;
}

/** A socket of any family; close-on-exec and non-blocking. */
export interface NativeSocket extends NativeDescriptor {
  /** Opens a closed one again and returns the descriptor's number; -EALREADY when it is open. */
  reopen(domain: number, type: number, protocol: number): number;
  bind(address: Uint8Array): number;
  listen(backlog: number): number;
  /** Where it is bound: fills `address` and returns the length. */
  localAddress(address: Uint8Array): number;
  /** Of a stream -EINPROGRESS at first; it becomes writable when that has ended, one way or another (connect(2)). */
  connect(address: Uint8Array): number;
  setOption(level: number, name: number, value: Uint8Array | number): number;
  /** Fills `value` and returns the length. */
  getOption(level: number, name: number, value: Uint8Array): number;
  /** Classic BPF, 8 bytes an instruction. */
  attachFilter(instructions: Uint8Array): number;
  /** One datagram; returns its length. */
  send(message: Uint8Array, address?: Uint8Array): number;
  /** One datagram; returns its length and fills `details` with the lengths of `from` and `control`, and the flags. */
  receive(
    message: Uint8Array,
    control: Uint8Array | undefined,
    from: Uint8Array | undefined,
    details: Int32Array,
  ): number;
}

/** A timer on CLOCK_MONOTONIC (timerfd). */
export interface NativeTimer extends NativeDescriptor {
  /** An absolute time; 0, 0 disarms. */
  arm(seconds: number, nanoseconds: number): number;
  /** Eight bytes: how often it expired; -EAGAIN when it has not. */
  read(count: Uint8Array): number;
}

/** Many descriptors that are awaited together (epoll(7)); readable when one of them is ready. */
export interface NativePoll extends NativeDescriptor {
  /** Tells changes of a descriptor by a key of 32 bits, edge-triggered, until it is closed. */
  include(fd: number, key: number): number;
  /** How many are ready: fills pairs of key and events. */
  wait(pairs: Int32Array): number;
}

/** The native library. */
export interface Native {
  readonly Socket: new (domain: number, type: number, protocol: number) => NativeSocket;
  readonly Timer: new () => NativeTimer;
  readonly Poll: new () => NativePoll;
  /** A pidfd, readable from the moment the process has ended. */
  readonly Process: new (pid: number) => NativeDescriptor;
  /** A duplicate of a descriptor of another process, here of a socket (pidfd_getfd(2)); close-on-exec. */
  readonly Duplicate: new (pid: number, fd: number) => NativeSocket;
  /** sched_setscheduler and its readers, for the calling thread. */
  setScheduler(policy: number, priority: number): number;
  getScheduler(): number;
  getPriority(): number;
  /** Sets FD_CLOEXEC on a descriptor number. */
  closeOnExec(fd: number): number;
  /** execve with this environment: words that each end with a zero byte, the file first. Comes back only with -errno. */
  execute(words: Uint8Array): number;
  /** strerror of a positive errno. */
  errorText(errno: number): string;
  /** sizeof(size_t): what ancillary data is aligned to. */
  readonly wordBytes: 4 | 8;
}

const advice = 'run `npm run build:native`';

let loaded: Native | undefined;

/** The native library, loaded at the first call. Throws OpError when it was not built for this host. */
export function native(): Native {
  if (loaded !== undefined) return loaded;
  const path = join(packageRoot(), 'src/linux/native/build/Release/linux.node');
  if (!existsSync(path)) throw new OpError(`load native library "${path}"`, 'ENOENT', { advice });
  try {
    loaded = createRequire(import.meta.url)(path) as Native;
  } catch (cause) {
    throw new OpError(`load native library "${path}"`, errorCode(cause) ?? 'ERR_DLOPEN_FAILED', { advice, cause });
  }
  return loaded;
}

/** The folder of package.json, upwards from this file, which is compiled into a folder below `dist` too. */
function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new OpError('find the folder of package.json', 'ENOENT');
    folder = parent;
  }
  return folder;
}
