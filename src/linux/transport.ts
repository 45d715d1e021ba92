import type { Family, IpAddress } from '../wire/address.ts';
import type { OpError } from './operror.ts';

/** IP protocol number of VRRP (RFC 9568 9). */
export const protocolVrrp = 112;

/** DSCP CS6, as all routing protocols and keepalived use it: switches serve it first. */
export const trafficClassControl = 0xc0;

/** SO_PRIORITY: the class of control traffic in the host's own queues (tc-prio(8)). */
export const queuePriorityControl = 7;

/** VRRP's hop limit, which no forwarded packet can have (RFC 9568 5.1.1.3, 5.1.2.3). */
export const hopLimitVrrp = 255;

/** One received IP datagram of protocol 112; `payload` is a copy. */
export interface Datagram {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  /** IPv4 TTL or IPv6 hop limit. */
  readonly hopLimit: number;
  readonly payload: Uint8Array;
}

/** A datagram that could not be read, to be counted. */
export interface RefusedDatagram {
  /** `truncated`: longer than any advertisement. `ip-header`: the header is wrong or was not delivered. */
  readonly refused: 'truncated' | 'ip-header';
  readonly source: IpAddress | undefined;
}

/** Whether a received datagram could not be read. */
export const isRefused = (datagram: Datagram | RefusedDatagram): datagram is RefusedDatagram => 'refused' in datagram;

/**
 * VRRP on one interface and one address family. It serves multicast, unicast and, on IPv4, broadcast alike, and never
 * delivers what was sent through it.
 */
export interface VrrpTransport {
  readonly family: Family;
  readonly interface: string;
  /** Where every datagram comes from. */
  readonly source: IpAddress;
  /** Synchronous: the datagram has been handed to the kernel when this returns. Throws OpError. */
  send(payload: Uint8Array, destination: IpAddress): void;
  /**
   * Never blocks. `undefined` when nothing is queued. Callers drain in a loop. Throws OpError when the socket is broken
   * (the caller closes and re-opens).
   */
  receive(): Datagram | RefusedDatagram | undefined;
  /** May be called twice; `send` and `receive` then throw EBADF. */
  close(): void;
}

/** What a transport is opened for. */
export interface TransportOptions {
  readonly interface: string;
  /** The interface's index. A socket is of no use any more when the interface is deleted and made anew: re-open it. */
  readonly ifindex: number;
  /** An address of the interface; on IPv6 the link-local one (RFC 9568 5.1.2.1), and not tentative. */
  readonly source: IpAddress;
  /** Something can be received. Called on every turn of the loop until it has been drained. */
  readonly onReadable: () => void;
  /** The socket broke outside of a call: close and re-open it. Called at most once. */
  readonly onError: (error: OpError) => void;
}

/**
 * Datagrams that are thrown away while a transport is opened: between socket(2) and SO_BINDTODEVICE those of every
 * interface are queued. The bound only matters under a flood, which the checks of the protocol then meet.
 */
export const straysMax = 4096;

/** What failing to open a transport tells the operator. */
export const rawSocketAdvice = 'run as root or grant CAP_NET_RAW';
