import { constants } from 'node:os';
import type { IpAddress } from '../wire/address.ts';
import { errnoName } from './errno.ts';
import { native, type NativeSocket } from './native.ts';
import { AF_INET, AF_INET6, internetSockaddr } from './sockaddr.ts';
import { SOL_SOCKET } from './socket.ts';

/**
 * A TCP connection that is opened, asked one thing and closed, thousands of times a minute. `node:net` does that too,
 * at more than twice the processor time; what it has beyond this (buffers, half-open ends, back-pressure) is not needed
 * to look whether somebody answers.
 */
export interface Stream {
  /** Hands bytes to the kernel; they are few enough for its buffer. The name of the errno when it refuses. */
  send(bytes: Uint8Array): string | undefined;
  /** Closes with a reset (SO_LINGER 0, socket(7)): nothing is left behind on either side. May be called twice. */
  reset(): void;
  /** Closes in the ordinary way: what was sent arrives. May be called twice. */
  close(): void;
}

/** What happens to a stream. Nothing is called after it was closed, nor in the stack of `openStream`. */
export interface StreamListener {
  onConnect(): void;
  /** A view of shared memory, good until the call returns. Empty at the end of what the other side sends. */
  onBytes(bytes: Uint8Array): void;
  /** The name of the errno, such as `ECONNREFUSED`. The stream is closed already. */
  onError(code: string): void;
}

const SOCK_STREAM = 1;
const IPPROTO_TCP = 6;
const SO_ERROR = 4;
const SO_LINGER = 13;
const READABLE = 1;
const WRITABLE = 2;

/** struct linger { on, 0 seconds }. */
const lingerZero = new Uint8Array(Int32Array.of(1, 0).buffer);

/** Every callback is done with the bytes before the next one comes. */
const shared = Buffer.allocUnsafeSlow(16_384);
const details = new Int32Array(3);
const pending = new Int32Array(1);
const pendingBytes = new Uint8Array(pending.buffer);

/**
 * Opens a TCP connection. Whatever goes wrong is told by `onError`. With `from` it begins at that port of the address
 * itself, which must be one of this host then.
 */
export function openStream(address: IpAddress, port: number, listener: StreamListener, from?: number): Stream {
  const socket = new (native().Socket)(address.includes(':') ? AF_INET6 : AF_INET, SOCK_STREAM, IPPROTO_TCP);
  const bound = from === undefined ? 0 : socket.bind(internetSockaddr(address, from));
  const failed = bound < 0 ? errnoName(-bound) : begin(socket, address, port, () => ready(socket, state, listener));
  const state: State = { phase: failed === undefined ? 'connecting' : 'closed' };
  if (failed !== undefined) {
    socket.close();
    process.nextTick(() => listener.onError(failed));
  }
  const end = (): void => {
    state.phase = 'closed';
    socket.close();
  };
  return {
    send(bytes) {
      const sent = socket.send(bytes);
      return sent < 0 ? errnoName(-sent) : undefined;
    },
    reset() {
      if (state.phase !== 'closed') socket.setOption(SOL_SOCKET, SO_LINGER, lingerZero);
      end();
    },
    close: end,
  };
}

interface State {
  phase: 'connecting' | 'open' | 'closed';
}

/** The name of the errno when the connection cannot even be begun. */
function begin(socket: NativeSocket, address: IpAddress, port: number, onReady: () => void): string | undefined {
  if (socket.fd < 0) return errnoName(-socket.fd);
  const outcome = socket.connect(sockaddrOf(address, port));
  if (outcome < 0 && outcome !== -constants.errno.EINPROGRESS) return errnoName(-outcome);
  const watched = socket.watch(onReady);
  if (watched < 0) return errnoName(-watched);
  const awaited = socket.await(WRITABLE);
  return awaited < 0 ? errnoName(-awaited) : undefined;
}

/** BOUNDED by MOST_SOCKADDRS: emptied when it is full. Whoever is asked once is asked again. */
const sockaddrs = new Map<string, Uint8Array>();
const MOST_SOCKADDRS = 10_000;

function sockaddrOf(address: IpAddress, port: number): Uint8Array {
  const key = `${address} ${port}`;
  const known = sockaddrs.get(key);
  if (known !== undefined) return known;
  if (sockaddrs.size >= MOST_SOCKADDRS) sockaddrs.clear();
  const made = internetSockaddr(address, port);
  sockaddrs.set(key, made);
  return made;
}

function ready(socket: NativeSocket, state: State, listener: StreamListener): void {
  if (state.phase === 'connecting') {
    const outcome = socket.getOption(SOL_SOCKET, SO_ERROR, pendingBytes);
    const error = outcome < 0 ? -outcome : (pending[0] ?? 0);
    if (error !== 0) return fail(socket, state, listener, error);
    state.phase = 'open';
    socket.await(READABLE);
    listener.onConnect();
    return;
  }
  const length = socket.receive(shared, undefined, undefined, details);
  if (length === -constants.errno.EAGAIN) return;
  if (length < 0) return fail(socket, state, listener, -length);
  // After the end of the stream it would be readable for ever.
  if (length === 0) socket.unwatch();
  listener.onBytes(shared.subarray(0, length));
}

function fail(socket: NativeSocket, state: State, listener: StreamListener, errno: number): void {
  state.phase = 'closed';
  socket.close();
  listener.onError(errnoName(errno));
}
