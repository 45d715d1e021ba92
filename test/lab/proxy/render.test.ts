import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sampleCheck, sampleServer, sampleService } from '../../../profiles/sample.ts';
import type { FrontModel, ServerModel, ServiceModel } from '../../../src/proxy/model.ts';
import { addressOf } from '../../../src/wire/address.ts';
import { milliseconds } from '../../../src/wire/units.ts';
import { Backend, freePort, get, Running } from './running.ts';

const loopback = addressOf('127.0.0.1');

describe.each(['nginx', 'haproxy'])('%s serves a rendered model', (name) => {
  let running: Running;
  let backends: Backend[];
  let servers: ServerModel[];
  let port: number;

  beforeEach(async () => {
    running = new Running(name);
    backends = ['one', 'two'].map((each) => new Backend(each));
    const ports = await Promise.all(backends.map((backend) => backend.listen()));
    servers = ports.map((each, index) => sampleServer({ name: `b${index + 1}`, host: '127.0.0.1', port: each }));
    port = await freePort();
  });
  afterEach(async () => {
    await running.close();
    for (const backend of backends) backend.close();
  });

  const model = (change: Partial<ServiceModel> = {}): FrontModel => ({
    services: [sampleService({ listen: [{ address: loopback, port }], servers, ...change })],
  });

  const answered = (least = 200): Promise<unknown> =>
    running.until(async () => {
      const { status } = await get(port, '/ready');
      expect(status, running.log()).toBe(least);
    });

  const nameOf = (body: string): string => (JSON.parse(body) as { name: string }).name;

  test.each(['bind', 'reuseport', 'inherited'] as const)('with sockets that it got by "%s"', async (listeners) => {
    await running.start(model({ healthPath: '/healthz' }), { listeners });
    await running.until(async () => expect((await get(port, '/healthz')).body, running.log()).toBe('ok\n'));
    const answers = await Promise.all(Array.from({ length: 10 }, () => get(port)));
    expect(new Set(answers.map(({ body }) => nameOf(body)))).toEqual(new Set(['one', 'two']));
    expect(answers.every(({ front }) => front === 'lb1')).toBe(true);
    expect(running.log()).not.toMatch(/\[(warn|alert|emerg|crit)/i);
  });

  test('and says for whom it asks', async () => {
    await running.start(model());
    await answered();
    const { body } = await get(port, '/', { Host: 'app.example.net:81', 'X-Forwarded-For': '192.0.2.7' });
    const { headers } = JSON.parse(body) as { headers: Record<string, string> };
    expect(headers['host']).toBe('app.example.net:81');
    expect(headers['x-forwarded-for']).toBe('192.0.2.7, 127.0.0.1');
    expect(headers['x-forwarded-proto']).toBe('http');
    expect(headers['x-forwarded-host']).toBe('app.example.net:81');
  });

  test('and ties clients to servers by a cookie that is the server’s name', async () => {
    await running.start(model({ stickiness: { kind: 'cookie', name: 'SRV' } }));
    await answered();
    const first = await get(port);
    const cookie = /^SRV=(b[12]);/.exec(first.cookies[0] ?? '')?.[1] ?? '';
    expect(nameOf(first.body)).toBe(cookie === 'b1' ? 'one' : 'two');
    for (const mine of ['b1', 'b2', 'b1', 'b1']) {
      const { body, cookies } = await get(port, '/', { Cookie: `a=b; SRV=${mine}` });
      expect([nameOf(body), cookies]).toEqual([mine === 'b1' ? 'one' : 'two', []]);
    }
    const foreign = await get(port, '/', { Cookie: 'SRV=nobody' });
    expect(foreign.cookies).toHaveLength(1);
    backends[0]?.close();
    await running.until(async () => {
      const moved = await get(port, '/', { Cookie: 'SRV=b1' });
      expect([nameOf(moved.body), moved.cookies[0]?.split(';')[0]]).toEqual(['two', 'SRV=b2']);
    });
  });

  test('and lets nothing new to a server that drains, but those who are tied to it', async () => {
    const drained = servers.map((server) => (server.name === 'b1' ? { ...server, admin: 'drain' as const } : server));
    await running.start(model({ stickiness: { kind: 'cookie', name: 'SRV' }, servers: drained }));
    await answered();
    for (let i = 0; i < 6; i++) expect(nameOf((await get(port)).body)).toBe('two');
    expect(nameOf((await get(port, '/', { Cookie: 'SRV=b1' })).body)).toBe('one');
  });

  test.each([
    ['dead', { health: 'down' }],
    ['under maintenance', { admin: 'maint' }],
  ] as const)('and never asks a server that is %s from the start', async (_, state) => {
    const [one, two] = servers as [ServerModel, ServerModel];
    const check = { ...sampleCheck({ interval: milliseconds(60_000) }), type: 'tcp' as const };
    await running.start(model({ servers: [{ ...one, ...state }, two], check }));
    await answered();
    for (let i = 0; i < 6; i++) expect(nameOf((await get(port)).body)).toBe('two');
    // The first check of HAProxy may come at any time of its interval, and finds the server alive.
    expect(backends[0]?.paths).toEqual([]);
  });

  const page = `<p>It's "$5" \\ 50% {now}; # é</p>\n${'x'.repeat(4000)}`;
  const down = (): ServerModel[] => servers.map((server) => ({ ...server, health: 'down' }));

  test.each([
    ['its servers are down', down],
    ['it has none', () => []],
  ])('and shows the sorry page when %s', async (_, whose) => {
    await running.start(model({ sorry: { kind: 'page', text: page }, servers: whose() }));
    await answered(503);
    expect(await get(port)).toMatchObject({ status: 503, body: page, front: 'lb1' });
  });

  test.each([
    ['its servers are down', down],
    ['it has none', () => []],
  ])('and turns to the sorry server when %s', async (_, whose) => {
    const sorry = { kind: 'server' as const, host: '127.0.0.1', port: servers[1]?.port ?? 0 };
    await running.start(model({ sorry, servers: whose() }));
    await answered();
    expect(nameOf((await get(port)).body)).toBe('two');
  });

  test('and fails plainly when its servers are down and nobody is sorry', async () => {
    await running.start(model({ servers: down() }));
    await running.until(async () => expect((await get(port)).status).toBeGreaterThanOrEqual(502));
  });

  test('and serves TCP', async () => {
    await running.start(model({ mode: 'tcp', forwarded: false, keepAlive: 0, proxyProtocol: 1 }));
    const open = (): Promise<Socket> =>
      new Promise((resolve, reject) => {
        const socket = connect(port, '127.0.0.1', () => resolve(socket)).on('error', reject);
      });
    (await running.until(open)).destroy();
    const socket = await open();
    // Nothing more is sent, and the answer comes all the same.
    socket.end('GET / HTTP/1.0\r\n\r\n');
    // The PROXY line makes the request a bad one for a server that does not know it: it did arrive.
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 400/);
  });
});

describe('haproxy', () => {
  test('asks each backend for itself in its checks', async () => {
    const running = new Running('haproxy');
    const backends = ['one', 'two'].map((each) => new Backend(each));
    try {
      const ports = await Promise.all(backends.map((backend) => backend.listen()));
      const servers = ports.map((each, index) =>
        sampleServer({ name: `b${index + 1}`, host: '127.0.0.1', port: each }),
      );
      const check = sampleCheck({
        interval: milliseconds(100),
        path: '/health?a=1',
        match: { kind: 'text', text: '"name":"' },
      });
      const listen = [{ address: loopback, port: await freePort() }];
      await running.start({ services: [sampleService({ listen, servers, check })] });
      await running.until(() =>
        expect(
          backends.every(({ paths }) => paths.length > 4),
          running.log(),
        ).toBe(true),
      );
      for (const [index, { paths, hosts }] of backends.entries()) {
        expect(new Set(paths)).toEqual(new Set(['/health?a=1']));
        expect(new Set(hosts)).toEqual(new Set([`127.0.0.1:${ports[index]}`]));
      }
      expect(running.log()).not.toMatch(/is DOWN/);
    } finally {
      await running.close();
      for (const backend of backends) backend.close();
    }
  });
});
