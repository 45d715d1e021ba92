import { createServer, connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Listener } from '../../src/control/listener.ts';
import { parseOpenMetrics } from './openmetrics.ts';
import { idle, status } from './status.ts';

let listener: Listener;
let port: number;

const free = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const found = (server.address() as AddressInfo).port;
      server.close(() => resolve(found));
    });
  });

beforeEach(async () => {
  listener = new Listener({ status: async () => status(), events: idle.events });
  port = await free();
});

afterEach(() => listener.close());

const place = (address = '127.0.0.1') => ({ address, port });

/** The answer to a request as it stands. */
const talk = (head: string, host = `127.0.0.1:${port}`): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.on('error', reject);
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('close', () => resolve(answer));
    socket.write(`${head} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  });

const listening = (): Promise<void> =>
  vi.waitFor(async () => {
    await talk('GET /v1/status');
  });

describe('reading over TCP', () => {
  it('is status, metrics, events and a page, and nothing that changes anything', async () => {
    listener.follow(place());
    await listening();
    expect(await talk('GET /v1/status')).toContain('"node":"lb1"');
    for (const path of ['/metrics', '/v1/metrics']) {
      const answer = await talk(`GET ${path}`);
      expect(answer).toMatch(/content-type: application\/openmetrics-text; version=1\.0\.0; charset=utf-8/i);
      const body = answer
        .slice(answer.indexOf('# TYPE'))
        .replace(/\r\n0\r\n\r\n$/, '')
        .replaceAll(/\r\n[0-9a-f]+\r\n/g, '');
      expect(parseOpenMetrics(body).length).toBeGreaterThan(20);
    }
    expect(await talk('GET /v1/events?last=1')).toMatch(/^HTTP\/1\.1 200 /);
    expect(await talk('GET /')).toMatch(/content-security-policy: default-src 'none'/i);
    for (const route of ['POST /v1/reload', 'POST /v1/apply', 'DELETE /', 'POST /v1/status'])
      expect(await talk(route)).toMatch(/^HTTP\/1\.1 405 /);
    for (const route of ['GET /v1/applies', 'GET /etc/passwd', 'GET /v1/backends'])
      expect(await talk(route)).toMatch(/^HTTP\/1\.1 404 /);
  });

  it('survives what is no request', async () => {
    listener.follow(place());
    await listening();
    for (const path of ['//', 'http://[', '/v1/events?since=x', `/${'x'.repeat(9000)}`, '*'])
      expect(await talk(`GET ${path}`)).toMatch(/^HTTP\/1\.1 (4|5)\d\d /);
    expect(await talk('GET /v1/status')).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('on loopback is for those who ask for it by its address', async () => {
    listener.follow(place());
    await listening();
    for (const host of ['localhost', `localhost:${port}`, '127.0.0.1', '[::1]:80'])
      expect(await talk('GET /', host)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await talk('GET /', 'evil.example.net')).toMatch(/^HTTP\/1\.1 421 /);
  });

  it('moves and ends with the configuration', async () => {
    listener.follow(place());
    await listening();
    const before = port;
    port = await free();
    listener.follow(place());
    await listening();
    listener.follow(undefined);
    await expect(talk('GET /')).rejects.toThrow('ECONNREFUSED');
    port = before;
    await expect(talk('GET /')).rejects.toThrow('ECONNREFUSED');
  });

  it('tells why it cannot be, and is as soon as it can', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    listener.follow(place());
    while (listener.trouble === undefined) await new Promise((resolve) => setImmediate(resolve));
    expect(listener.trouble).toBe(
      `Cannot listen on 127.0.0.1 port ${port} for "control": EADDRINUSE; another program has it; give another port`,
    );
    await new Promise((resolve) => other.close(resolve));
    vi.advanceTimersByTime(5000);
    vi.useRealTimers();
    await listening();
    expect(listener.trouble).toBeUndefined();
  });
});
