import { createSocket } from 'node:dgram';
import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { readdirSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { openProbe } from '../../../src/backends/check/open.ts';
import { systemClock } from '../../../src/backends/clock.ts';
import { addressOf } from '../../../src/wire/address.ts';
import { checkOf } from '../sample.ts';
import { until } from '../until.ts';
import { look } from './look.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

const listening = (server: Server, host = '127.0.0.1'): Promise<number> =>
  new Promise((resolve) => {
    closers.push(() => server.close());
    server.listen(0, host, () => resolve((server.address() as AddressInfo).port));
  });

/** A connection that ends with a reset is an error of the socket on this side. */
const quiet = (socket: Socket): void => {
  socket.on('error', () => {});
};

const web = (answer: (request: IncomingMessage, response: ServerResponse) => void, host?: string): Promise<number> =>
  listening(createHttpServer(answer), host);

const raw = (talk: (socket: Socket) => void): Promise<number> =>
  listening(
    createServer((socket) => {
      quiet(socket);
      closers.push(() => socket.destroy());
      talk(socket);
    }),
  );

const closedPort = async (): Promise<number> => {
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
};

describe('tcp', () => {
  test('a port that opens is well, one that is closed is not', async () => {
    expect(await look(checkOf('tcp'), await raw(() => {}))).toMatchObject({ result: 'good', reason: 'connected' });
    expect(await look(checkOf('tcp'), await closedPort())).toMatchObject({
      result: 'bad',
      reason: 'connection refused',
    });
  });

  test('over IPv6', async () => {
    const port = await listening(createServer(quiet), '::1');
    expect(await look(checkOf('tcp'), port, '::1')).toMatchObject({ result: 'good' });
  });

  test('what cannot be reached says so, and the connection is closed at once', async () => {
    // A link-local address without its link: the kernel refuses at once.
    expect(await look(checkOf('tcp'), 80, 'fe80::1')).toMatchObject({ result: 'bad', reason: 'EINVAL' });
    const ends: string[] = [];
    const port = await raw((socket) => {
      socket.on('close', () => ends.push('closed'));
    });
    await look(checkOf('tcp'), port);
    await until('the other side sees the end', () => ends.length === 1);
  });
});

describe('http', () => {
  test.each([
    [200, 'good', '200 OK'],
    [301, 'good', '301 Moved Permanently'],
    [404, 'bad', '404 Not Found, not 200-399'],
    [500, 'bad', '500 Internal Server Error, not 200-399'],
  ])('%d is %s', async (status, result, reason) => {
    const port = await web((_, response) => response.writeHead(status).end('body'));
    expect(await look(checkOf('http'), port)).toMatchObject({ result, reason });
  });

  test('asks for the path with the host header, closes, and looks into the body', async () => {
    const seen: string[] = [];
    const port = await web((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.host} ${request.headers.connection}`);
      response.write('not yet, ');
      setTimeout(() => response.end('ready'), 20);
    });
    const check = checkOf('http', 'path: "/h?a=1", host: app.example.net, match: "/ready$/"');
    expect(await look(check, port)).toMatchObject({ result: 'good' });
    expect(await look(checkOf('http', 'match: steady'), port)).toMatchObject({
      reason: '200 OK, but the body does not have "steady"',
    });
    expect(seen).toEqual(['GET /h?a=1 app.example.net close', `GET / 127.0.0.1:${port} close`]);
  });

  test('one that hangs, before or within its answer, is bad when the time is up', async () => {
    const check = checkOf('http', 'timeout: 80ms, match: x');
    expect(await look(check, await raw(() => {}))).toMatchObject({ result: 'bad', reason: 'no answer within 80 ms' });
    const port = await raw((socket) => socket.write('HTTP/1.1 200 OK\r\n\r\nno'));
    expect(await look(check, port)).toMatchObject({ result: 'bad', reason: 'no answer within 80 ms' });
  });

  test('one that drops the connection, or talks nonsense, is bad', async () => {
    const dropped = await look(checkOf('http'), await raw((socket) => socket.destroy()));
    expect(dropped.result).toBe('bad');
    const reset = await look(checkOf('http'), await raw((socket) => socket.resetAndDestroy()));
    expect(reset).toMatchObject({ result: 'bad', reason: 'connection reset' });
    const nonsense = await look(checkOf('http'), await raw((socket) => socket.end('220 mail ready\r\n')));
    expect(nonsense).toMatchObject({ result: 'bad', reason: 'no HTTP answer' });
  });

  test('an endless body is read to a bound', async () => {
    const port = await raw((socket) => {
      const write = (): void => {
        if (!socket.destroyed && socket.write('x'.repeat(10_000))) setImmediate(write);
      };
      socket.on('drain', write);
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      write();
    });
    expect((await look(checkOf('http', 'match: y, timeout: 5s'), port)).reason).toContain('does not have "y"');
  });

  test('a thousand looks leave no descriptor behind, whether called off or ended', async () => {
    const port = await web((_, response) => response.end());
    const probe = openProbe(checkOf('http'), systemClock);
    const target = { id: 'a', name: 'a', host: '127.0.0.1', address: addressOf('127.0.0.1'), port };
    await look(checkOf('http'), port);
    const before = readdirSync('/proc/self/fd').length;
    let ended = 0;
    for (let round = 0; round < 20; round++) {
      const cancels = Array.from({ length: 50 }, () => probe.look(target, () => ended++));
      for (const cancel of cancels.filter((_, at) => at % 2 === 0)) cancel();
      const wanted = (round + 1) * 25;
      await until('the others end', () => ended === wanted);
    }
    await until('all are closed', () => readdirSync('/proc/self/fd').length <= before + 2);
  });
});

describe('udp', () => {
  const answering = (answer: (message: Buffer) => string | undefined): Promise<number> =>
    new Promise((resolve) => {
      const socket = createSocket('udp4');
      closers.push(() => socket.close());
      socket.on('message', (message, from) => {
        const text = answer(message);
        if (text !== undefined) socket.send(text, from.port, from.address);
      });
      socket.bind(0, '127.0.0.1', () => resolve(socket.address().port));
    });

  test('an answer that has what is expected is well', async () => {
    const seen: string[] = [];
    const port = await answering((message) => {
      seen.push(message.toString('hex'));
      return 'pong 7';
    });
    expect(await look(checkOf('udp', 'send: "hex:00ff", expect: "/pong \\\\d/"'), port)).toMatchObject({
      result: 'good',
    });
    expect(await look(checkOf('udp', 'send: ping, expect: pang'), port)).toMatchObject({
      result: 'bad',
      reason: 'answered without "pang"',
    });
    expect(seen).toEqual(['00ff', '70696e67']);
  });

  test('silence is bad where an answer is expected, and well where none is', async () => {
    const port = await answering(() => undefined);
    expect(await look(checkOf('udp', 'expect: x, timeout: 80ms'), port)).toMatchObject({ result: 'bad' });
    expect(await look(checkOf('udp', 'timeout: 80ms'), port)).toMatchObject({ result: 'good', reason: 'not refused' });
  });

  test('a closed port is bad either way', async () => {
    const refused = { result: 'bad', reason: 'connection refused' };
    expect(await look(checkOf('udp', 'expect: x, send: x'), await closedPort())).toMatchObject(refused);
    expect(await look(checkOf('udp', 'send: x'), await closedPort())).toMatchObject(refused);
  });
});
