import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createConnection, createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openListening, takeListening } from '../../src/linux/listening.ts';
import type { ListeningSocket } from '../../src/linux/listening.ts';
import { addressOf } from '../../src/wire/address.ts';

const sockets: ListeningSocket[] = [];
const children: ChildProcess[] = [];
const servers: Server[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.close();
  for (const server of servers.splice(0)) server.close();
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function open(address: string, port?: number): Promise<ListeningSocket> {
  const socket = openListening(addressOf(address), port ?? (await freePort()));
  sockets.push(socket);
  return socket;
}

async function connects(host: string, port: number): Promise<boolean> {
  const client = createConnection({ host, port });
  try {
    await once(client, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    client.destroy();
  }
}

/** A process that does nothing but hold the descriptors it was given, from 3 on. */
function holder(...descriptors: number[]): ChildProcess {
  const child = spawn('sleep', ['60'], { stdio: ['ignore', 'ignore', 'ignore', ...descriptors] });
  children.push(child);
  return child;
}

describe('a listening socket', () => {
  it.each(['127.0.0.1', '::1'])('takes connections to %s before anybody accepts them', async (address) => {
    const { port } = await open(address);
    expect(await connects(address, port)).toBe(true);
  });

  it.each(['192.0.2.77', '2001:db8::77'])('may be on an address that this host does not have: %s', async (address) => {
    expect(await open(address)).toMatchObject({ address });
  });

  it('of IPv6 leaves the same port of IPv4 to another', async () => {
    const { port } = await open('::');
    expect(await open('0.0.0.0', port)).toMatchObject({ port });
  });

  it('is refused where somebody else listens, with what to do', async () => {
    const { port } = await open('127.0.0.1');
    expect(() => openListening(addressOf('127.0.0.1'), port)).toThrow(
      `Cannot listen on 127.0.0.1:${port}: EADDRINUSE; somebody else listens there; see \`ss -ltnp\``,
    );
    expect(() => openListening(addressOf('0.0.0.0'), port)).toThrow('EADDRINUSE');
  });

  it('listens no more once nobody has it', async () => {
    const socket = await open('127.0.0.1');
    socket.close();
    socket.close();
    expect(await connects('127.0.0.1', socket.port)).toBe(false);
  });
});

describe('taking a listening socket back', () => {
  it('gives the same queue of connections after its first owner has closed it', async () => {
    const first = await open('127.0.0.1');
    const { pid = 0 } = holder(first.descriptor);
    first.close();
    const taken = takeListening(pid, 3);
    expect(taken).toMatchObject({ address: '127.0.0.1', port: first.port });
    if (taken !== undefined) sockets.push(taken);
    children[0]?.kill('SIGKILL');
    expect(await connects('127.0.0.1', first.port)).toBe(true);
  });

  it('gives nothing for what is no listening socket, and for a process that is gone', async () => {
    const child = holder();
    const { pid = 0 } = child;
    expect(takeListening(pid, 0)).toBeUndefined();
    expect(takeListening(pid, 77)).toBeUndefined();
    child.kill('SIGKILL');
    await once(child, 'exit');
    children.length = 0;
    expect(takeListening(pid, 0)).toBeUndefined();
  });
});
