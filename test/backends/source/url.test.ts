import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/backends/clock.ts';
import type { Clock } from '../../../src/backends/clock.ts';
import type { BackendSource } from '../../../src/backends/source/source.ts';
import { urlSource } from '../../../src/backends/source/url.ts';
import { milliseconds } from '../../../src/wire/units.ts';
import { shown } from '../sample.ts';
import { until } from '../until.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let server: Server;
let source: BackendSource | undefined;
let answer: Answer;
let url: string;
let seen: (string | undefined)[];

/** The source asks every minute, which is 20 ms here, and waits ten seconds for an answer, which are 500 ms. */
const hurried: Clock = {
  ...systemClock,
  after: (delay, run) => systemClock.after(milliseconds(delay === 60_000 ? 20 : delay / 20), run),
};

beforeEach(async () => {
  seen = [];
  answer = (_, response) => response.end('[]');
  server = createServer((request, response) => {
    seen.push(request.headers['if-none-match']);
    answer(request, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/backends`;
});
afterEach(() => {
  source?.close();
  server.closeAllConnections();
  server.close();
});

const state = () => (source as BackendSource).state();
const now = (): string => shown(state().backends).join(' ');
function follow(address = url): void {
  source = urlSource({ kind: 'url', url: address, interval: milliseconds(60_000), ca: undefined }, hurried);
  source.start(() => {});
}
const says = (text: string): Promise<true> =>
  until(`it says "${text}"`, () => (state().age !== undefined && now() === text ? true : undefined));
const complains = (text: string): Promise<true> =>
  until(`a complaint "${text}"; it says ${state().error}`, () =>
    state().error?.includes(text) === true ? true : undefined,
  );
const body =
  (text: string, status = 200, headers: Record<string, string> = {}): Answer =>
  (_, response) =>
    response.writeHead(status, headers).end(text);

describe('a URL', () => {
  test('says the backends, and is asked again', async () => {
    answer = body('["192.0.2.1:80", {"address": "192.0.2.2:80", "weight": 3}]');
    follow();
    await says('192.0.2.1:80 192.0.2.2:80 weight=3');
    answer = body('{"backends": ["192.0.2.3:80"]}');
    await says('192.0.2.3:80');
  });

  test('is asked with its ETag, and not changed is an answer', async () => {
    answer = (request, response) => {
      if (request.headers['if-none-match'] === '"v1"') response.writeHead(304).end();
      else response.writeHead(200, { etag: '"v1"' }).end('["192.0.2.1:80"]');
    };
    follow();
    await until('it was asked with the ETag', () => seen.filter((etag) => etag === '"v1"').length >= 3);
    expect(seen[0]).toBeUndefined();
    expect(state()).toMatchObject({ error: undefined });
    expect(now()).toBe('192.0.2.1:80');
    answer = body('broken', 500);
    await complains('500');
    // What was told in between is over with the next "not changed".
    answer = body('', 304);
    await until('no complaint', () => state().error === undefined);
    expect(now()).toBe('192.0.2.1:80');
  });

  test.each<[string, Answer, string]>([
    ['404', body('no', 404), '404 Not Found'],
    ['a redirect', body('', 302, { location: '/x' }), '302 Found: redirects are not followed'],
    ['not modified, though nothing was there', body('', 304), '304'],
    ['half an answer', body('["192.0.2.1:80", "192.0'), 'backends:1:'],
    ['an unknown key', body('[{"address": "192.0.2.9:80", "colour": 1}]'), 'unknown key'],
    ['a page', body('<html>maintenance</html>'), 'is no list of backends'],
    ['too much', body(`["${'x'.repeat(9 << 20)}"]`), 'answered with more than 8 MiB'],
    ['bytes that are no text', (_, response) => response.end(Buffer.from([0x22, 0xff, 0x22])), 'is not UTF-8'],
    [
      'a cut connection',
      (_, response) => response.writeHead(200, { 'content-length': '99' }).write('[', () => response.destroy()),
      'reset',
    ],
    ['silence', () => {}, 'no answer within'],
  ])('that answers with %s keeps its last good answer', async (_, wrong, complaint) => {
    answer = body('["192.0.2.1:80"]', 200, complaint === '304' ? {} : { etag: '"v1"' });
    follow();
    await says('192.0.2.1:80');
    answer = wrong;
    await complains(complaint);
    expect(now()).toBe('192.0.2.1:80');
    expect(state().age).toBeGreaterThan(0);
    answer = body('["192.0.2.2:80"]');
    await says('192.0.2.2:80');
    await until('no complaint', () => state().error === undefined);
  });

  test('where nobody listens is a complaint', async () => {
    follow('http://127.0.0.1:1/');
    await complains('connection refused');
    expect(state().age).toBeUndefined();
  });
});
