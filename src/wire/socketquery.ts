import { addressBytes, formatAddress } from './address.ts';
import type { IpAddress } from './address.ts';
import { malformed } from './malformed.ts';
import type { Malformed } from './malformed.ts';
import { encodeMessage, littleEndian, NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST } from './netlink.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/**
 * Questions about TCP sockets (sock_diag(7)): which ones listen, and what has become of one connection. Unlike
 * /proc/net/tcp a question about listening sockets does not make the kernel walk through every connection of the host.
 */

/** Message type of both directions (linux/sock_diag.h). */
export const SOCK_DIAG_BY_FAMILY = 20;

/** States of a socket (net/tcp_states.h): it listens; its handshake is not over as the kernel sees it. */
export const TCP_LISTEN = 10;
export const TCP_SYN_RECV = 3;
export const TCP_NEW_SYN_RECV = 12;

const AF_INET = 2;
const AF_INET6 = 10;
const IPPROTO_TCP = 6;

/** INET_DIAG_NOCOOKIE: any socket with these addresses. */
const NO_COOKIE = 0xffff_ffff;

/** A TCP socket of this network namespace. */
export interface DiagnosedSocket {
  readonly family: 'ipv4' | 'ipv6';
  readonly state: number;
  readonly address: IpAddress;
  readonly port: number;
  /** Of a listening socket: connections that nobody has accepted yet. */
  readonly queued: number;
  /** Of a listening socket: how many of these there may be. */
  readonly backlog: number;
  /** 0 while no process has it: a connection that was not accepted. */
  readonly inode: number;
}

/** One end of a connection. */
export interface Endpoint {
  readonly address: IpAddress;
  readonly port: number;
}

/** Asks for all listening sockets of a family. */
export const listenersRequest = (family: 'ipv4' | 'ipv6', sequence: number): Uint8Array =>
  request(NLM_F_REQUEST | NLM_F_DUMP, sequence, family, 1 << TCP_LISTEN, undefined, undefined);

/** Asks for the socket whose own end is `local`. One that listens there is the answer when there is no connection. */
export const connectionRequest = (local: Endpoint, remote: Endpoint, sequence: number): Uint8Array =>
  request(NLM_F_REQUEST | NLM_F_ACK, sequence, familyOf(local.address), 0xffff_ffff, local, remote);

/*
 * struct inet_diag_req_v2 (linux/inet_diag.h): family, protocol, extensions, padding, a mask of states, and the
 * inet_diag_sockid: both ports in network order, both addresses in 16 bytes each, interface, cookie.
 */
function request(
  flags: number,
  sequence: number,
  family: 'ipv4' | 'ipv6',
  states: number,
  local: Endpoint | undefined,
  remote: Endpoint | undefined,
): Uint8Array {
  const writer = new Writer(56, littleEndian)
    .u8(family === 'ipv4' ? AF_INET : AF_INET6)
    .u8(IPPROTO_TCP)
    .u16(0)
    .u32(states)
    .bytes(port(local))
    .bytes(port(remote))
    .bytes(address(local))
    .bytes(address(remote))
    .u32(0)
    .u32(NO_COOKIE)
    .u32(NO_COOKIE);
  return encodeMessage({ type: SOCK_DIAG_BY_FAMILY, flags, sequence, payload: writer.finish() });
}

/** Reads one answer (struct inet_diag_msg). Refused: `length`, `field`. */
export function decodeSocket(payload: Uint8Array): DiagnosedSocket | Malformed {
  if (payload.length < 72) return malformed('length');
  const reader = new Reader(payload, littleEndian);
  const number = reader.u8();
  if (number !== AF_INET && number !== AF_INET6) return malformed('field');
  const state = reader.u8();
  reader.skip(2);
  const ports = reader.bytes(4);
  const source = reader.bytes(16);
  reader.skip(16 + 4 + 8 + 4);
  const queued = reader.u32();
  const backlog = reader.u32();
  reader.skip(4);
  const inode = reader.u32();
  const family = number === AF_INET ? 'ipv4' : 'ipv6';
  return {
    ...{ family, state, queued, backlog, inode },
    address: formatAddress(family === 'ipv4' ? source.subarray(0, 4) : source),
    port: ((ports[0] ?? 0) << 8) | (ports[1] ?? 0),
  };
}

const familyOf = (of: IpAddress): 'ipv4' | 'ipv6' => (of.includes(':') ? 'ipv6' : 'ipv4');

const port = (end: Endpoint | undefined): Uint8Array => Uint8Array.of((end?.port ?? 0) >> 8, (end?.port ?? 0) & 0xff);

function address(end: Endpoint | undefined): Uint8Array {
  const bytes = new Uint8Array(16);
  if (end !== undefined) bytes.set(addressBytes(end.address));
  return bytes;
}
