import type { IpAddress } from '../wire/address.ts';
import { addressOf } from '../wire/address.ts';
import type { OpError } from './operror.ts';
import { AF_INET, AF_INET6, internetSockaddr, readIpv4Sockaddr, readIpv6Sockaddr } from './sockaddr.ts';
import { SO_BINDTODEVICE, SO_BROADCAST, SO_PRIORITY, SOCK_DGRAM, SOL_SOCKET, Socket } from './socket.ts';
import { queuePriorityControl, trafficClassControl } from './transport.ts';

/** SO_REUSEADDR (asm-generic/socket.h). */
const SO_REUSEADDR = 2;

/** ip(7) and ipv6(7). */
const IPPROTO_IP = 0;
const IP_TOS = 1;
const IPPROTO_IPV6 = 41;
const IPV6_TCLASS = 67;

/** What an earlier datagram to another host left at the socket; the next receive does not meet it. */
const passing = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN', 'EMSGSIZE', 'EPROTO'];

const EVERY_ADDRESS = addressOf('0.0.0.0');

/** One received datagram; `payload` is a view that is good until the next `receive`. */
export interface UdpDatagram {
  readonly source: IpAddress;
  readonly payload: Uint8Array;
}

/** A UDP socket for control traffic. */
export interface UdpSocket {
  /** Synchronous: the datagram has been handed to the kernel when this returns. Throws OpError. */
  send(payload: Uint8Array, destination: IpAddress): void;
  /** Never blocks; `undefined` when nothing is queued or the socket broke, which `isOpen` tells. */
  receive(): UdpDatagram | undefined;
  readonly isOpen: boolean;
  close(): void;
}

/** What a UDP socket is opened for: everything that comes over an interface, or to an address. */
export type UdpPlace =
  | { readonly interface: string; readonly address?: undefined }
  | { readonly interface?: undefined; readonly address: IpAddress };

/**
 * Opens a UDP socket that speaks from and hears at `port`. On an interface it broadcasts, which needs no address there.
 * Throws OpError.
 */
export function openUdp(place: UdpPlace, port: number, onReadable: () => void): UdpSocket {
  const address = place.address ?? EVERY_ADDRESS;
  const isIpv4 = !address.includes(':');
  const name = `UDP socket on ${place.interface === undefined ? address : `"${place.interface}"`}, port ${port}`;
  const domain = isIpv4 ? AF_INET : AF_INET6;
  const options = { domain, type: SOCK_DGRAM, protocol: 0, name, bufferBytes: 1 << 16, passing };
  const socket = new Socket(options).prepare((opened) => {
    opened.setOption('address reuse', SOL_SOCKET, SO_REUSEADDR, 1);
    if (place.interface !== undefined) {
      opened.setOption('interface', SOL_SOCKET, SO_BINDTODEVICE, new TextEncoder().encode(place.interface));
      opened.setOption('broadcast', SOL_SOCKET, SO_BROADCAST, 1);
    }
    if (isIpv4) opened.setOption('traffic class', IPPROTO_IP, IP_TOS, trafficClassControl);
    else opened.setOption('traffic class', IPPROTO_IPV6, IPV6_TCLASS, trafficClassControl);
    opened.setOption('priority', SOL_SOCKET, SO_PRIORITY, queuePriorityControl);
    opened.bind(internetSockaddr(address, port), 'choose another port, or give the interface that address');
    opened.watch(onReadable);
  });
  return {
    send: (payload, destination) => socket.send(payload, internetSockaddr(destination, port)),
    receive: () => receive(socket),
    get isOpen() {
      return socket.isOpen;
    },
    close: () => socket.close(),
  };
}

function receive(socket: Socket): UdpDatagram | undefined {
  for (;;) {
    try {
      const received = socket.isOpen ? socket.receive() : undefined;
      if (received === undefined) return undefined;
      const source = readIpv4Sockaddr(received.from) ?? readIpv6Sockaddr(received.from);
      if (source !== undefined && !received.truncated) return { source, payload: received.bytes };
    } catch (error) {
      if (passing.includes((error as OpError).code)) continue;
      socket.close();
      return undefined;
    }
  }
}
