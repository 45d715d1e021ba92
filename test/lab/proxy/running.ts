import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { Server } from 'node:http';
import { createServer as createListener } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { bindsOf } from '../../../src/proxy/bind.ts';
import type { FrontModel } from '../../../src/proxy/model.ts';
import type { RenderOptions } from '../../../src/proxy/rendering.ts';
import { profileOf } from '../../profiles/program.ts';

/** A backend on loopback that says its name and repeats the request's header. */
export class Backend {
  readonly server: Server;
  readonly paths: string[] = [];
  readonly hosts: (string | undefined)[] = [];

  constructor(name: string) {
    this.server = createServer((incoming, answer) => {
      this.paths.push(incoming.url ?? '');
      this.hosts.push(incoming.headers.host);
      answer.end(JSON.stringify({ name, headers: incoming.headers }));
    });
  }

  async listen(): Promise<number> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return (this.server.address() as AddressInfo).port;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}

/** A free port of loopback. */
export async function freePort(): Promise<number> {
  const server = createListener().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly cookies: readonly string[];
  readonly front: string | undefined;
}

export function get(port: number, path = '/', headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, headers, agent: false }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      answer.on('end', () => {
        const front = answer.headers['x-front'];
        const cookies = answer.headers['set-cookie'] ?? [];
        resolve({
          status: answer.statusCode ?? 0,
          body,
          cookies,
          front: typeof front === 'string' ? front : undefined,
        });
      });
    });
    asked.on('error', reject).end();
  });
}

/** A proxy that runs a rendered model, in the foreground, on sockets of its own or on inherited ones. */
export class Running {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'vipair-running-'));
  readonly name: string;
  #process: ChildProcess | undefined;

  constructor(name: string) {
    this.name = name;
  }

  async start(model: FrontModel, change: Partial<RenderOptions> = {}): Promise<void> {
    const profile = profileOf(this.name);
    const binary = `/usr/sbin/${this.name}`;
    const [command = '', ...rest] = profile.inspection(binary);
    const { stdout, stderr } = spawnSync(command, rest, { encoding: 'utf8' });
    const { directory, name } = this;
    const files = profile.render(model, {
      ...{ label: 'lb1', directory, mode: 'whole', listeners: 'bind', include: [], workers: 1 },
      ...{ features: profile.features(stdout + stderr), pidFile: join(directory, 'pid') },
      statsSocket: join(directory, 'stats.sock'),
      user: name === 'nginx' && process.geteuid?.() === 0 ? { user: 'root', group: 'root' } : undefined,
      ...change,
    });
    for (const { path, text } of files) writeFileSync(path, text);
    const sockets = change.listeners === 'inherited' ? await this.#sockets(model) : [];
    const log = openSync(join(directory, 'output'), 'a');
    const main = files[0]?.path ?? '';
    const args =
      name === 'nginx' ? ['-e', join(directory, 'error.log'), '-p', directory, '-c', main] : ['-W', '-f', main];
    const descriptors = sockets.map(({ fd }) => fd);
    const env = {
      ...process.env,
      ...(descriptors.length > 0 ? { NGINX: descriptors.map((_, at) => `${3 + at};`).join('') } : {}),
    };
    this.#process = spawn(binary, args, { stdio: ['ignore', log, log, ...descriptors], env });
    closeSync(log);
    for (const { close } of sockets) close();
  }

  /** What it said. */
  log(): string {
    const read = (file: string): string => {
      try {
        return readFileSync(join(this.directory, file), 'utf8');
      } catch {
        return '';
      }
    };
    return read('output') + read('error.log');
  }

  until<T>(check: () => Promise<T> | T): Promise<T> {
    return vi.waitFor(check, { timeout: 15_000, interval: 20 });
  }

  async close(): Promise<void> {
    const running = this.#process;
    if (running !== undefined && running.exitCode === null && running.signalCode === null) {
      running.kill('SIGTERM');
      await once(running, 'exit');
    }
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Listening sockets as a parent makes them; each stays open here until the proxy has its copy. */
  async #sockets(model: FrontModel): Promise<{ fd: number; close: () => void }[]> {
    const sockets = [];
    for (const { address, port, family } of bindsOf(model)) {
      const server = createListener().listen({ host: address, port, ipv6Only: family === 'ipv6' });
      await once(server, 'listening');
      const { fd } = (server as unknown as Record<string, { fd: number }>)['_handle'] ?? { fd: -1 };
      sockets.push({ fd, close: () => server.close() });
    }
    return sockets;
  }
}
