import { field, readJson } from './json.ts';

/**
 * The messages of etcd's JSON gateway that are used here (etcd 3.4 and newer, `/v3/...`): gRPC messages as JSON, bytes
 * in base64, 64-bit numbers as text, and whatever is zero left out. Pure: text in, values out.
 */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

/** One page of the keys below a prefix. */
export interface Page {
  /** The revision of the whole store that the page is of. */
  readonly revision: bigint;
  readonly pairs: readonly KeyValue[];
  readonly more: boolean;
}

export interface WatchEvent extends KeyValue {
  readonly type: 'put' | 'delete';
}

export type WatchMessage =
  | { readonly kind: 'events'; readonly revision: bigint; readonly events: readonly WatchEvent[] }
  /** What was asked for is compacted away: everything has to be listed anew. */
  | { readonly kind: 'compacted' }
  | { readonly kind: 'failed'; readonly reason: string };

/** A request for the page that begins with a key; `atRevision` so that all pages are of one moment. */
export function rangeRequest(prefix: string, from: string, atRevision: bigint | undefined, limit: number): string {
  const revision = atRevision === undefined ? {} : { revision: `${atRevision}` };
  return JSON.stringify({ key: encode(from), range_end: rangeEnd(prefix), limit: `${limit}`, ...revision });
}

/** A request for whether the store answers: how many keys there are below the prefix. */
export const countRequest = (prefix: string): string =>
  JSON.stringify({ key: encode(prefix), range_end: rangeEnd(prefix), count_only: true });

/** A request for everything that happens below a prefix from a revision on. */
export function watchRequest(prefix: string, revision: bigint): string {
  const range = { key: encode(prefix), range_end: rangeEnd(prefix), start_revision: `${revision}` };
  return JSON.stringify({ create_request: { ...range, progress_notify: true } });
}

/** A page; `undefined` when the text is none. */
export function readPage(text: string): Page | undefined {
  const message = readJson(text);
  const revision = bigintOf(field(field(message, 'header'), 'revision'));
  if (revision === undefined) return undefined;
  const kvs = field(message, 'kvs');
  const pairs = Array.isArray(kvs) ? kvs.map(readPair) : [];
  return { revision, pairs, more: field(message, 'more') === true };
}

/** A line of a watch. */
export function readWatchMessage(line: string): WatchMessage {
  const message = readJson(line);
  const result = field(message, 'result');
  if (result === undefined) return { kind: 'failed', reason: errorText(line) };
  const revision = bigintOf(field(field(result, 'header'), 'revision')) ?? 0n;
  if (field(result, 'canceled') === true) {
    const compacted = bigintOf(field(result, 'compact_revision')) ?? 0n;
    if (compacted > 0n) return { kind: 'compacted' };
    const why = field(result, 'cancel_reason');
    return { kind: 'failed', reason: typeof why === 'string' ? why : 'the watch was cancelled' };
  }
  const events = field(result, 'events');
  return { kind: 'events', revision, events: Array.isArray(events) ? events.map(readEvent) : [] };
}

/** The token in the answer to a login. */
export const readToken = (text: string): string | undefined => {
  const token = field(readJson(text), 'token');
  return typeof token === 'string' ? token : undefined;
};

/** What the gateway says about a failure. */
export function errorText(text: string): string {
  const message = readJson(text);
  const inner = field(message, 'error') ?? field(message, 'message');
  const said = typeof inner === 'object' ? (field(inner, 'message') ?? field(inner, 'error')) : inner;
  return typeof said === 'string' && said !== '' ? said.slice(0, 200) : "an answer that is not etcd's";
}

/** The least key that does not begin with the prefix (etcd's `range_end`): its last byte, plus one. */
function rangeEnd(prefix: string): string {
  const bytes = Buffer.from(prefix, 'latin1');
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) + 1;
  return bytes.toString('base64');
}

const encode = (text: string): string => Buffer.from(text, 'latin1').toString('base64');

function readPair(pair: unknown): KeyValue {
  const decode = (value: unknown): Buffer => Buffer.from(typeof value === 'string' ? value : '', 'base64');
  return { key: decode(field(pair, 'key')).toString('latin1'), value: decode(field(pair, 'value')).toString('utf8') };
}

function readEvent(event: unknown): WatchEvent {
  return { type: field(event, 'type') === 'DELETE' ? 'delete' : 'put', ...readPair(field(event, 'kv')) };
}

const bigintOf = (value: unknown): bigint | undefined =>
  typeof value === 'string' && /^\d{1,19}$/.test(value) ? BigInt(value) : undefined;
