import type { IncomingMessage, ServerResponse } from 'node:http';
import { streamEvents } from './eventstream.ts';
import type { EventSource } from './eventstream.ts';
import { renderMetrics } from './metrics.ts';
import { OPENMETRICS_TYPE } from './openmetrics.ts';
import { renderPage } from './page.ts';
import type { Status } from './status.ts';

/**
 * What may be read, over the control socket and, where the configuration asks for it, over TCP. Nothing here changes
 * anything.
 *
 *   GET /            a page for people, which renews itself
 *   GET /v1/status   the `Status`
 *   GET /v1/metrics  the same in the text format of OpenMetrics; also as /metrics
 *   GET /v1/events   an `EventLine` a line, with `?since=N`, `?last=N` and `?follow`
 */
export interface ReadingHandlers {
  readonly status: () => Promise<Status>;
  readonly events: EventSource;
}

/** Events on the page. */
const MOST_ON_PAGE = 30;

/** A page needs nothing from anywhere else, and is part of no other. */
const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

/** Answers what is a question to read; `false` when it is none. Rejects when the status cannot be had. */
export async function answerReading(
  request: IncomingMessage,
  response: ServerResponse,
  { status, events }: ReadingHandlers,
): Promise<boolean> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
  if (request.method !== 'GET') return false;
  switch (pathname) {
    case '/': {
      const { records } = events.after(Math.max(0, events.last - MOST_ON_PAGE));
      const page = renderPage(await status(), records.toReversed());
      response.writeHead(200, PAGE_HEADERS).end(page);
      return true;
    }
    case '/v1/status':
      sendJson(response, 200, await status());
      return true;
    case '/metrics':
    case '/v1/metrics': {
      const text = renderMetrics(await status());
      response.writeHead(200, { 'content-type': OPENMETRICS_TYPE, 'cache-control': 'no-store' }).end(text);
      return true;
    }
    case '/v1/events': {
      const [since, last] = [numberIn(searchParams, 'since'), numberIn(searchParams, 'last')];
      streamEvents(response, events, { since, last, follow: searchParams.has('follow') });
      return true;
    }
    default:
      return false;
  }
}

/** Answers with an object. */
export function sendJson(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}

/** Answers with why something could not be done: 400 where the question is wrong, otherwise 503. */
export function sendFailure(response: ServerResponse, error: unknown): void {
  const code = error instanceof RangeError ? 400 : 503;
  sendJson(response, code, { error: error instanceof Error ? error.message : String(error) });
}

/** A number in the query; `undefined` when it is not there. Throws RangeError. */
export function numberIn(parameters: URLSearchParams, name: string): number | undefined {
  const text = parameters.get(name);
  if (text === null) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new RangeError(`"${text}" is no ${name}; write a number`);
  return Number(text);
}
