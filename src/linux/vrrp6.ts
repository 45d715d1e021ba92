import { addressBytes, addressOf, formatAddress, type IpAddress } from '../wire/address.ts';
import { controlInteger, parseControl } from './cmsg.ts';
import { native } from './native.ts';
import { AF_INET6, ipv6Sockaddr, readIpv6Sockaddr } from './sockaddr.ts';
import {
  SO_BINDTODEVICE,
  SO_PRIORITY,
  SOCK_RAW,
  SOL_SOCKET,
  Socket,
  askReceiveBuffer,
  receiveBufferBytes,
  type Received,
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

/** ff02::12 (RFC 9568 5.1.2.2). */
const group: IpAddress = addressOf('ff02::12');

// ipv6(7), linux/in6.h.
const IPPROTO_IPV6 = 41;
const IPV6_UNICAST_HOPS = 16;
const IPV6_MULTICAST_IF = 17;
const IPV6_MULTICAST_HOPS = 18;
const IPV6_MULTICAST_LOOP = 19;
const IPV6_ADD_MEMBERSHIP = 20;
const IPV6_MULTICAST_ALL = 29;
const IPV6_RECVPKTINFO = 49;
const IPV6_PKTINFO = 50;
const IPV6_RECVHOPLIMIT = 51;
const IPV6_HOPLIMIT = 52;
const IPV6_TCLASS = 67;

/** The longest VRRPv3 advertisement has a header of 8 bytes and 255 addresses (RFC 9568 5.2.5). */
const bufferBytes = 8192;

/**
 * Opens VRRP over IPv6 on one interface. The kernel delivers no IPv6 header on a raw socket; hop limit and destination
 * come as ancillary data instead, which is why this socket is our own and not the `raw-socket` package's. The checksum
 * is the caller's. Throws OpError, EADDRNOTAVAIL while `source` is tentative or absent.
 */
export function openVrrp6(options: TransportOptions): VrrpTransport {
  const { ifindex, source } = options;
  const name = `VRRP socket on "${options.interface}"`;
  const description = { domain: AF_INET6, type: SOCK_RAW, protocol: protocolVrrp, name, bufferBytes };
  const socket = new Socket({ ...description, advice: rawSocketAdvice }).prepare((opened) => {
    configure(opened, options);
    opened.bind(ipv6Sockaddr(source, ifindex), `"${source}" has to be an address of the interface, and not tentative`);
    discardStrays(opened);
    opened.watch(options.onReadable);
  });
  return {
    family: 'ipv6',
    interface: options.interface,
    source,
    send(payload: Uint8Array, destination: IpAddress): void {
      socket.send(payload, ipv6Sockaddr(destination, ifindex));
    },
    receive(): Datagram | RefusedDatagram | undefined {
      const received = socket.receive();
      return received && readVrrp6(received);
    },
    close(): void {
      socket.close();
    },
  };
}

function configure(socket: Socket, options: TransportOptions): void {
  const device = new TextEncoder().encode(`${options.interface}\0`);
  socket.setOption('device', SOL_SOCKET, SO_BINDTODEVICE, device, rawSocketAdvice);
  const setBuffer = (option: number, bytes: number): void =>
    socket.setOption('receive buffer', SOL_SOCKET, option, bytes);
  askReceiveBuffer(setBuffer, receiveBufferBytes);
  socket.setOption('priority', SOL_SOCKET, SO_PRIORITY, queuePriorityControl);
  const membership = new Uint8Array(20);
  membership.set(addressBytes(group));
  new Int32Array(membership.buffer)[4] = options.ifindex;
  socket.setOption('multicast group', IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, membership);
  const numbers: readonly (readonly [string, number, number])[] = [
    ['multicast interface', IPV6_MULTICAST_IF, options.ifindex],
    ['multicast hops', IPV6_MULTICAST_HOPS, hopLimitVrrp],
    ['unicast hops', IPV6_UNICAST_HOPS, hopLimitVrrp],
    ['multicast loop', IPV6_MULTICAST_LOOP, 0],
    // Without this the socket also gets groups that other sockets of the host have joined.
    ['multicast all', IPV6_MULTICAST_ALL, 0],
    ['traffic class', IPV6_TCLASS, trafficClassControl],
    ['hop limit delivery', IPV6_RECVHOPLIMIT, 1],
    ['destination delivery', IPV6_RECVPKTINFO, 1],
  ];
  for (const [what, option, value] of numbers) socket.setOption(what, IPPROTO_IPV6, option, value);
}

function discardStrays(socket: Socket): void {
  for (let i = 0; i < straysMax && socket.receive() !== undefined; i++);
}

/** What was received, with hop limit and destination from the ancillary data. */
export function readVrrp6(received: Received): Datagram | RefusedDatagram {
  const source = readIpv6Sockaddr(received.from);
  if (received.truncated) return { refused: 'truncated', source };
  let hopLimit: number | undefined;
  let destination: IpAddress | undefined;
  for (const message of parseControl(received.control, native().wordBytes)) {
    if (message.level !== IPPROTO_IPV6) continue;
    if (message.type === IPV6_HOPLIMIT) hopLimit = controlInteger(message);
    if (message.type === IPV6_PKTINFO && message.data.length >= 16)
      destination = formatAddress(message.data.subarray(0, 16));
  }
  if (source === undefined || destination === undefined || hopLimit === undefined)
    return { refused: 'ip-header', source };
  return { source, destination, hopLimit, payload: received.bytes.slice() };
}
