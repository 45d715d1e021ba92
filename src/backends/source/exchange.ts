import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Clock } from '../clock.ts';
import { milliseconds } from '../../wire/units.ts';
import type { Milliseconds } from '../../wire/units.ts';
import { errorCode, OpError } from '../../linux/operror.ts';

/** Asking a web server, with a bound on everything: time, bytes, and no redirects. */
export interface Question {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeout: Milliseconds;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

export interface Answer {
  readonly status: number;
  /** Such as `200 OK`. */
  readonly words: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** The largest answer that is read, and the longest line of a stream. */
export const MOST_BYTES: number = 8 << 20;

/** How to call off what goes on. */
export type Cancel = () => void;

/** One question and its whole answer, or why there is none, in words. */
export function exchange(
  question: Question,
  clock: Clock,
  tell: (answer: Answer | { readonly error: string }) => void,
): Cancel {
  const chunks: Buffer[] = [];
  let length = 0;
  const { end, isOver } = once(tell);
  const request = begin(question, end, (response) => {
    response.on('data', (bytes: Buffer) => {
      length += bytes.length;
      chunks.push(bytes);
      if (length > MOST_BYTES) finish({ error: `answered with more than ${MOST_BYTES >> 20} MiB` });
    });
    response.on('end', () => finish(answerOf(response, Buffer.concat(chunks))));
    response.on('error', (error) => finish({ error: wordsOfError(error) }));
  });
  const cancelTime = clock.after(question.timeout, () => finish({ error: `no answer within ${question.timeout} ms` }));
  const finish = (answer: Answer | { readonly error: string }): void => {
    cancelTime();
    request?.destroy();
    end(answer);
  };
  request?.on('error', (error) => finish({ error: wordsOfError(error) }));
  request?.end(question.body);
  return () => {
    cancelTime();
    isOver();
    request?.destroy();
  };
}

/** A question whose answer never ends: each line is told, and the end, after which nothing is. */
export function stream(
  question: Question,
  clock: Clock,
  onLine: (line: string) => void,
  onEnd: (reason: string) => void,
): Cancel {
  let rest = '';
  const { end, isOver } = once((found: { readonly error: string }) => onEnd(found.error));
  const request = begin(question, end, (response) => {
    cancelTime();
    response.setEncoding('utf8');
    response.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > MOST_BYTES) finish(`sent a line of more than ${MOST_BYTES >> 20} MiB`);
      for (const line of lines) if (line.trim() !== '' && !isClosed) onLine(line);
    });
    response.on('end', () => finish('ended the stream'));
    response.on('error', (error) => finish(wordsOfError(error)));
  });
  let isClosed = false;
  const cancelTime = clock.after(question.timeout, () => finish(`no answer within ${question.timeout} ms`));
  const finish = (error: string): void => {
    cancelTime();
    request?.destroy();
    if (!isClosed) end({ error });
  };
  request?.on('error', (error) => finish(wordsOfError(error)));
  // A peer that vanished without a word is found by the kernel's probes.
  request?.on('socket', (socket) => socket.setKeepAlive(true, 10_000));
  request?.end(question.body);
  return () => {
    isClosed = true;
    isOver();
    cancelTime();
    request?.destroy();
  };
}

/** Something that is told once at most, and not in the stack of whoever asked. */
function once<T>(tell: (value: T) => void): { end: (value: T) => void; isOver: () => void } {
  let isTold = false;
  let isMuted = false;
  return {
    end(value) {
      if (isTold || isMuted) return;
      isTold = true;
      queueMicrotask(() => {
        if (!isMuted) tell(value);
      });
    },
    isOver() {
      isMuted = true;
    },
  };
}

function begin(
  { url, method, headers = {}, ca, cert, key }: Question,
  end: (found: { readonly error: string }) => void,
  onResponse: (response: IncomingMessage) => void,
): ClientRequest | undefined {
  try {
    const request = url.startsWith('https:') ? httpsRequest : httpRequest;
    const files = Object.fromEntries(
      Object.entries({ ca, cert, key }).flatMap(([name, file]) => (file === undefined ? [] : [[name, contents(file)]])),
    );
    const own = { 'user-agent': 'vipair', ...headers };
    return request(url, { method, headers: own, agent: false, ...files }, onResponse);
  } catch (error) {
    end({ error: wordsOfError(error) });
    return undefined;
  }
}

function contents(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new OpError(`read "${file}"`, errorCode(cause) ?? 'EIO', { cause });
  }
}

function answerOf(response: IncomingMessage, bytes: Buffer): Answer | { readonly error: string } {
  const status = response.statusCode ?? 0;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { status, words: `${status} ${response.statusMessage ?? ''}`.trim(), headers: response.headers, text };
  } catch {
    return { error: 'answered with something that is not UTF-8' };
  }
}

/** An error of the network in words. */
export function wordsOfError(error: unknown): string {
  if (error instanceof OpError) return error.message;
  const code = errorCode(error);
  if (code === 'ECONNREFUSED') return 'connection refused';
  if (code === 'ECONNRESET') return 'connection reset';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'the host name cannot be resolved';
  return code ?? (error instanceof Error ? error.message : String(error));
}

/** How long to wait after the `n`th failure in a row: doubled each time, within bounds. */
export const backOff = (failures: number, least: number, most: number): Milliseconds =>
  milliseconds(Math.min(most, least * 2 ** Math.min(failures - 1, 16)));
