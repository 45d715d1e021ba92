import { formatAddress } from './address.ts';
import type { IpAddress } from './address.ts';
import { malformed } from './malformed.ts';
import type { Malformed } from './malformed.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/**
 * Questions to a name server and its answers (RFC 1035 4.1), with EDNS(0) for answers of more than 512 bytes
 * (RFC 6891). Only what is needed to find servers: A, AAAA (RFC 3596), SRV (RFC 2782), CNAME, and the SOA that says for
 * how long there is none (RFC 2308 5).
 */
export type DnsType = 'A' | 'AAAA' | 'SRV';

export const dnsTypes = { A: 1, CNAME: 5, SOA: 6, AAAA: 28, SRV: 33, OPT: 41 } as const;

/** Response codes (RFC 1035 4.1.1) that have a meaning here. */
export const rcodes = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;

/** A resource record; names in lower case without the final dot, `ttl` in seconds. */
export type DnsRecord =
  | { readonly type: 'A' | 'AAAA'; readonly name: string; readonly ttl: number; readonly address: IpAddress }
  | { readonly type: 'CNAME'; readonly name: string; readonly ttl: number; readonly target: string }
  | { readonly type: 'SOA'; readonly name: string; readonly ttl: number; readonly minimum: number }
  | {
      readonly type: 'SRV';
      readonly name: string;
      readonly ttl: number;
      readonly priority: number;
      readonly weight: number;
      readonly port: number;
      readonly target: string;
    };

export interface DnsMessage {
  readonly id: number;
  readonly rcode: number;
  readonly isTruncated: boolean;
  /** As it was asked; `undefined` when there is not exactly one. */
  readonly question: { readonly name: string; readonly type: number } | undefined;
  /** Records of other types and classes are left out. */
  readonly answers: readonly DnsRecord[];
  readonly authority: readonly DnsRecord[];
  readonly additional: readonly DnsRecord[];
}

const CLASS_IN = 1;
/** What fits into any path without fragments (DNS flag day 2020). */
const UDP_SIZE = 1232;
const MOST_RECORDS = 4000;

/** The bytes of a recursive question. `name` is a host name without the final dot. */
export function encodeDnsQuestion(id: number, name: string, type: DnsType, edns: boolean): Uint8Array {
  const labels = name.split('.').map((label) => new TextEncoder().encode(label));
  const length = labels.reduce((sum, label) => sum + 1 + label.length, 1);
  const writer = new Writer(12 + length + 4 + (edns ? 11 : 0)).u16(id).u16(0x0100);
  writer
    .u16(1)
    .u16(0)
    .u16(0)
    .u16(edns ? 1 : 0);
  for (const label of labels) writer.u8(label.length).bytes(label);
  writer.u8(0).u16(dnsTypes[type]).u16(CLASS_IN);
  if (edns) writer.u8(0).u16(dnsTypes.OPT).u16(UDP_SIZE).u32(0).u16(0);
  return writer.finish();
}

/** Reads an answer. Never throws. */
export function decodeDnsAnswer(bytes: Uint8Array): DnsMessage | Malformed {
  if (bytes.length < 12) return malformed('length');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = view.getUint16(2);
  if ((flags & 0x8000) === 0) return malformed('type');
  const counts = [4, 6, 8, 10].map((at) => view.getUint16(at));
  if (counts.reduce((sum, count) => sum + count, 0) > MOST_RECORDS) return malformed('count');
  let at = 12;
  const questions: { name: string; type: number }[] = [];
  for (let index = 0; index < (counts[0] ?? 0); index++) {
    const name = readName(bytes, at);
    if (name === undefined || name.end + 4 > bytes.length) return malformed('length');
    questions.push({ name: name.text, type: view.getUint16(name.end) });
    at = name.end + 4;
  }
  const sections: DnsRecord[][] = [];
  for (const count of counts.slice(1)) {
    const section: DnsRecord[] = [];
    for (let index = 0; index < count; index++) {
      const read = readRecord(bytes, view, at);
      if (read === undefined) return malformed('length');
      if (read.record !== undefined) section.push(read.record);
      at = read.end;
    }
    sections.push(section);
  }
  const [answers = [], authority = [], additional = []] = sections;
  const question = questions.length === 1 ? questions[0] : undefined;
  const isTruncated = (flags & 0x0200) !== 0;
  return { id: view.getUint16(0), rcode: flags & 0x0f, isTruncated, question, answers, authority, additional };
}

/** RFC 1035 4.1.4: labels, and pointers that only lead backwards here, so that no name is without end. */
function readName(bytes: Uint8Array, start: number): { text: string; end: number } | undefined {
  const labels: string[] = [];
  let end: number | undefined;
  let total = 0;
  for (let at = start, limit = start; ;) {
    const length = bytes[at];
    if (length === undefined) return undefined;
    if (length === 0) return { text: labels.join('.'), end: end ?? at + 1 };
    if (length >= 0xc0) {
      const target = ((length & 0x3f) << 8) | (bytes[at + 1] ?? 0);
      if (at + 1 >= bytes.length || target >= limit) return undefined;
      end ??= at + 2;
      limit = target;
      at = target;
      continue;
    }
    total += length + 1;
    if (length > 63 || total > 254 || at + 1 + length > bytes.length) return undefined;
    labels.push(labelText(bytes.subarray(at + 1, at + 1 + length)));
    at += 1 + length;
  }
}

/** What is no letter, digit, hyphen or underscore is made visible, so that no label can pass for two. */
const labelText = (label: Uint8Array): string =>
  Array.from(label, (byte) => {
    const character = String.fromCharCode(byte).toLowerCase();
    return /[a-z0-9_-]/.test(character) ? character : `\\${byte}`;
  }).join('');

function readRecord(
  bytes: Uint8Array,
  view: DataView,
  start: number,
): { record: DnsRecord | undefined; end: number } | undefined {
  const name = readName(bytes, start);
  if (name === undefined || name.end + 10 > bytes.length) return undefined;
  const reader = new Reader(bytes.subarray(name.end, name.end + 10));
  const [type, kind, ttlHigh, ttlLow, length] = [reader.u16(), reader.u16(), reader.u16(), reader.u16(), reader.u16()];
  const data = name.end + 10;
  const end = data + length;
  if (end > bytes.length) return undefined;
  // RFC 2181 8: a TTL with the first bit set is zero.
  const ttl = ttlHigh >= 0x8000 ? 0 : ttlHigh * 0x1_0000 + ttlLow;
  if (kind !== CLASS_IN) return { record: undefined, end };
  const record = readData(bytes, view, { type, data, length }, { name: name.text, ttl });
  return record === 'malformed' ? undefined : { record, end };
}

function readData(
  bytes: Uint8Array,
  view: DataView,
  { type, data, length }: { type: number; data: number; length: number },
  owner: { readonly name: string; readonly ttl: number },
): DnsRecord | undefined | 'malformed' {
  switch (type) {
    case dnsTypes.A:
    case dnsTypes.AAAA: {
      const isA = type === dnsTypes.A;
      if (length !== (isA ? 4 : 16)) return 'malformed';
      return { ...owner, type: isA ? 'A' : 'AAAA', address: formatAddress(bytes.subarray(data, data + length)) };
    }
    case dnsTypes.CNAME: {
      const target = readName(bytes, data);
      return target === undefined ? 'malformed' : { ...owner, type: 'CNAME', target: target.text };
    }
    case dnsTypes.SRV: {
      const target = length < 7 ? undefined : readName(bytes, data + 6);
      if (target === undefined) return 'malformed';
      const [priority, weight, port] = [view.getUint16(data), view.getUint16(data + 2), view.getUint16(data + 4)];
      return { ...owner, type: 'SRV', priority, weight, port, target: target.text };
    }
    case dnsTypes.SOA:
      if (length < 22) return 'malformed';
      return { ...owner, type: 'SOA', minimum: view.getUint32(data + length - 4) };
    default:
      return undefined;
  }
}
