import { execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';
import { profiles } from '../../../profiles/registry.ts';
import { isDead, statOf } from '../../../src/linux/procstat.ts';
import { discover } from '../../../src/proxy/discover.ts';
import type { Discovery, ProxySettings } from '../../../src/proxy/discover.ts';
import type { Verdict } from '../../../src/proxy/observe.ts';
import type { Profile } from '../../../src/proxy/profile.ts';
import { procfs } from '../../../src/proxy/table.ts';
import { watchProxy } from '../../../src/proxy/watch.ts';
import type { ProxyWatch } from '../../../src/proxy/watch.ts';
import { milliseconds } from '../../../src/wire/units.ts';

/**
 * The first process of a host with its own network, processes and /proc. It does what the test on the other end of its
 * input asks, one JSON object on a line, and answers in the same way. As the host's first process it inherits every
 * orphan and, being Node.js, never reaps one, so that daemons that die stay zombies.
 */
export interface Answer {
  readonly status: number;
  readonly front: string;
  readonly body: string;
}

const watches = new Map<number, ProxyWatch>();

const profileOf = (name: string): Profile => {
  const profile = profiles[name];
  if (profile === undefined) throw new Error(`No profile "${name}"`);
  return profile;
};

/** What a test may ask for. */
export const calls = {
  /** Starts a program; `careless` under a parent that never reaps it. Gives the program's pid where it is ours. */
  start(command: readonly string[], careless: boolean): number {
    const careful = [...command];
    const whole = careless ? ['/bin/sh', '-c', '"$@" & exec sleep 1000', 'sh', ...careful] : careful;
    const child = spawn(whole[0] ?? '', whole.slice(1), { stdio: 'ignore' });
    return child.pid ?? 0;
  },
  signal(pid: number, signal: NodeJS.Signals): void {
    process.kill(pid, signal);
  },
  /**
   * Kills processes, and comes back when all of them have ended. No watch of this program looks meanwhile, and so none
   * sees a main process that is dead already with workers that are not.
   */
  kill(pids: readonly number[]): void {
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    const isAlive = (pid: number): boolean => {
      const is = statOf(pid);
      return is !== undefined && !isDead(is);
    };
    while (pids.some(isAlive));
  },
  /** Makes the next process of this host get this pid. */
  nextPid(pid: number): void {
    writeFileSync('/proc/sys/kernel/ns_last_pid', String(pid - 1));
  },
  commandOf: (pid: number): readonly string[] => procfs.process(pid)?.commandLine ?? [],
  discover: (name: string, settings: ProxySettings): Discovery =>
    discover(profileOf(name), settings, undefined, procfs),
  watch(name: string, settings: ProxySettings): void {
    const watch = watchProxy({
      ...{ profile: profileOf(name), settings, period: milliseconds(250) },
      onVerdict: (verdict) => write({ verdict }),
      schedule: (run, delay) => {
        const timer = setTimeout(run, delay);
        return () => clearTimeout(timer);
      },
    });
    watches.set(watches.size, watch);
  },
  lookNow(): void {
    for (const watch of watches.values()) watch.lookNow();
  },
  /** A web server that answers its own name; gives its port. */
  backend: (body: string): Promise<number> =>
    new Promise((resolve) => {
      const server = createServer((_, response) => response.end(body));
      server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
    }),
  get: (url: string): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const request = get(url, { agent: false, timeout: 5000 }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const front = response.headers['x-front'];
          resolve({ status: response.statusCode ?? 0, front: String(front), body: Buffer.concat(chunks).toString() });
        });
      });
      request.on('timeout', () => request.destroy(new Error('timeout')));
      request.on('error', reject);
    }),
  /** Opens a connection and sends half a request, so that a worker that is to leave has to wait. */
  hold: (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = createConnection(port, '127.0.0.1', () => {
        socket.write('GET / HTTP/1.1\r\nHost: x\r\n', () => resolve());
      });
      socket.on('error', reject);
    }),
};

export type Calls = typeof calls;

/** One line of the agent's output. */
export type Line =
  | { readonly id: number; readonly value?: unknown; readonly error?: string }
  | { readonly verdict: Verdict }
  | { readonly ready: true };

function write(line: Line): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function answer(text: string): Promise<void> {
  const { id, call, args } = JSON.parse(text) as { id: number; call: keyof Calls; args: never[] };
  try {
    const value = await Reflect.apply(calls[call], undefined, args);
    write({ id, value });
  } catch (error) {
    write({ id, error: String(error) });
  }
}

execFileSync('ip', ['link', 'set', 'lo', 'up']);
createInterface({ input: process.stdin }).on('line', (line) => void answer(line));
write({ ready: true });
