import { describe, expect, test } from 'vitest';
import { createResponseReader, requestBytes } from '../../../src/backends/check/response.ts';
import type { Judgement } from '../../../src/backends/check/response.ts';
import { random } from '../../wire/random.ts';
import { checkOf } from '../sample.ts';

const checks = new Map<string, ReturnType<typeof checkOf<'http'>>>();

/** What is judged of an answer, fed in pieces of `size` bytes, with the end of the stream behind it. */
function judged(answer: string, check = '', size = 1000, end = true): Judgement | undefined {
  const request = checks.get(check) ?? checkOf('http', check);
  checks.set(check, request);
  const reader = createResponseReader(request);
  const bytes = Buffer.from(answer, 'utf8');
  for (let at = 0; at < bytes.length; at += size) {
    const judgement = reader.read(bytes.subarray(at, at + size));
    if (judgement !== undefined) return judgement;
  }
  return end ? reader.read(new Uint8Array(0)) : undefined;
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nready';

describe('an answer', () => {
  test.each([
    [OK, '', 'good', '200 OK'],
    ['HTTP/1.0 204\r\n\r\n', '', 'good', '204'],
    ['HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n', '', 'good', '302 Found'],
    ['HTTP/1.1 404 Not Found\r\n\r\n', '', 'bad', '404 Not Found, not 200-399'],
    ['HTTP/1.1 503 Service Unavailable\r\n\r\n', '', 'bad', '503 Service Unavailable, not 200-399'],
    ['HTTP/1.1 200 OK\r\n\r\n', 'status: [204, 300-301]', 'bad', '200 OK, not 204, 300-301'],
    ['HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 Oh\r\n\r\n', '', 'bad', '500 Oh, not 200-399'],
    ['HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n', '', 'good', '200 OK'],
    ['SSH-2.0-OpenSSH_9.2\r\n', '', 'bad', 'no HTTP answer'],
    ['HTTP/1.1 2000 OK\r\n', '', 'bad', 'no HTTP answer'],
    ['', '', 'bad', 'closed without an answer'],
    ['HTTP/1.1 200', '', 'bad', 'no HTTP answer'],
    ['HTTP/1.1 200 \u001b[31mred\r\n\r\n', '', 'good', '200  [31mred'],
    [OK, 'match: ready', 'good', '200 OK'],
    [OK, 'match: "/^READY$/i"', 'good', '200 OK'],
    [OK, 'match: steady', 'bad', '200 OK, but the body does not have "steady"'],
    [OK, 'match: OK', 'bad', '200 OK, but the body does not have "OK"'],
    ['HTTP/1.1 200 OK\r\n\r\nbe ready', 'match: ready', 'good', '200 OK'],
    ['HTTP/1.1 200 OK\r\nX: y\r\n', 'match: ready', 'bad', 'closed within the headers'],
    [
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nre\r\n3;x=y\r\nady\r\n0\r\n\r\n',
      'match: ready',
      'good',
      '200 OK',
    ],
    [
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nre\r\n0\r\n\r\n',
      'match: ready',
      'bad',
      '200 OK, but the body does not have "ready"',
    ],
    ['HTTP/1.1 200 OK\r\n\r\nbereit: größer', 'match: größer', 'good', '200 OK'],
  ])('%j with %j is %s', (answer, check, result, reason) => {
    for (const size of [1, 7, 1000]) expect(judged(answer, check, size), `${size}`).toEqual({ result, reason });
  });

  test('is judged as soon as it is certain', () => {
    expect(judged('HTTP/1.1 200 OK\r\n', '', 1000, false)?.result).toBe('good');
    expect(judged(OK, 'match: steady', 1000, false)?.result).toBe('bad');
    expect(judged('HTTP/1.1 200 OK\r\n\r\nste', 'match: steady', 1000, false)).toBeUndefined();
  });

  test('is read to a bound', () => {
    expect(judged(`HTTP/1.1 200 ${'x'.repeat(20_000)}`, '', 1000, false)?.reason).toBe('no HTTP answer');
    const heads = `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(4000)}`;
    expect(judged(heads, 'match: ready', 1000, false)?.reason).toBe('headers longer than 16 KiB');
    const body = `HTTP/1.1 200 OK\r\n\r\n${' '.repeat(70_000)}ready`;
    expect(judged(body, 'match: ready', 1000, false)?.result).toBe('bad');
  });

  test('never makes the reader throw', () => {
    const next = random(11);
    const scraps = [
      'HTTP/1.1 ',
      '200',
      ' OK',
      '\r\n',
      '\n',
      '\r\n\r\n',
      'Transfer-Encoding: chunked',
      'ffffffff',
      '0',
      'é',
      'x',
    ];
    for (let round = 0; round < 2000; round++) {
      const answer = Array.from({ length: next(12) }, () => scraps[next(scraps.length)]).join('');
      const judgement = judged(answer, round % 2 === 0 ? '' : 'match: ready', 1 + next(9));
      expect(['good', 'bad']).toContain(judgement?.result);
    }
  });
});

test('a request names the host and closes', () => {
  expect(Buffer.from(requestBytes({ path: '/h?a=1' }, '[2001:db8::7]:80')).toString()).toBe(
    'GET /h?a=1 HTTP/1.1\r\nHost: [2001:db8::7]:80\r\nUser-Agent: vipair\r\nAccept: */*\r\nConnection: close\r\n\r\n',
  );
});
