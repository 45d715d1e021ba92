import { createRequire } from 'node:module';
import { isMainThread } from 'node:worker_threads';
import { OpError } from './operror.ts';

/**
 * The part of the `raw-socket` package that is used here; it brings no types of its own. `wrap` is its native object:
 * the package's own `send` is an unbounded queue that leaves one datagram a turn of the loop, the native one is sendto.
 */
export interface RawSocket {
  readonly wrap: {
    /** sendto, at once. Throws an Error with the text of strerror. Opens a new bare socket after `close`. */
    send(buffer: Uint8Array, offset: number, length: number, address: string, sent: (bytes: number) => void): void;
    /** recvfrom, at once. Throws an Error with the text of strerror. Opens a new bare socket after `close`. */
    recv(buffer: Uint8Array, received: (buffer: Uint8Array, length: number, source: string) => void): void;
  };
  on(event: 'message', listener: (message: Uint8Array, source: string) => void): this;
  /** `undefined` when polling failed; the package then closes the socket after the listener. */
  on(event: 'error', listener: (error: Error | undefined) => void): this;
  setOption(level: number, option: number, value: number): void;
  setOption(level: number, option: number, value: Uint8Array, length: number): void;
  close(): void;
}

interface RawSocketPackage {
  createSocket(options: { addressFamily: number; protocol: number; bufferSize: number }): RawSocket;
  readonly AddressFamily: { readonly IPv4: number };
}

/**
 * The `raw-socket` package. It is loaded at the first call, because its library works in the main thread only: a worker
 * would crash the whole process at the first datagram. Throws OpError there, and when it is not installed.
 */
export function rawSocketPackage(op: string): RawSocketPackage {
  if (!isMainThread) throw new OpError(op, 'EOPNOTSUPP', { advice: 'raw-socket works in the main thread only' });
  try {
    return createRequire(import.meta.url)('raw-socket') as RawSocketPackage;
  } catch (cause) {
    throw new OpError(op, 'ENOENT', { advice: 'run `npm install`, which builds raw-socket', cause });
  }
}
