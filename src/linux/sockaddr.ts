import { endianness } from 'node:os';
import { addressBytes, formatAddress, isLinkLocal, type IpAddress } from '../wire/address.ts';

/**
 * Socket addresses as the bytes that bind, sendto and recvmsg take. The family and the fields of netlink and packet
 * addresses are in the host's byte order, ports and protocols in network order.
 */
const littleEndian = endianness() === 'LE';

/** Address families (linux/socket.h). */
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;

/** The longest path in a sockaddr_un, without the final NUL (unix(7)). */
const unixPathMax = 107;

/**
 * sockaddr_in6 with port 0 (ipv6(7)). `ifindex` becomes the scope of addresses that need one: link-local unicast and
 * multicast.
 */
export function ipv6Sockaddr(address: IpAddress, ifindex: number): Uint8Array {
  const bytes = new Uint8Array(28);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_INET6, littleEndian);
  bytes.set(addressBytes(address), 8);
  const multicast = bytes[8] === 0xff;
  if (multicast || isLinkLocal(address)) view.setUint32(24, ifindex, littleEndian);
  return bytes;
}

/** sockaddr_in or sockaddr_in6 with a port and without a scope (ip(7), ipv6(7)). */
export function internetSockaddr(address: IpAddress, port: number): Uint8Array {
  const bytes = address.includes(':') ? ipv6Sockaddr(address, 0) : new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint16(2, port);
  if (bytes.length === 28) return bytes;
  view.setUint16(0, AF_INET, littleEndian);
  bytes.set(addressBytes(address), 4);
  return bytes;
}

/** The address in a sockaddr_in; `undefined` when the bytes are none. */
export function readIpv4Sockaddr(bytes: Uint8Array): IpAddress | undefined {
  if (bytes.length < 8 || family(bytes) !== AF_INET) return undefined;
  return formatAddress(bytes.subarray(4, 8));
}

/** The address in a sockaddr_in6; `undefined` when the bytes are none. */
export function readIpv6Sockaddr(bytes: Uint8Array): IpAddress | undefined {
  if (bytes.length < 24 || family(bytes) !== AF_INET6) return undefined;
  return formatAddress(bytes.subarray(8, 24));
}

/** sockaddr_nl with a kernel-chosen port and a mask of multicast groups (netlink(7)). */
export function netlinkSockaddr(groups: number): Uint8Array {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_NETLINK, littleEndian);
  view.setUint32(8, groups, littleEndian);
  return bytes;
}

/** The port in a sockaddr_nl, 0 for the kernel; `undefined` when the bytes are none. */
export function readNetlinkPort(bytes: Uint8Array): number | undefined {
  if (bytes.length < 12 || family(bytes) !== AF_NETLINK) return undefined;
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, littleEndian);
}

/** sockaddr_ll for one interface (packet(7)); `protocol` is an EtherType, 0 to receive nothing. */
export function packetSockaddr(ifindex: number, protocol: number): Uint8Array {
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_PACKET, littleEndian);
  view.setUint16(2, protocol);
  view.setInt32(4, ifindex, littleEndian);
  return bytes;
}

/**
 * sockaddr_un (unix(7)): a path, or an abstract name written with a leading `@`. `undefined` when it is empty, neither
 * of the two, or too long.
 */
export function unixSockaddr(path: string): Uint8Array | undefined {
  const name = new TextEncoder().encode(path);
  const abstract = path.startsWith('@');
  if (!(abstract || path.startsWith('/')) || name.length < 2 || name.length > unixPathMax) return undefined;
  if (abstract) name[0] = 0;
  const bytes = new Uint8Array(2 + name.length + (abstract ? 0 : 1));
  new DataView(bytes.buffer).setUint16(0, AF_UNIX, littleEndian);
  bytes.set(name, 2);
  return bytes;
}

const family = (bytes: Uint8Array): number => new DataView(bytes.buffer, bytes.byteOffset).getUint16(0, littleEndian);
