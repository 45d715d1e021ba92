import { malformed, type Malformed } from './malformed.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/**
 * Netlink framing (RFC 3549 2.3, netlink(7)): messages, their attributes, and the kernel's answer codes. What a message
 * is about belongs elsewhere (`rtnetlink.ts`). Netlink never leaves the host and is in the host's byte order.
 */

/** Whether this host is little-endian, from how it stores a 16-bit word. */
export const littleEndian: boolean = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Message types every netlink family shares. */
export const NLMSG_NOOP = 1;
export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;
export const NLMSG_OVERRUN = 4;

/** Flags of a request. */
export const NLM_F_REQUEST = 0x1;
export const NLM_F_ACK = 0x4;
export const NLM_F_DUMP = 0x300;
export const NLM_F_REPLACE = 0x100;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;

/** Flags of an answer: more parts follow, a dump was disturbed and should be repeated. */
export const NLM_F_MULTI = 0x2;
export const NLM_F_DUMP_INTR = 0x10;

/** Flags of an NLMSG_ERROR: the request is not repeated in full, attributes follow. */
export const NLM_F_CAPPED = 0x100;
export const NLM_F_ACK_TLVS = 0x200;

/** One netlink message. */
export interface Message {
  readonly type: number;
  readonly flags: number;
  /** Chosen by the sender of a request, and repeated in its answers and in the notifications it causes. 32 bits. */
  readonly sequence: number;
  /** The port of the socket whose request this answers or was caused by; 0 in requests, and when there was none. */
  readonly port?: number;
  readonly payload: Uint8Array;
}

/** One attribute. `type` is without the two flag bits of netlink (nested, network byte order). */
export interface Attribute {
  readonly type: number;
  readonly value: Uint8Array;
}

/*
 * struct nlmsghdr (linux/netlink.h)
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                   Length, header included                     |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |             Type              |             Flags             |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                       Sequence number                         |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                         Port number                           |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
const headerLength = 16;

/** Encodes one message, padded to 4 bytes. */
export function encodeMessage(message: Message): Uint8Array {
  const length = headerLength + message.payload.length;
  return new Writer(align(length), littleEndian)
    .u32(length)
    .u16(message.type)
    .u16(message.flags)
    .u32(message.sequence)
    .u32(message.port ?? 0)
    .bytes(message.payload)
    .skip(align(length) - length)
    .finish();
}

/**
 * The messages of one datagram, in order, at most one for each 16 bytes. A tail that is shorter than it says is
 * dropped: the receive buffer was too small, which the caller sees as MSG_TRUNC.
 */
export function decodeMessages(bytes: Uint8Array): Message[] {
  const messages: Message[] = [];
  const reader = new Reader(bytes, littleEndian);
  while (reader.remaining >= headerLength) {
    const length = reader.u32() - headerLength;
    const type = reader.u16();
    const flags = reader.u16();
    const sequence = reader.u32();
    const port = reader.u32();
    if (length < 0 || length > reader.remaining) break;
    messages.push({ type, flags, sequence, port, payload: reader.bytes(length) });
    reader.skip(Math.min(align(length) - length, reader.remaining));
  }
  return messages;
}

/*
 * struct nlattr (linux/netlink.h), aligned to 4 bytes
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |   Length, header included     |N|O|          Type             |   N nested, O network byte order
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |   Value, padded to 4 bytes ...
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-
 */
const attributeHeaderLength = 4;
const attributeTypeMask = 0x3fff;

/** Encodes attributes one after the other, each padded to 4 bytes. A value of more than 65531 bytes throws. */
export function encodeAttributes(attributes: readonly Attribute[]): Uint8Array {
  const size = attributes.reduce((sum, { value }) => sum + align(attributeHeaderLength + value.length), 0);
  const writer = new Writer(size, littleEndian);
  for (const { type, value } of attributes) {
    const length = attributeHeaderLength + value.length;
    writer.u16(length).u16(type).bytes(value);
    writer.skip(align(length) - length);
  }
  return writer.finish();
}

/**
 * The attributes in `bytes`, in order, at most one for each 4 bytes. A tail that is shorter than it says is dropped,
 * as the kernel's own parser does.
 */
export function decodeAttributes(bytes: Uint8Array): Attribute[] {
  const attributes: Attribute[] = [];
  const reader = new Reader(bytes, littleEndian);
  while (reader.remaining >= attributeHeaderLength) {
    const length = reader.u16() - attributeHeaderLength;
    const type = reader.u16() & attributeTypeMask;
    if (length < 0 || length > reader.remaining) break;
    attributes.push({ type, value: reader.bytes(length) });
    reader.skip(Math.min(align(length) - length, reader.remaining));
  }
  return attributes;
}

/** The kernel's verdict on a request. */
export interface Verdict {
  /** 0 for an acknowledgement, otherwise the positive errno. */
  readonly errno: number;
  /** What the kernel says in words; only on sockets with NETLINK_EXT_ACK, and only for some errors. */
  readonly text: string | undefined;
}

const attributeErrorText = 1; // NLMSGERR_ATTR_MSG

/**
 * Decodes the payload of an NLMSG_ERROR, which is also the acknowledgement: a negative errno, the header of the request,
 * its payload unless capped, then attributes. `flags` are the message's, without which no text can be found. The first
 * word of an NLMSG_DONE is a verdict too: decode it without flags. Refused: `length`, `field` (a positive code).
 */
export function decodeError(payload: Uint8Array, flags = 0): Verdict | Malformed {
  if (payload.length < 4) return malformed('length');
  const reader = new Reader(payload, littleEndian);
  const code = reader.i32();
  if (code > 0) return malformed('field');
  const verdict = { errno: 0 - code, text: undefined };
  if ((flags & NLM_F_ACK_TLVS) === 0 || reader.remaining < headerLength) return verdict;
  const request = reader.u32();
  reader.skip(headerLength - 4);
  const repeated = (flags & NLM_F_CAPPED) === 0 ? align(Math.max(0, request - headerLength)) : 0;
  if (repeated > reader.remaining) return verdict;
  reader.skip(repeated);
  const text = decodeAttributes(reader.bytes(reader.remaining)).find(({ type }) => type === attributeErrorText);
  return { ...verdict, text: text && decodeString(text.value) };
}

// A byte order mark is a part of the text: an interface name is whatever bytes its creator chose.
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** The text of a string attribute, which ends at its first NUL or with the value. */
export function decodeString(value: Uint8Array): string {
  const end = value.indexOf(0);
  return utf8.decode(end === -1 ? value : value.subarray(0, end));
}

/** A string attribute's value: UTF-8 and a NUL. */
export const encodeString = (text: string): Uint8Array => new TextEncoder().encode(`${text}\0`);

const align = (length: number): number => Math.ceil(length / 4) * 4;
