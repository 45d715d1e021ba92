import { addressBytes, familyOf } from './address.ts';
import type { IpAddress } from './address.ts';
import { encodeMessage, littleEndian } from './netlink.ts';
import { malformed } from './malformed.ts';
import type { Malformed } from './malformed.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** sock_diag(7), linux/sock_diag.h. */
const SOCK_DIAG_BY_FAMILY = 20;

/** Asks for an answer, and for a message behind it that ends it. */
const NLM_F_REQUEST_ACK = 0x5;
const IPPROTO_TCP = 6;
const FAMILIES = { ipv4: 2, ipv6: 10 } as const;

/** One end of a TCP connection, as its socket has it. */
export interface ConnectionEnd {
  readonly local: { readonly address: IpAddress; readonly port: number };
  readonly remote: { readonly address: IpAddress; readonly port: number };
}

/*
 * struct inet_diag_req_v2 (linux/inet_diag.h): family u8, protocol u8, extensions u8, padding u8, states u32, then
 * struct inet_diag_sockid: ports u16 in network order, addresses 16 bytes each, interface u32, cookie 8 bytes.
 */
/** Asks for the one socket that is this end of a connection. */
export function encodeConnectionRequest({ local, remote }: ConnectionEnd, sequence: number): Uint8Array {
  const payload = new Writer(56, littleEndian)
    .u8(FAMILIES[familyOf(local.address)])
    .u8(IPPROTO_TCP)
    .u16(0)
    .u32(0xffff_ffff)
    .bytes(idOf({ local, remote }))
    .finish();
  return encodeMessage({ type: SOCK_DIAG_BY_FAMILY, flags: NLM_F_REQUEST_ACK, sequence, payload });
}

function idOf({ local, remote }: ConnectionEnd): Uint8Array {
  const id = new Uint8Array(48);
  const view = new DataView(id.buffer);
  view.setUint16(0, local.port);
  view.setUint16(2, remote.port);
  id.set(addressBytes(local.address), 4);
  id.set(addressBytes(remote.address), 20);
  // Any interface, and INET_DIAG_NOCOOKIE.
  id.fill(0xff, 40);
  return id;
}

/** TCP_LISTEN (linux/tcp_states.h). */
const LISTENING = 10;

/**
 * The number of the socket in an answer (struct inet_diag_msg, the last of its 72 bytes), 0 while no process has
 * accepted it. The kernel answers with the listening socket where there is no such connection; that counts as 0 too.
 */
export function decodeSocketNumber(payload: Uint8Array): { readonly inode: number } | Malformed {
  if (payload.length < 72) return malformed('length');
  const reader = new Reader(payload, littleEndian);
  reader.skip(1);
  const state = reader.u8();
  reader.skip(66);
  const inode = reader.u32();
  return { inode: state === LISTENING ? 0 : inode };
}
