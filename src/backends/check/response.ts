import type { MatchConfig, RequestConfig, StatusRange } from '../../config/checkconfig.ts';

/**
 * A request and what is needed of its answer (RFC 9112), as bytes in and a judgement out. Pure. It reads the status
 * line and, only when the body is asked for, headers and body. It is bounded, and lenient where a check may be: what it
 * cannot make sense of is a bad result.
 */
export interface Judgement {
  readonly result: 'good' | 'bad';
  readonly reason: string;
}

/** Reads an answer as it comes. */
export interface ResponseReader {
  /** Adds bytes, none at the end of the stream; the judgement as soon as it is certain. */
  read(bytes: Uint8Array): Judgement | undefined;
}

/** Status line and headers; longer ones are no answer of a health check. */
const MOST_HEAD = 16_384;

/** Of the body, as it travels. */
const MOST_BODY = 65_536;

/** The request. `host` is the Host header, checked by the configuration to hold nothing that ends a line. */
export function requestBytes({ path }: Pick<RequestConfig, 'path'>, host: string): Uint8Array {
  const lines = [`GET ${path} HTTP/1.1`, `Host: ${host}`, 'User-Agent: vipair', 'Accept: */*', 'Connection: close'];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

/** A reader of one answer. */
export function createResponseReader({ status, match }: Pick<RequestConfig, 'status' | 'match'>): ResponseReader {
  let text = '';
  return {
    read(bytes) {
      const isEnd = bytes.length === 0;
      // Latin-1 keeps every byte as one character, so that lengths are those of the wire.
      const piece = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      text += piece.toString('latin1');
      text = afterInformation(text);
      const line = text.indexOf('\n');
      if (line < 0) {
        if (text.length > MOST_HEAD) return bad('no HTTP answer');
        return isEnd ? bad(text === '' ? 'closed without an answer' : 'no HTTP answer') : undefined;
      }
      const [, code, phrase = ''] = /^HTTP\/1\.[01] ([1-9]\d\d)(?: ([^\r\n]*))?\r?$/.exec(text.slice(0, line)) ?? [];
      if (code === undefined) return bad('no HTTP answer');
      // The rest of an answer that only informs is not there yet.
      if (code.startsWith('1') && !isEnd && text.length <= MOST_HEAD) return undefined;
      const said = `${code} ${printable(phrase)}`.trim();
      if (!status.some(({ from, to }) => Number(code) >= from && Number(code) <= to)) {
        return bad(`${said}, not ${formatRanges(status)}`);
      }
      if (match === undefined) return { result: 'good', reason: said };
      return judgeBody(text, isEnd, match, said);
    },
  };
}

const bad = (reason: string): Judgement => ({ result: 'bad', reason });

const formatRanges = (ranges: readonly StatusRange[]): string =>
  ranges.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(', ');

/** An answer may be preceded by others that only inform (RFC 9110 15.2). */
function afterInformation(text: string): string {
  let rest = text;
  for (let times = 0; times < 8 && /^HTTP\/1\.1 1\d\d/.test(rest); times++) {
    const end = /\r?\n\r?\n/.exec(rest);
    if (end === null) return rest;
    rest = rest.slice(end.index + end[0].length);
  }
  return rest;
}

function judgeBody(text: string, isEnd: boolean, match: MatchConfig, said: string): Judgement | undefined {
  const end = /\r?\n\r?\n/.exec(text);
  if (end === null) {
    if (text.length > MOST_HEAD) return bad('headers longer than 16 KiB');
    return isEnd ? bad('closed within the headers') : undefined;
  }
  const head = text.slice(0, end.index);
  const raw = text.slice(end.index + end[0].length);
  const isChunked = /^transfer-encoding:.*\bchunked[ \t]*\r?$/im.test(head);
  const body = isChunked ? dechunk(raw) : raw;
  if (matches(match, body)) return { result: 'good', reason: said };
  const length = /^content-length:[ \t]*(\d{1,15})[ \t]*\r?$/im.exec(head)?.[1];
  const isWhole = isChunked
    ? /(?:^|\r\n)0+\r\n(?:[^\r\n]+\r\n)*\r\n$/.test(raw)
    : length !== undefined && raw.length >= Number(length);
  if (!isWhole && !isEnd && raw.length < MOST_BODY) return undefined;
  return bad(`${said}, but the body does not have ${formatMatch(match)}`);
}

/** The data of the chunks that are there (RFC 9112 7.1). */
function dechunk(raw: string): string {
  let body = '';
  for (let at = 0; at < raw.length;) {
    const size = /^([0-9a-f]{1,8})(?:[ \t]*;[^\r\n]*)?\r\n/i.exec(raw.slice(at, at + 1000));
    if (size === null) break;
    const length = Number.parseInt(size[1] ?? '0', 16);
    if (length === 0) break;
    const start = at + size[0].length;
    body += raw.slice(start, start + length);
    at = start + length + 2;
  }
  return body;
}

/** Whether text, each character a byte, has what is asked for; that is UTF-8 in the configuration. */
export function matches(match: MatchConfig, bytes: string): boolean {
  const limited = bytes.slice(0, MOST_BODY);
  if (match.kind === 'text') return limited.includes(Buffer.from(match.text, 'utf8').toString('latin1'));
  return new RegExp(match.source, match.flags).test(Buffer.from(limited, 'latin1').toString('utf8'));
}

/** As it was written. */
export const formatMatch = (match: MatchConfig): string =>
  match.kind === 'text' ? JSON.stringify(match.text) : `/${match.source}/${match.flags}`;

/** A phrase of somebody else in our words: one line, no control characters, not long. */
export const printable = (text: string): string => text.replaceAll(/[^\u0020-\u007e]+/g, ' ').slice(0, 80);
