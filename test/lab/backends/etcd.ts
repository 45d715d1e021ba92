import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Debian's etcd on the loopback, with its data in a directory of its own. */
export interface Etcd {
  readonly url: string;
  put(key: string, value: string): Promise<void>;
  remove(key: string): Promise<void>;
  /** Asks the JSON gateway; throws what it complains of. */
  call(path: string, body: object, token?: string): Promise<Record<string, unknown>>;
  /** Ends the process and starts it again on the same data. */
  stop(signal: NodeJS.Signals): Promise<void>;
  start(): Promise<void>;
  /** Ends it and removes its data. */
  close(): Promise<void>;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Starts one. */
export async function startEtcd(): Promise<Etcd> {
  const directory = mkdtempSync(join(tmpdir(), 'vipair-etcd-'));
  const [client, peer] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${client}`;
  let child: ChildProcess | undefined;
  const call: Etcd['call'] = async (path, body, token) => {
    const headers = { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: token }) };
    const response = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return JSON.parse(text) as Record<string, unknown>;
  };
  const etcd: Etcd = {
    url,
    call,
    async put(key, value) {
      await call('/v3/kv/put', { key: base64(key), value: base64(value) });
    },
    async remove(key) {
      await call('/v3/kv/deleterange', { key: base64(key) });
    },
    async start() {
      const own = `http://127.0.0.1:${peer}`;
      const flags = {
        name: 'one',
        'data-dir': join(directory, 'data'),
        'listen-client-urls': url,
        'advertise-client-urls': url,
        'listen-peer-urls': own,
        'initial-advertise-peer-urls': own,
        'initial-cluster': `one=${own}`,
        'heartbeat-interval': '20',
        'election-timeout': '200',
        'log-level': 'error',
      };
      const words = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
      child = spawn('etcd', [...words], { stdio: 'ignore' });
      const end = performance.now() + 30_000;
      while (!(await isUp(call))) {
        if (performance.now() > end) throw new Error('etcd did not start within 30 s');
        await pause(50);
      }
    },
    async stop(signal) {
      const running = child;
      if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
      const ended = new Promise((resolve) => running.once('exit', resolve));
      running.kill(signal);
      if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await ended;
    },
    async close() {
      await etcd.stop('SIGKILL');
      rmSync(directory, { recursive: true, force: true });
    },
  };
  await etcd.start();
  return etcd;
}

const pause = (duration: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, duration);
  });

/** A write, because a member that has no leader yet answers reads of its state. */
async function isUp(call: Etcd['call']): Promise<boolean> {
  try {
    await call('/v3/kv/put', { key: base64('up'), value: base64('1') });
    return true;
  } catch (error) {
    // With authentication on, a refusal for that is an answer of a member that works.
    return /user name is empty|permission denied/.test(String(error));
  }
}

export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
