import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openProbe } from '../../../src/backends/check/open.ts';
import { systemClock } from '../../../src/backends/clock.ts';
import type { HttpsCheckConfig } from '../../../src/config/checkconfig.ts';
import { openPing } from '../../../src/linux/ping.ts';
import { addressOf } from '../../../src/wire/address.ts';
import { look } from '../../backends/check/look.ts';
import { checkOf } from '../../backends/sample.ts';
import { until } from '../../backends/until.ts';

describe('icmp', () => {
  test.each(['127.0.0.1', '::1'])('%s answers', async (host) => {
    const found = await look(checkOf('icmp'), 1, host);
    expect(found).toMatchObject({ result: 'good', reason: 'answered' });
    expect(found.duration).toBeLessThan(1000);
  });

  test('what the kernel cannot send is bad, and others are not disturbed', async () => {
    // Broadcasts are refused to a socket that has not asked for them (socket(7), SO_BROADCAST).
    expect(await look(checkOf('icmp'), 1, '255.255.255.255')).toMatchObject({ result: 'bad', reason: 'EACCES' });
    expect(await look(checkOf('icmp'), 1, '127.0.0.1')).toMatchObject({ result: 'good' });
  });

  test('whoever is answered may close the socket', async () => {
    const socket = openPing('ipv4');
    await new Promise<void>((resolve) => {
      socket.ping(addressOf('127.0.0.1'), () => {
        socket.close();
        resolve();
      });
    });
    expect(socket.isOpen).toBe(false);
  });

  test('many at a time over one socket are told apart', async () => {
    const probe = openProbe(checkOf('icmp'), systemClock);
    const results: string[] = [];
    for (let at = 1; at <= 300; at++) {
      const host = `127.0.${at % 3}.${1 + (at % 250)}`;
      const target = { id: host, name: host, host, address: addressOf(host), port: 1 };
      const cancel = probe.look(target, ({ result }) => results.push(result));
      if (at % 10 === 0) cancel();
    }
    await until('270 answers', () => results.length === 270 || undefined);
    expect(new Set(results)).toEqual(new Set(['good']));
    probe.close();
  });
});

describe('https', () => {
  let directory: string;
  const closers: (() => void)[] = [];
  const file = (name: string): string => join(directory, name);
  const openssl = (...words: string[]): void => {
    execFileSync('openssl', words, { cwd: directory, stdio: 'ignore' });
  };
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'vipair-tls-'));
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=Test CA');
    for (const [name, days] of [
      ['app', '2'],
      ['old', '0'],
    ] as const) {
      openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', '/CN=app.example');
      writeFileSync(file('ext'), 'subjectAltName=DNS:app.example');
      const sign = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'ext', '-days', days];
      openssl('x509', '-req', '-in', `${name}.csr`, ...sign, '-out', `${name}.pem`);
    }
  });
  afterEach(() => {
    for (const close of closers.splice(0)) close();
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const pair = (name: string): { cert: Buffer; key: Buffer } => ({
    cert: readFileSync(file(`${name}.pem`)),
    key: readFileSync(file(`${name}.key`)),
  });
  const listen = (server: ReturnType<typeof createTcpServer>): Promise<number> =>
    new Promise((resolve) => {
      closers.push(() => server.close());
      server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
    });
  const names: (string | false | null)[] = [];
  const serve = (name = 'app', status = 200): Promise<number> => {
    const server = createServer(pair(name), (_, response) => response.writeHead(status).end('ready'));
    server.on('secureConnection', ({ servername }) => names.push(servername ?? null));
    return listen(server);
  };
  const check = (more: Partial<HttpsCheckConfig> = {}): HttpsCheckConfig => ({
    ...checkOf('https', 'match: ready'),
    ...more,
  });
  const strict = (more: Partial<HttpsCheckConfig> = {}): HttpsCheckConfig =>
    check({ verify: true, caFile: file('ca.pem'), sni: 'app.example', ...more });

  test('a good answer, with the server name asked for', async () => {
    names.length = 0;
    expect(await look(check({ sni: 'app.example' }), await serve())).toMatchObject({
      result: 'good',
      reason: '200 OK',
    });
    expect(await look(check(), await serve('app', 503))).toMatchObject({ result: 'bad' });
    expect(names).toEqual(['app.example', false]);
  });

  test('a certificate is verified where that is asked for', async () => {
    expect(await look(strict(), await serve())).toMatchObject({ result: 'good' });
    expect(await look(strict({ sni: 'other.example' }), await serve())).toMatchObject({
      result: 'bad',
      reason: 'the certificate is for another name',
    });
    const distrusted = await look(strict({ caFile: undefined }), await serve());
    expect(distrusted).toMatchObject({ result: 'bad', reason: expect.stringContaining('the certificate is refused') });
    // Certificates of no days run out with the second in which they were made.
    const old = await serve('old');
    expect(await look(check(), old)).toMatchObject({ result: 'good' });
    await until('it has run out', () => Date.now() % 1000 > 0 || undefined);
    const found = await look(strict(), old);
    expect(found.result).toBe('bad');
  });

  test('a file of certificates that is missing is said, and is used when it comes', async () => {
    const port = await serve();
    const probe = openProbe(strict({ caFile: file('later.pem') }), systemClock);
    const target = { id: 'a', name: 'a', host: 'a', address: addressOf('127.0.0.1'), port };
    const once = (): Promise<{ reason: string }> => new Promise((resolve) => void probe.look(target, resolve));
    expect((await once()).reason).toMatch(/^cannot read ".*later.pem": ENOENT$/);
    writeFileSync(file('later.pem'), readFileSync(file('ca.pem')));
    expect((await once()).reason).toBe('200 OK');
  });

  test('what speaks no TLS, drops the connection or hangs is bad', async () => {
    const plain = await listen(
      createTcpServer((socket) => socket.on('error', () => {}).end('HTTP/1.1 400 Bad\r\n\r\n')),
    );
    expect((await look(check(), plain)).reason).toMatch(/^TLS failed: /);
    const closing = await listen(createTcpServer((socket) => socket.destroy()));
    expect((await look(check(), closing)).result).toBe('bad');
    const hanging = await listen(createTlsServer(pair('app'), (socket) => socket.on('error', () => {})));
    expect(await look({ ...check(), timeout: checkOf('https', 'timeout: 150ms').timeout }, hanging)).toMatchObject({
      reason: 'no answer within 150 ms',
    });
  });
});
