import { addressBytes, familyOf, formatAddress } from './address.ts';
import type { Family, IpAddress } from './address.ts';
import { malformed } from './malformed.ts';
import type { Malformed } from './malformed.ts';
import { Reader } from './reader.ts';
import { milliseconds } from './units.ts';
import type { Milliseconds } from './units.ts';
import { Writer } from './writer.ts';

/**
 * What two daemons of a pair say to each other beside VRRP, before it is sealed. The format is this program's own; its
 * first byte is the version, and a datagram of another version is refused as a whole.
 *
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  Version = 1  |     Flags     |     Interval (centiseconds)   |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                                                               |
 * +                            Session                            +
 * |                                                               |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                            Counter                            |
 * +                               +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                               |              Path             :
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * :              Path             |             Digest            :
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * :             Digest            |  Name length  |  Node name    :
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * :  count (1) and echoed sessions, 8 bytes each                  :
 * :  count (1) and path reports, 10 bytes each                    :
 * :  count (2) and router reports, 13 to 42 bytes each            :
 * :  words, to the end                                            :
 */
export interface Heartbeat {
  /** The sender's node name, 1 to 63 ASCII characters. */
  readonly node: string;
  /** Chosen at random when the daemon started: 16 hexadecimal digits. */
  readonly session: string;
  /** Grows with each datagram of a session. */
  readonly counter: number;
  /** How often the sender speaks, whole centiseconds. */
  readonly interval: Milliseconds;
  /** The label of the path it was sent over. */
  readonly path: number;
  /** The sender ends: nothing more will come from this session. */
  readonly leaving: boolean;
  /** Whether the sender reaches its gateway or a witness; `unasked` where none is configured. */
  readonly reach: Reach;
  /** Of the sender's resolved configuration. */
  readonly digest: number;
  /** Sessions of others that the sender hears. At most 255. */
  readonly echoes: readonly string[];
  /** Which paths of others the sender hears. At most 255. */
  readonly paths: readonly PathReport[];
  /** The sender's virtual routers. At most 2000. */
  readonly routers: readonly RouterReport[];
  /** What the manager adds, opaque here. At most 4096 bytes. */
  readonly words: Uint8Array;
}

export type Reach = 'unasked' | 'well' | 'none';

export interface PathReport {
  /** The label of the node that is heard, and of the path. */
  readonly node: number;
  readonly path: number;
  /** Since when it was heard last. */
  readonly age: Milliseconds;
}

export interface RouterReport {
  readonly vrid: number;
  readonly family: Family;
  /** The label of the VIP's name. */
  readonly vip: number;
  readonly state: 'initialize' | 'backup' | 'active';
  readonly priority: number;
  /** The advertisement interval, whole centiseconds. */
  readonly interval: Milliseconds;
  /** Where it advertises from; `undefined` while its interface is unusable. */
  readonly source: IpAddress | undefined;
  /** Of its settings. */
  readonly digest: number;
  /** The last advertisement that it accepted: the label of the source, and since when. */
  readonly heard: Voice | undefined;
  /** The last one that it refused, and the number of the reason. */
  readonly refused: (Voice & { readonly reason: number }) | undefined;
}

export interface Voice {
  readonly source: number;
  readonly age: Milliseconds;
}

const VERSION = 1;
const MOST_ROUTERS = 2000;
const MOST_WORDS = 4096;
/** Ages that do not fit are as good as this one: eleven minutes. */
const OLDEST = 0xffff;
const STATES = ['initialize', 'backup', 'active'] as const;
const REACHES = ['unasked', 'well', 'none'] as const;

/** The number that a name has in a heartbeat (FNV-1a, 32 bits). */
export function labelOf(name: string): number {
  let hash = 0x811c_9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x0100_0193) >>> 0;
  return hash;
}

/** Encodes a heartbeat. What is out of range is a programmer error and throws. */
export function encodeHeartbeat(beat: Heartbeat): Uint8Array {
  const node = new TextEncoder().encode(beat.node);
  const size = 31 + node.length + beat.echoes.length * 8 + beat.paths.length * 10 + beat.words.length;
  const writer = new Writer(size + beat.routers.reduce((sum, router) => sum + sizeOf(router), 0));
  writer
    .u8(VERSION)
    .u8((beat.leaving ? 1 : 0) | (REACHES.indexOf(beat.reach) << 1))
    .u16(centisecondsOf(beat.interval))
    .bytes(hexBytes(beat.session))
    .u16(Math.floor(beat.counter / 0x1_0000_0000))
    .u32(beat.counter % 0x1_0000_0000)
    .u32(beat.path)
    .u32(beat.digest);
  writer.u8(node.length).bytes(node).u8(beat.echoes.length);
  for (const echo of beat.echoes) writer.bytes(hexBytes(echo));
  writer.u8(beat.paths.length);
  for (const { node: label, path, age } of beat.paths) writer.u32(label).u32(path).u16(centisecondsOf(age));
  writer.u16(beat.routers.length);
  for (const router of beat.routers) writeRouter(writer, router);
  return writer.bytes(beat.words).finish();
}

/** Decodes a heartbeat. Refused: `version`, `length`, `field`. */
export function decodeHeartbeat(bytes: Uint8Array): Heartbeat | Malformed {
  const reader = new Reader(bytes);
  if (reader.remaining < 31) return malformed('length');
  if (reader.u8() !== VERSION) return malformed('version');
  const flags = reader.u8();
  const interval = milliseconds(reader.u16() * 10);
  const session = hexOf(reader.bytes(8));
  const counter = reader.u16() * 0x1_0000_0000 + reader.u32();
  const path = reader.u32();
  const digest = reader.u32();
  const reach = REACHES[flags >> 1];
  const node = readNode(reader);
  if (reach === undefined || node === undefined) return malformed('field');
  const echoes = readList(reader, 1, 8, () => hexOf(reader.bytes(8)));
  const paths = echoes && readList(reader, 1, 10, () => readPath(reader));
  const routers = paths && readRouters(reader);
  if (echoes === undefined || paths === undefined || routers === undefined) return malformed('length');
  if (routers.some((router) => router === undefined)) return malformed('field');
  if (reader.remaining > MOST_WORDS) return malformed('length');
  const words = reader.bytes(reader.remaining);
  const known = routers.filter((router) => router !== undefined);
  return {
    node,
    session,
    counter,
    interval,
    path,
    leaving: (flags & 1) === 1,
    reach,
    digest,
    echoes,
    paths,
    routers: known,
    words,
  };
}

const sizeOf = ({ source, heard, refused }: RouterReport): number =>
  13 + (source === undefined ? 0 : addressBytes(source).length) + (heard ? 6 : 0) + (refused ? 7 : 0);

/** One byte of flags tells what follows: the family, the state, the source, whom it heard and whom it refused. */
function writeRouter(writer: Writer, router: RouterReport): void {
  const { source, heard, refused } = router;
  writer
    .u8(router.vrid)
    .u8(
      (router.family === 'ipv6' ? 1 : 0) |
        (STATES.indexOf(router.state) << 1) |
        (source === undefined ? 0 : 8) |
        (heard === undefined ? 0 : 16) |
        (refused === undefined ? 0 : 32),
    )
    .u8(router.priority)
    .u32(router.vip)
    .u16(centisecondsOf(router.interval))
    .u32(router.digest);
  if (source !== undefined) writer.bytes(addressBytes(source));
  if (heard !== undefined) writer.u32(heard.source).u16(centisecondsOf(heard.age));
  if (refused !== undefined) writer.u8(refused.reason).u32(refused.source).u16(centisecondsOf(refused.age));
}

function readRouters(reader: Reader): (RouterReport | undefined)[] | undefined {
  if (reader.remaining < 2) return undefined;
  const count = reader.u16();
  if (count > MOST_ROUTERS) return undefined;
  const routers: (RouterReport | undefined)[] = [];
  for (let i = 0; i < count; i++) {
    if (reader.remaining < 13) return undefined;
    const router = readRouter(reader);
    if (router === 'length') return undefined;
    routers.push(router);
  }
  return routers;
}

function readRouter(reader: Reader): RouterReport | undefined | 'length' {
  const vrid = reader.u8();
  const flags = reader.u8();
  const priority = reader.u8();
  const vip = reader.u32();
  const interval = milliseconds(reader.u16() * 10);
  const digest = reader.u32();
  const family: Family = (flags & 1) === 1 ? 'ipv6' : 'ipv4';
  const sourceBytes = (flags & 8) === 0 ? 0 : family === 'ipv4' ? 4 : 16;
  const rest = sourceBytes + ((flags & 16) === 0 ? 0 : 6) + ((flags & 32) === 0 ? 0 : 7);
  if (reader.remaining < rest) return 'length';
  const source = sourceBytes === 0 ? undefined : formatAddress(reader.bytes(sourceBytes));
  const heard = (flags & 16) === 0 ? undefined : readVoice(reader);
  const refused = (flags & 32) === 0 ? undefined : { reason: reader.u8(), ...readVoice(reader) };
  const state = STATES[(flags >> 1) & 3];
  if (state === undefined || (source !== undefined && familyOf(source) !== family)) return undefined;
  return { vrid, family, vip, state, priority, interval, source, digest, heard, refused };
}

const readVoice = (reader: Reader): Voice => ({ source: reader.u32(), age: milliseconds(reader.u16() * 10) });

const readPath = (reader: Reader): PathReport => ({
  node: reader.u32(),
  path: reader.u32(),
  age: milliseconds(reader.u16() * 10),
});

function readNode(reader: Reader): string | undefined {
  const length = reader.remaining > 0 ? reader.u8() : 0;
  if (length < 1 || length > 63 || reader.remaining < length) return undefined;
  const name = String.fromCharCode(...reader.bytes(length));
  return /^[\w.-]+$/.test(name) ? name : undefined;
}

function readList<T>(reader: Reader, head: number, size: number, read: () => T): T[] | undefined {
  if (reader.remaining < head) return undefined;
  const count = reader.u8();
  if (reader.remaining < count * size) return undefined;
  return Array.from({ length: count }, read);
}

const centisecondsOf = (duration: Milliseconds): number => Math.min(OLDEST, Math.max(0, Math.round(duration / 10)));

const hexOf = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** The eight bytes of a session. */
function hexBytes(session: string): Uint8Array {
  if (!/^[0-9a-f]{16}$/.test(session)) throw new Error(`"${session}" is no session`);
  return Uint8Array.from({ length: 8 }, (_, i) => Number.parseInt(session.slice(2 * i, 2 * i + 2), 16));
}
