import { internetChecksum } from './checksum.ts';
import type { Family } from './address.ts';

/**
 * Echo request and reply of ICMP (RFC 792) and ICMPv6 (RFC 4443 4.1, 4.2).
 *
 * ```
 * type        1 byte    8 and 0, in ICMPv6 128 and 129
 * code        1 byte    0
 * checksum    2 bytes   ICMP: of the message. ICMPv6: with a pseudo-header, which the kernel fills in (RFC 3542 3.1)
 * identifier  2 bytes   of who asks; the kernel's choice on a datagram socket
 * sequence    2 bytes
 * data        any
 * ```
 */
export interface Echo {
  readonly identifier: number;
  readonly sequence: number;
  /** A view of the datagram. */
  readonly data: Uint8Array;
}

const TYPES = { ipv4: { request: 8, reply: 0 }, ipv6: { request: 128, reply: 129 } } as const;
const HEADER = 8;

/** The bytes of a request. */
export function encodeEchoRequest(family: Family, { identifier, sequence, data }: Echo): Uint8Array {
  const bytes = new Uint8Array(HEADER + data.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = TYPES[family].request;
  view.setUint16(4, identifier);
  view.setUint16(6, sequence);
  bytes.set(data, HEADER);
  if (family === 'ipv4') view.setUint16(2, internetChecksum(bytes));
  return bytes;
}

/** Reads a reply; `undefined` when the message is anything else. The kernel has checked the checksum. */
export function decodeEchoReply(family: Family, bytes: Uint8Array): Echo | undefined {
  if (bytes.length < HEADER || bytes[0] !== TYPES[family].reply || bytes[1] !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { identifier: view.getUint16(4), sequence: view.getUint16(6), data: bytes.subarray(HEADER) };
}

/** What follows the IPv4 header, which raw sockets deliver (raw(7)); `undefined` when there is no whole one. */
export function skipIpv4Header(bytes: Uint8Array): Uint8Array | undefined {
  const length = ((bytes[0] ?? 0) & 0x0f) * 4;
  return length < 20 || length > bytes.length ? undefined : bytes.subarray(length);
}
