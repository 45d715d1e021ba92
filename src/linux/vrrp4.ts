import { addressBytes, addressOf, parseAddress, type IpAddress } from '../wire/address.ts';
import { decodeIpv4, encodeIpv4 } from '../wire/ipv4.ts';
import { isMalformed } from '../wire/malformed.ts';
import { closeOnExec } from './cloexec.ts';
import { errnoOfText } from './errno.ts';
import { OpError } from './operror.ts';
import { rawSocketPackage, type RawSocket } from './rawsocket.ts';
import {
  SO_BINDTODEVICE,
  SO_BROADCAST,
  SO_PRIORITY,
  SOL_SOCKET,
  askReceiveBuffer,
  receiveBufferBytes,
} from './socket.ts';
import {
  hopLimitVrrp,
  protocolVrrp,
  queuePriorityControl,
  rawSocketAdvice,
  straysMax,
  trafficClassControl,
  type Datagram,
  type RefusedDatagram,
  type TransportOptions,
  type VrrpTransport,
} from './transport.ts';

/*
 * VRRP over IPv4 on the `raw-socket` package. The package is the project's choice for this job and does it well once
 * its sharp edges are known; each is handled here and has a test:
 *
 * - Its native object is weakly held, and collecting it closes the socket without a word: `opened` keeps it.
 * - Its descriptor is inherited by children: it is marked close-on-exec before anything else can run.
 * - Its options come after its creation: what other interfaces queued in between is discarded.
 * - Its messages are views of one buffer: they are copied. It reports no truncation: a full buffer counts as truncated.
 * - Its errors are texts without a code: the code is found by the text, and 'error' may come without an error at all.
 * - It turns an exception of a message handler into an 'error': ours are thrown again outside of it.
 * - Its `send` queues without bound: the native sendto below it is used, and recvfrom to drain.
 * - Both silently open a new, bare socket once it is closed: they are never reached then.
 * - It crashes in a worker: `rawSocketPackage` refuses one.
 *
 * IP_RECVERR is never set: with it an unreachable peer would close the socket.
 */

/** 224.0.0.18 (RFC 9568 5.1.1.2). */
const group: IpAddress = addressOf('224.0.0.18');

// ip(7), linux/in.h.
const IPPROTO_IP = 0;
const IP_HDRINCL = 3;
const IP_MULTICAST_IF = 32;
const IP_MULTICAST_LOOP = 34;
const IP_ADD_MEMBERSHIP = 35;
const IP_MULTICAST_ALL = 49;

/** Above the longest advertisement: IP header with options, VRRP header, 255 addresses and authentication data. */
const bufferBytes = 2048;

/** Datagrams that were delivered but not taken yet; more are dropped, as a full socket buffer drops them. */
const pendingMax = 64;

/** BOUNDED: one entry for each open transport. */
const opened = new Set<RawSocket>();

/**
 * Opens VRRP over IPv4 on one interface. The IP header is built here, so that the source address is the one asked for
 * whatever the routing table says. Throws OpError.
 */
export function openVrrp4(options: TransportOptions): VrrpTransport {
  return new Vrrp4(options);
}

/** What the package hands over: a datagram from its IP header on, and where it says it came from. */
export interface Delivered {
  readonly bytes: Uint8Array;
  readonly source: string;
}

class Vrrp4 implements VrrpTransport {
  readonly family = 'ipv4';
  readonly interface: string;
  readonly source: IpAddress;
  readonly #options: TransportOptions;
  readonly #socket: RawSocket;
  readonly #buffer = new Uint8Array(bufferBytes);
  /** BOUNDED: `pendingMax`. */
  readonly #pending: Delivered[] = [];
  #broken: string | undefined;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.interface = options.interface;
    this.source = options.source;
    this.#socket = create(options.interface);
    try {
      configure(this.#socket, options);
      for (let i = 0; i < straysMax && this.#receiveFrom() !== undefined; i++);
    } catch (cause) {
      this.close();
      throw cause instanceof OpError ? cause : failure(`set up ${this.#name}`, cause, rawSocketAdvice);
    }
    this.#socket.on('message', (message, source) => {
      this.#onMessage(message, source);
    });
    this.#socket.on('error', (error) => {
      this.#onError(error);
    });
  }

  send(payload: Uint8Array, destination: IpAddress): void {
    const op = `send on ${this.#name}`;
    if (this.#broken !== undefined) throw new OpError(op, this.#broken);
    const packet = { source: this.source, destination, ttl: hopLimitVrrp, tos: trafficClassControl, id: 0 };
    const bytes = encodeIpv4({ ...packet, protocol: protocolVrrp, payload });
    try {
      this.#socket.wrap.send(bytes, 0, bytes.length, destination, ignore);
    } catch (cause) {
      throw failure(op, cause);
    }
  }

  receive(): Datagram | RefusedDatagram | undefined {
    for (;;) {
      const delivered = this.#pending.shift() ?? this.#receiveFrom();
      if (delivered === undefined) return undefined;
      const datagram = readVrrp4(delivered);
      // The kernel hands broadcasts back to their sender, and has no option like IP_MULTICAST_LOOP for them.
      if (datagram.source !== this.source || 'refused' in datagram || datagram.destination === group) return datagram;
    }
  }

  close(): void {
    opened.delete(this.#socket);
    if (this.#broken !== undefined) return;
    this.#broken = 'EBADF';
    this.#socket.close();
  }

  get #name(): string {
    return `VRRP socket on "${this.interface}"`;
  }

  #receiveFrom(): Delivered | undefined {
    const op = `receive on ${this.#name}`;
    if (this.#broken !== undefined) throw new OpError(op, this.#broken);
    let delivered: Delivered | undefined;
    try {
      this.#socket.wrap.recv(this.#buffer, (buffer, length, source) => {
        delivered = { bytes: Uint8Array.prototype.slice.call(buffer, 0, length), source };
      });
    } catch (cause) {
      const error = failure(op, cause);
      if (error.code !== 'EAGAIN') throw error;
    }
    return delivered;
  }

  #onMessage(message: Uint8Array, source: string): void {
    if (this.#broken !== undefined) return;
    if (this.#pending.length < pendingMax) {
      this.#pending.push({ bytes: Uint8Array.prototype.slice.call(message), source });
    }
    try {
      this.#options.onReadable();
    } catch (error) {
      setImmediate(() => {
        throw error;
      });
    }
  }

  #onError(cause: Error | undefined): void {
    const error = failure(`receive on ${this.#name}`, cause);
    // A drain took the datagram before the package came to it.
    if (this.#broken !== undefined || error.code === 'EAGAIN') return;
    this.close();
    this.#options.onError(error);
  }
}

function create(device: string): RawSocket {
  const op = `open VRRP socket on "${device}"`;
  const raw = rawSocketPackage(op);
  let socket: RawSocket;
  try {
    const addressFamily = raw.AddressFamily.IPv4;
    socket = raw.createSocket({ addressFamily, protocol: protocolVrrp, bufferSize: bufferBytes });
  } catch (cause) {
    throw failure(op, cause, rawSocketAdvice);
  }
  opened.add(socket);
  closeOnExec();
  return socket;
}

function configure(socket: RawSocket, { interface: device, ifindex }: TransportOptions): void {
  const name = new TextEncoder().encode(`${device}\0`);
  socket.setOption(SOL_SOCKET, SO_BINDTODEVICE, name, name.length);
  askReceiveBuffer((option, bytes) => socket.setOption(SOL_SOCKET, option, bytes), receiveBufferBytes);
  socket.setOption(SOL_SOCKET, SO_PRIORITY, queuePriorityControl);
  socket.setOption(SOL_SOCKET, SO_BROADCAST, 1);
  socket.setOption(IPPROTO_IP, IP_HDRINCL, 1);
  // struct ip_mreqn: the group, an unused local address, the interface's index.
  const membership = new Uint8Array(12);
  membership.set(addressBytes(group));
  new Int32Array(membership.buffer)[2] = ifindex;
  socket.setOption(IPPROTO_IP, IP_ADD_MEMBERSHIP, membership, membership.length);
  socket.setOption(IPPROTO_IP, IP_MULTICAST_IF, membership, membership.length);
  socket.setOption(IPPROTO_IP, IP_MULTICAST_LOOP, 0);
  // Without this the socket also gets groups that other sockets of the host have joined.
  socket.setOption(IPPROTO_IP, IP_MULTICAST_ALL, 0);
}

/** What was received, with hop limit and destination from the IP header. */
export function readVrrp4({ bytes, source }: Delivered): Datagram | RefusedDatagram {
  if (bytes.length >= bufferBytes) return { refused: 'truncated', source: parseAddress(source) };
  const packet = decodeIpv4(bytes);
  if (isMalformed(packet) || packet.protocol !== protocolVrrp) {
    return { refused: 'ip-header', source: parseAddress(source) };
  }
  return { source: packet.source, destination: packet.destination, hopLimit: packet.ttl, payload: packet.payload };
}

/** The package's error as an OpError; EIO where it says nothing. */
function failure(op: string, cause: unknown, advice?: string): OpError {
  const code = cause instanceof Error ? errnoOfText(cause.message) : undefined;
  return new OpError(op, code ?? 'EIO', { advice, cause });
}

const ignore = (): void => {};
