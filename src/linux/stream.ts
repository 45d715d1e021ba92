import { constants } from 'node:os';
import type { IpAddress } from '../wire/address.ts';
import { errnoName } from './errno.ts';
import { native, type NativeSocket } from './native.ts';
import { awaitChanges, EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLRDHUP, forget } from './poll.ts';
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
export const openStream = (address: IpAddress, port: number, listener: StreamListener, from?: number): Stream =>
  new TcpStream(address, port, listener, from);

class TcpStream implements Stream {
  readonly #socket: NativeSocket;
  readonly #listener: StreamListener;
  #phase: 'connecting' | 'open' | 'ended' | 'closed' = 'connecting';
  #key = -1;

  constructor(address: IpAddress, port: number, listener: StreamListener, from: number | undefined) {
    this.#listener = listener;
    this.#socket = openSocket(address.includes(':') ? AF_INET6 : AF_INET);
    const errno = this.#begin(address, port, from);
    if (errno === 0) return;
    process.nextTick(() => {
      if (this.#phase !== 'closed') this.#fail(errno);
    });
  }

  send(bytes: Uint8Array): string | undefined {
    if (this.#phase === 'closed') return 'EBADF';
    const sent = this.#socket.send(bytes);
    return sent < 0 ? errnoName(-sent) : undefined;
  }

  reset(): void {
    if (this.#phase !== 'closed') this.#socket.setOption(SOL_SOCKET, SO_LINGER, lingerZero);
    this.close();
  }

  close(): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    forget(this.#key);
    this.#socket.close();
    if (idle.length < MOST_IDLE) idle.push(this.#socket);
  }

  /** 0, or the errno when the connection cannot even be begun. */
  #begin(address: IpAddress, port: number, from: number | undefined): number {
    const { fd } = this.#socket;
    if (fd < 0) return -fd;
    const bound = from === undefined ? 0 : this.#socket.bind(internetSockaddr(address, from));
    if (bound < 0) return -bound;
    const outcome = this.#socket.connect(sockaddrOf(address, port));
    if (outcome < 0 && outcome !== -constants.errno.EINPROGRESS) return -outcome;
    this.#key = awaitChanges(fd, (events) => this.#ready(events));
    return this.#key < 0 ? -this.#key : 0;
  }

  #ready(events: number): void {
    if (this.#phase === 'connecting') {
      const errno = (events & (EPOLLERR | EPOLLHUP)) === 0 ? 0 : this.#error();
      if (errno !== 0) return this.#fail(errno);
      this.#phase = 'open';
      this.#listener.onConnect();
    }
    if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP | EPOLLRDHUP)) !== 0) this.#drain();
  }

  #drain(): void {
    // The listener may close it.
    while (this.#phase === 'open') {
      const length = this.#socket.receive(shared, undefined, undefined, details);
      if (length === -constants.errno.EAGAIN) return;
      if (length < 0) return this.#fail(-length);
      if (length === 0) this.#phase = 'ended';
      this.#listener.onBytes(shared.subarray(0, length));
    }
  }

  /** The errno that the connection ended with. */
  #error(): number {
    const outcome = this.#socket.getOption(SOL_SOCKET, SO_ERROR, pendingBytes);
    return outcome < 0 ? -outcome : (pending[0] ?? 0);
  }

  #fail(errno: number): void {
    this.close();
    this.#listener.onError(errnoName(errno));
  }
}

/**
 * Closed sockets for the next streams. An object that has to be finalized costs the garbage collector more than all else
 * of a stream. BOUNDED by MOST_IDLE.
 */
const idle: NativeSocket[] = [];
const MOST_IDLE = 512;

function openSocket(domain: number): NativeSocket {
  const socket = idle.pop();
  if (socket === undefined) return new (native().Socket)(domain, SOCK_STREAM, IPPROTO_TCP);
  socket.reopen(domain, SOCK_STREAM, IPPROTO_TCP);
  return socket;
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
