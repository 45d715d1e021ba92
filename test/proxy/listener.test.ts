import { once } from 'node:events';
import { createConnection, createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { holdersAmong, listenersOn, parseListener } from '../../src/proxy/listener.ts';
import { pids } from '../../src/proxy/process.ts';

const servers: Server[] = [];

async function listen(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  servers.push(server);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

test('a row of a listening socket is read, of IPv4 and of IPv6', () => {
  const row =
    '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000 100 0';
  expect(parseListener(row)).toEqual({ port: 8080, inode: '4711' });
  expect(parseListener(row.replace('0100007F', '0'.repeat(32)))).toEqual({ port: 8080, inode: '4711' });
});

test.each([
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
  '   1: 0100007F:1F90 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000 20 4',
  '   2: 0100007F:1F90 0100007F:9C40 06 00000000:00000000 03:00001770 00000000     0        0 0 3 0000',
  '',
])('%j is no listening socket', (row) => expect(parseListener(row)).toBeUndefined());

test.each(['127.0.0.1', '::1'])('the process that listens on %s is found, among a few and among all', async (host) => {
  const port = await listen(host);
  const sockets = listenersOn([port]);
  expect(sockets.map((socket) => socket.port)).toEqual([port]);
  const expected = { pid: process.pid, port };
  expect(holdersAmong([1, process.pid], sockets).holdings).toContainEqual(expected);
  expect(holdersAmong(pids(), sockets).holdings).toContainEqual(expected);
  expect(holdersAmong([process.ppid], sockets).holdings).toEqual([]);
});

test('a connection on the port is not a listener, and nobody listens on a port that was closed', async () => {
  const port = await listen('127.0.0.1');
  const client = createConnection(port, '127.0.0.1');
  await once(client, 'connect');
  servers.splice(0).forEach((server) => server.close());
  expect(listenersOn([port])).toEqual([]);
  client.destroy();
});

test('no ports mean any', async () => {
  const ports = [await listen('127.0.0.1'), await listen('::1')];
  const all = listenersOn([]).map(({ port }) => port);
  expect(all).toEqual(expect.arrayContaining(ports));
  const own = holdersAmong([process.pid], listenersOn([])).holdings.map(({ port }) => port);
  expect(new Set(own)).toEqual(new Set(ports));
});

test('a process that has gone holds nothing', () => {
  expect(holdersAmong([4_194_305], [{ port: 80, inode: '1' }])).toEqual({ holdings: [], hidden: false });
});
