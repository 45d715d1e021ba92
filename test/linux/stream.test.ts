import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openStream } from '../../src/linux/stream.ts';
import type { Stream } from '../../src/linux/stream.ts';
import { addressOf } from '../../src/wire/address.ts';
import { until } from './until.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const listen = (talk: (socket: Socket) => void, host = '127.0.0.1'): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer(talk);
    servers.push(server);
    server.listen(0, host, () => resolve((server.address() as AddressInfo).port));
  });

/** Opens a stream that says what happens to it. */
function open(
  port: number,
  host = '127.0.0.1',
  onConnect: (stream: Stream) => void = () => {},
): { stream: Stream; events: string[] } {
  const events: string[] = [];
  const stream = openStream(addressOf(host), port, {
    onConnect() {
      events.push('connect');
      onConnect(stream);
    },
    onBytes: (bytes) => events.push(`bytes "${Buffer.from(bytes).toString()}"`),
    onError: (code) => events.push(code),
  });
  return { stream, events };
}

describe('a stream', () => {
  it.each(['127.0.0.1', '::1'])('connects to %s, sends, and receives up to the end', async (host) => {
    const port = await listen(
      (socket) => socket.on('data', (bytes) => socket.end(`you said ${bytes.toString()}`)),
      host,
    );
    const { stream, events } = open(port, host, (opened) => opened.send(Buffer.from('hello')));
    expect(events).toEqual([]);
    await until('the end', () => events.at(-1) === 'bytes ""');
    expect(events).toEqual(['connect', 'bytes "you said hello"', 'bytes ""']);
    stream.close();
    stream.close();
    stream.reset();
  });

  it('says why there is no connection, never in the stack of the call', async () => {
    const refused = open(1);
    expect(refused.events).toEqual([]);
    await until('the refusal', () => refused.events.length === 1);
    expect(refused.events).toEqual(['ECONNREFUSED']);
    // A broadcast address: the kernel refuses at once.
    const forbidden = open(1, '255.255.255.255');
    expect(forbidden.events).toEqual([]);
    await until('the error', () => forbidden.events.length === 1);
    expect(forbidden.events[0]).toMatch(/^E(NETUNREACH|ACCES|INVAL)$/);
    expect(forbidden.stream.send(Buffer.from('x'))).toBe('EBADF');
    const closed = open(1, '255.255.255.255');
    closed.stream.close();
    const after = open(1, '255.255.255.255');
    await until('the next error', () => after.events.length === 1);
    expect(closed.events).toEqual([]);
    refused.stream.reset();
  });

  it('resets, which the other side notices as such; or closes in order', async () => {
    const ends: string[] = [];
    const port = await listen((socket) => {
      socket.on('error', (error) => ends.push((error as NodeJS.ErrnoException).code ?? ''));
      socket.on('end', () => ends.push('end'));
      socket.resume();
    });
    open(port, '127.0.0.1', (stream) => stream.reset());
    await until('the reset', () => ends.length === 1);
    open(port, '127.0.0.1', (stream) => stream.close());
    await until('the end', () => ends.length === 2);
    expect(ends).toEqual(['ECONNRESET', 'end']);
  });

  it('is told of a reset of the other side', async () => {
    const port = await listen((socket) => socket.resetAndDestroy());
    const { events } = open(port);
    await until('the reset', () => events.includes('ECONNRESET'));
  });

  it('calls nobody once it is closed', async () => {
    const port = await listen((socket) => socket.end('bytes'));
    const { stream, events } = open(port);
    stream.close();
    const other = open(port, '127.0.0.1', (opened) => opened.close());
    await until('the other', () => other.events.length === 1);
    expect(events).toEqual([]);
    expect(stream.send(Buffer.from('x'))).toBe('EBADF');
  });

  it('does not touch those that come after it', async () => {
    const heard: string[] = [];
    const port = await listen((socket) => socket.on('data', (bytes) => heard.push(bytes.toString())));
    const before = open(port, '127.0.0.1', (stream) => stream.close());
    await until('it is over', () => before.events.length === 1);
    const after = open(port, '127.0.0.1', (stream) => stream.send(Buffer.from('mine')));
    expect(before.stream.send(Buffer.from('not mine'))).toBe('EBADF');
    before.stream.reset();
    before.stream.close();
    await until('it is heard', () => heard.length > 0);
    expect([heard, after.events]).toEqual([['mine'], ['connect']]);
    after.stream.close();
  });

  it('is one of many: each is told its own', async () => {
    const port = await listen((socket) => {
      socket.on('error', () => {}).on('data', (bytes) => socket.end(bytes));
    });
    const all = Array.from({ length: 300 }, (_, at) =>
      open(port, '127.0.0.1', (stream) => (at % 3 === 0 ? stream.reset() : stream.send(Buffer.from(`${at}`)))),
    );
    await until('all ends', () =>
      all.every(({ events }, at) => (at % 3 === 0 ? events.length === 1 : events.length === 3)),
    );
    const expected = all.map((_, at) => (at % 3 === 0 ? ['connect'] : ['connect', `bytes "${at}"`, 'bytes ""']));
    expect(all.map(({ events }) => events)).toEqual(expected);
    for (const { stream } of all) stream.close();
  });

  it('reads what does not come in one piece', async () => {
    const port = await listen((socket) => socket.end(Buffer.alloc(100_000, 'x')));
    const { stream, events } = open(port);
    await until('the end', () => events.at(-1) === 'bytes ""');
    expect(events.join('').replaceAll(/[^x]/g, '')).toHaveLength(100_000);
    stream.close();
  });
});
