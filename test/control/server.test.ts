import {
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { connect, createServer as createSocket } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fetchStatus, isAnswering, requestReload } from '../../src/control/client.ts';
import { openControlServer } from '../../src/control/server.ts';
import type { ControlHandlers } from '../../src/control/server.ts';
import type { ReloadResult } from '../../src/control/status.ts';
import { OpError } from '../../src/linux/operror.ts';
import { idle, status } from './status.ts';

const reloaded: ReloadResult = { applied: true, changes: ['vip web-1: added'], errors: [] };

let folder: string;
let path: string;
let closers: (() => void)[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'control-'));
  path = join(folder, 'control.sock');
  closers = [];
});

afterEach(() => {
  for (const close of closers) close();
  rmSync(folder, { recursive: true });
});

async function open(handlers: Partial<ControlHandlers> = {}, at = path): Promise<Server> {
  const all = { ...idle, status: async () => status(), reload: async () => reloaded, ...handlers };
  const server = await openControlServer(at, all, () => {});
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return server;
}

/** The failure of something that must fail. */
const failure = (promise: Promise<unknown>): Promise<OpError> =>
  promise.then(
    () => Promise.reject(new Error('it went well')),
    (error: unknown) => {
      if (error instanceof OpError) return error;
      throw error;
    },
  );

const talk = (text: string): Promise<string> =>
  new Promise((resolve) => {
    const socket = client();
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('close', () => resolve(answer));
    socket.write(text);
  });

function client(): Socket {
  const socket = connect(path);
  socket.on('error', () => {});
  closers.push(() => socket.destroy());
  return socket;
}

describe('the control socket', () => {
  it('answers with the status and reloads, for its owner and group alone', async () => {
    await open();
    expect(await fetchStatus(path)).toEqual(status());
    expect(await requestReload(path)).toEqual(reloaded);
    expect(statSync(path).mode & 0o777).toBe(0o660);
  });

  it.each(['GET /v1/nothing', 'POST /v1/status', 'GET /v1/reload', 'DELETE /v1/status'])(
    'answers %s with 404',
    async (route) => {
      await open();
      const answer = await talk(`${route} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      expect(answer).toMatch(/^HTTP\/1\.1 404 /);
      expect(answer).toContain(`No such resource: ${route}`);
    },
  );

  it('answers with 503 and the reason what it cannot answer now', async () => {
    await open({ status: () => Promise.reject(new Error('The daemon is still starting; ask again')) });
    const error = await failure(fetchStatus(path));
    expect(error).toMatchObject({
      code: 'EAGAIN',
      message: 'Cannot ask the daemon for /v1/status: EAGAIN; The daemon is still starting; ask again',
    });
  });

  it('makes the folder that it lies in', async () => {
    const deep = join(folder, 'run', 'vipair', 'control.sock');
    await open({}, deep);
    expect(await isAnswering(deep)).toBe(true);
  });
});

describe('what is at the path already', () => {
  it('is refused when somebody answers there', async () => {
    await open();
    expect(await failure(open())).toMatchObject({ code: 'EADDRINUSE' });
    expect(await fetchStatus(path)).toEqual(status());
  });

  it('is replaced when it is a socket that nobody listens on', async () => {
    const other = createSocket();
    await new Promise<void>((resolve) => other.listen(`${path}.other`, resolve));
    linkSync(`${path}.other`, path);
    await new Promise((resolve) => other.close(resolve));
    expect(lstatSync(path).isSocket()).toBe(true);
    await open();
    expect(await fetchStatus(path)).toEqual(status());
  });

  it('stays as it is when it is a file', async () => {
    writeFileSync(path, 'precious');
    const error = await failure(open());
    expect(error).toMatchObject({ code: 'EEXIST' });
    expect(error.message).toContain('it is no socket; remove it or use another --socket');
    expect(readFileSync(path, 'utf8')).toBe('precious');
  });

  it('stays as it is when it is a folder or a symbolic link', async () => {
    mkdirSync(path);
    expect(await failure(open())).toMatchObject({ code: 'EEXIST' });
    const name = `${path}.name`;
    writeFileSync(join(folder, 'precious'), '');
    symlinkSync(join(folder, 'precious'), name);
    expect(await failure(open({}, name))).toMatchObject({ code: 'EEXIST' });
    expect(lstatSync(name).isSymbolicLink()).toBe(true);
  });

  it('cannot be made below a file, and that is said', async () => {
    writeFileSync(path, '');
    const error = await failure(open({}, join(path, 'control.sock')));
    expect(error.message).toMatch(/^Cannot listen on ".*": (ENOTDIR|EEXIST); run as root or give a writable path/);
  });

  it('is not mistaken for another path that is cut to the same length', async () => {
    const long = join(folder, 'x'.repeat(120));
    const error = await failure(open({}, long));
    expect(error).toMatchObject({ code: 'ENAMETOOLONG' });
    expect(error.message).toContain('at most 107 bytes');
    await open({}, join(folder, 'x'.repeat(107 - folder.length - 1)));
    expect(await failure(fetchStatus(long))).toMatchObject({ code: 'ENAMETOOLONG' });
  });
});

describe('a client', () => {
  it('that says nothing, or not enough, is ended', async () => {
    await open();
    const ends = ['', 'GET /v1/status HTTP/1.1\r\nX-Slow: '].map(
      (text) =>
        new Promise((resolve) => {
          const socket = client();
          socket.on('close', resolve).resume();
          socket.write(text);
        }),
    );
    await Promise.all(ends);
    expect(await fetchStatus(path)).toEqual(status());
  });

  it('that sends without end is ended', async () => {
    await open();
    const socket = client();
    const ended = new Promise((resolve) => socket.on('close', resolve));
    socket.resume();
    socket.write('POST /v1/reload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
    const timer = setInterval(() => socket.write('4\r\nmore\r\n'), 50);
    await ended;
    clearInterval(timer);
  });

  it('that sends headers without end is refused at once', async () => {
    await open();
    expect(await talk(`GET /v1/status HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
  });

  it('finds its place beside 63 that only hold theirs', async () => {
    const server = await open();
    const connections = Array.from({ length: 63 }, client);
    await vi.waitFor(() => {
      expect(connections.every((socket) => socket.readyState === 'open')).toBe(true);
    });
    expect(await fetchStatus(path)).toEqual(status());
    const more = Array.from({ length: 20 }, client);
    await vi.waitFor(
      () => {
        expect(more.filter((socket) => socket.destroyed).length).toBeGreaterThanOrEqual(19);
      },
      { timeout: 10_000 },
    );
    for (const socket of [...connections, ...more]) socket.destroy();
    await vi.waitFor(() => {
      expect(server.listening).toBe(true);
    });
  });

  it('that breaks off does no harm', async () => {
    let answer = (): void => {};
    await open({
      status: () =>
        new Promise((resolve) => {
          answer = () => resolve(status());
        }),
    });
    const socket = client();
    socket.write('GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n');
    await vi.waitFor(() => {
      socket.destroy();
    });
    answer();
    expect(await requestReload(path)).toEqual(reloaded);
  });

  it('may fail to be accepted without the end of the daemon', async () => {
    const told: OpError[] = [];
    const server = await openControlServer(
      path,
      { ...idle, status: async () => status(), reload: async () => reloaded },
      (error) => told.push(error),
    );
    closers.push(() => server.close());
    for (let i = 0; i < 3; i++) server.emit('error', Object.assign(new Error('accept'), { code: 'EMFILE' }));
    expect(told.map(({ code }) => code)).toEqual(['EMFILE', 'EMFILE', 'EMFILE']);
  });
});

describe('asking', () => {
  it.each([
    ['nobody', () => {}, 'ENOENT', 'is `vipair run` running'],
    ['a file', () => writeFileSync(path, ''), 'ECONNREFUSED', 'is `vipair run` running'],
  ])('%s is told with what to do', async (_, prepare, code, advice) => {
    prepare();
    const error = await failure(fetchStatus(path));
    expect(error.code).toBe(code);
    expect(error.message).toContain(advice);
    expect(await isAnswering(path)).toBe(false);
  });

  it('what is no vipair is told, whatever it answers', async () => {
    const bodies = ['<html>', '', '[1', '3', 'null'];
    const other = createServer((_, response) => response.end(bodies.shift()));
    await new Promise<void>((resolve) => other.listen(path, resolve));
    closers.push(() => other.close());
    for (let i = 0; i < 5; i++) expect(await failure(fetchStatus(path))).toMatchObject({ code: 'EPROTO' });
  });

  it('what answers without end is given up', async () => {
    const other = createServer((_, response) => {
      const chunk = 'x'.repeat(1 << 20);
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', more);
      more();
    });
    await new Promise<void>((resolve) => other.listen(path, resolve));
    closers.push(() => other.close());
    expect(await failure(fetchStatus(path))).toMatchObject({ code: 'EMSGSIZE' });
  });

  it('what answers a byte at a time is given up', async () => {
    const other = createServer((_, response) => {
      const timer = setInterval(() => response.write('x'), 100);
      response.on('close', () => clearInterval(timer));
    });
    await new Promise<void>((resolve) => other.listen(path, resolve));
    closers.push(() => other.close());
    expect(await failure(fetchStatus(path))).toMatchObject({ code: 'ETIMEDOUT' });
  }, 20_000);
});
