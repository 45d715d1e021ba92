import { constants } from 'node:os';
import { errnoName } from './errno.ts';
import { native, type NativeSocket } from './native.ts';
import { OpError } from './operror.ts';

/** Socket types (linux/net.h). */
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;

/** Options at the socket level that several protocols use (asm-generic/socket.h). */
export const SOL_SOCKET = 1;
export const SO_BROADCAST = 6;
export const SO_RCVBUF = 8;
export const SO_PRIORITY = 12;
export const SO_BINDTODEVICE = 25;

export const SO_RCVBUFFORCE = 33;

/** Room for what arrives while the program is stalled or flooded: thousands of advertisements. */
export const receiveBufferBytes: number = 1 << 22;

/**
 * Asks for a receive buffer of that size. With CAP_NET_ADMIN it is granted; otherwise the kernel cuts it to rmem_max,
 * which has room for a few hundred advertisements (socket(7)).
 */
export function askReceiveBuffer(setOption: (option: number, bytes: number) => void, bytes: number): void {
  try {
    setOption(SO_RCVBUFFORCE, bytes);
  } catch {
    setOption(SO_RCVBUF, bytes);
  }
}

/** The kernel cut the datagram to the buffer (recvmsg(2)). */
export const MSG_TRUNC = 0x20;

/** One received datagram. The arrays are views of the socket's own memory and good until the next `receive`. */
export interface Received {
  readonly bytes: Uint8Array;
  readonly from: Uint8Array;
  readonly control: Uint8Array;
  readonly truncated: boolean;
}

/** How to open a socket. */
export interface SocketOptions {
  readonly domain: number;
  readonly type: number;
  readonly protocol: number;
  /** How messages call it: `VRRP socket on "eth0"`. */
  readonly name: string;
  /** What to do when it cannot be opened. */
  readonly advice?: string;
  /** The longest datagram that is received whole. */
  readonly bufferBytes?: number;
  /** Receive errors that the next receive does not meet again; after any other the watch ends. */
  readonly passing?: readonly string[];
}

/** A native socket whose failures are OpErrors. */
export class Socket {
  readonly #native: NativeSocket;
  readonly #options: SocketOptions;
  readonly #buffer: Uint8Array;
  readonly #control = new Uint8Array(256);
  readonly #from = new Uint8Array(128);
  readonly #details = new Int32Array(3);

  /** Opens it close-on-exec and non-blocking. Throws OpError. */
  constructor(options: SocketOptions) {
    const { domain, type, protocol, name, advice, bufferBytes = 4096 } = options;
    this.#options = options;
    this.#buffer = new Uint8Array(bufferBytes);
    this.#native = new (native().Socket)(domain, type, protocol);
    const { fd } = this.#native;
    if (fd < 0) throw new OpError(`open ${name}`, errnoName(-fd), { advice });
  }

  get isOpen(): boolean {
    return this.#native.fd >= 0;
  }

  /** Runs the steps that make it ready, and closes it when one of them throws. */
  prepare(steps: (socket: this) => void): this {
    try {
      steps(this);
      return this;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  bind(address: Uint8Array, advice?: string): void {
    this.#check('bind', this.#native.bind(address), advice);
  }

  /** `what` is how messages call the option. */
  setOption(what: string, level: number, name: number, value: Uint8Array | number, advice?: string): void {
    this.#check(`set ${what} of`, this.#native.setOption(level, name, value), advice);
  }

  /** Receives from now on what a program of `packetfilter` lets pass, and nothing else. */
  filter(program: Uint8Array): void {
    this.#check('filter', this.#native.attachFilter(program));
  }

  /** Hands one datagram to the kernel, to `address` or to where the socket is bound or connected. */
  send(message: Uint8Array, address?: Uint8Array): void {
    this.#check('send on', this.#native.send(message, address));
  }

  /** The next datagram, or `undefined` when none is queued. */
  receive(): Received | undefined {
    const length = this.#native.receive(this.#buffer, this.#control, this.#from, this.#details);
    if (length === -constants.errno.EAGAIN) return undefined;
    if (length < 0) {
      const code = errnoName(-length);
      // A level-triggered watch on an error that nobody clears would spin for ever.
      if (!(this.#options.passing ?? []).includes(code)) this.#native.unwatch();
      throw new OpError(`receive on ${this.#options.name}`, code);
    }
    const [fromLength = 0, controlLength = 0, flags = 0] = this.#details;
    return {
      bytes: this.#buffer.subarray(0, length),
      from: this.#from.subarray(0, fromLength),
      control: this.#control.subarray(0, controlLength),
      truncated: (flags & MSG_TRUNC) !== 0,
    };
  }

  /** Calls back on every turn of the loop in which something can be received, until it is closed. */
  watch(onReadable: () => void): void {
    this.#check('watch', this.#native.watch(onReadable));
  }

  /** Closes it; a second call does nothing, any other call then fails with EBADF. */
  close(): void {
    this.#native.close();
  }

  #check(what: string, outcome: number, advice?: string): void {
    if (outcome < 0) throw new OpError(`${what} ${this.#options.name}`, errnoName(-outcome), { advice });
  }
}
