import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/**
 * How the hosts of a pair tell each other what they see of the backends: the words of a heartbeat. The format is this
 * program's own; its first byte is the version, and words of another version say nothing.
 *
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  Version = 1  |  and for each service:
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                       Label of its name                       |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                   Label of all its backends                   |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |             Total             |               Up              |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |            Unknown            |  Listed down  |  labels, 4 bytes each
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface BackendReport {
  /** The label of the service's name. */
  readonly service: number;
  /** The label of all backends that it has, whatever they are told to do: two hosts with the same ones have the same. */
  readonly set: number;
  /** Those that are meant to serve, 0 to 65535, and how many of them are well, and not judged yet. */
  readonly total: number;
  readonly up: number;
  readonly unknown: number;
  /** The labels of those that are down; `undefined` when there are too many to be told. At most 254. */
  readonly down: readonly number[] | undefined;
}

const VERSION = 1;
const HEAD = 15;
const UNLISTED = 255;

/** What the words of a heartbeat may take, and up to where single backends are told, so that one frame holds it all. */
const MOST = 4096;
const FRAME = 1024;

/** Encodes what fits, the first ones first. What is out of range is a programmer error and throws. */
export function encodeBackendWords(reports: readonly BackendReport[]): Uint8Array {
  let left = MOST - 1;
  let listable = FRAME - 1 - HEAD * reports.length;
  const told: BackendReport[] = [];
  for (const report of reports) {
    if (left < HEAD) break;
    const size = 4 * (report.down?.length ?? 0);
    const down =
      report.down !== undefined && report.down.length < UNLISTED && size <= listable ? report.down : undefined;
    if (down !== undefined) listable -= size;
    left -= HEAD + (down === undefined ? 0 : size);
    told.push({ ...report, down });
  }
  const writer = new Writer(MOST - left).u8(VERSION);
  for (const { service, set, total, up, unknown, down } of told) {
    writer.u32(service).u32(set).u16(total).u16(up).u16(unknown);
    writer.u8(down?.length ?? UNLISTED);
    for (const label of down ?? []) writer.u32(label);
  }
  return writer.finish();
}

/** Decodes words; `undefined` when they say nothing that this program understands. */
export function decodeBackendWords(bytes: Uint8Array): BackendReport[] | undefined {
  const reader = new Reader(bytes);
  if (reader.remaining < 1 || reader.u8() !== VERSION) return undefined;
  const reports: BackendReport[] = [];
  while (reader.remaining > 0) {
    if (reader.remaining < HEAD) return undefined;
    const [service, set] = [reader.u32(), reader.u32()];
    const [total, up, unknown] = [reader.u16(), reader.u16(), reader.u16()];
    const count = reader.u8();
    const listed = count === UNLISTED ? 0 : count;
    if (up + unknown > total || reader.remaining < 4 * listed) return undefined;
    const labels = Array.from({ length: listed }, () => reader.u32());
    reports.push({ service, set, total, up, unknown, down: count === UNLISTED ? undefined : labels });
  }
  return reports;
}
