import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { sampleService } from '../../../profiles/sample.ts';
import { now } from '../../../src/linux/clock.ts';
import { Applier } from '../../../src/proxy/apply.ts';
import type { ApplyOptions } from '../../../src/proxy/apply.ts';
import type { ApplyRequest, ApplyResult } from '../../../src/proxy/request.ts';
import type { FrontModel, ServerModel, ServiceModel } from '../../../src/proxy/model.ts';
import type { Found } from '../../../src/proxy/family.ts';
import { adoptedRunner } from '../../../src/proxy/runner.ts';
import { addressOf } from '../../../src/wire/address.ts';
import { milliseconds } from '../../../src/wire/units.ts';
import { profileOf } from '../../profiles/program.ts';
import { Backend, freePort, get } from '../proxy/running.ts';

/** A proxy as a distribution runs it: its own configuration, which takes in the files of this program. */
export class Adopted {
  readonly name: string;
  readonly home: string = mkdtempSync(join(tmpdir(), 'vipair-adopted-'));
  readonly directory: string = join(this.home, 'vipair');
  readonly pidFile: string = join(this.home, 'pid');
  readonly main: string;
  readonly backends: Backend[] = [];
  port = 0;
  ownPort = 0;
  #ports: number[] = [];
  #process: ChildProcess | undefined;

  constructor(name: string) {
    this.name = name;
    this.main = join(this.home, name === 'nginx' ? 'nginx.conf' : 'haproxy.cfg');
  }

  async start(): Promise<void> {
    chmodSync(this.home, 0o755);
    for (const name of ['one', 'two', 'three']) this.backends.push(new Backend(name));
    this.#ports = await Promise.all(this.backends.map((backend) => backend.listen()));
    this.port = await freePort();
    this.ownPort = await freePort();
    mkdirSync(this.directory);
    for (const file of ['vipair-http.conf', 'vipair.cfg']) writeFileSync(join(this.directory, file), '');
    writeFileSync(this.main, this.#text());
    await this.run();
  }

  /** Starts it, again if need be. */
  async run(): Promise<void> {
    const log = openSync(join(this.home, 'output'), 'a');
    const args =
      this.name === 'nginx'
        ? ['-e', join(this.home, 'error.log'), '-p', this.home, '-c', this.main]
        : ['-W', '-S', join(this.home, 'main.sock'), '-p', this.pidFile].concat(
            [this.main, join(this.directory, 'vipair.cfg')].flatMap((file) => ['-f', file]),
          );
    this.#process = spawn(`/usr/sbin/${this.name}`, args, { stdio: ['ignore', log, log] });
    closeSync(log);
    await this.until(async () => get(this.ownPort, '/own'));
  }

  #text(): string {
    if (this.name === 'nginx')
      return [
        ...(process.geteuid?.() === 0 ? ['user root root;'] : []),
        ...['daemon off;', 'worker_processes 2;', `pid ${this.pidFile};`, `error_log ${this.home}/error.log notice;`],
        'events { worker_connections 1024; }',
        'http {\taccess_log off; # a comment',
        `  include vipair/vipair-*.conf;\n  server { listen 127.0.0.1:${this.ownPort}; return 200 own; }\n}\n`,
      ].join('\n');
    return [
      ...['global', '  log stdout format raw daemon', `  stats socket ${this.home}/stats.sock mode 600 level admin`],
      ...['frontend own', '  mode http', '  timeout client 5s', `  bind 127.0.0.1:${this.ownPort}`],
      '  http-request return status 200 content-type text/plain string own\n',
    ].join('\n');
  }

  /** An applier for it. */
  applier(change: Partial<ApplyOptions> = {}): Applier {
    const profile = profileOf(this.name);
    const runner = adoptedRunner(profile, { pidFile: this.pidFile, process: undefined, listen: [this.ownPort] });
    return new Applier({
      profile,
      ...{ binary: `/usr/sbin/${this.name}`, directory: this.directory, label: 'lb1', pidFile: this.pidFile },
      runner: { ...runner, find: () => this.#ownOf(runner.find()) },
      budget: { spacing: milliseconds(0), reloads: 1000, refill: milliseconds(1000) },
      time: { now, sleep: (duration) => new Promise((resolve) => setTimeout(resolve, duration)) },
      ...change,
    });
  }

  /** While this one does not run, those of other tests on the machine are found by their name. */
  #ownOf(found: Found | undefined): Found | undefined {
    const words = found?.main.commandLine.join(' ') ?? '';
    return words === '' || words.includes(this.home) ? found : undefined;
  }

  /** The servers b1, b2, b3, changed as wanted. */
  servers(...which: readonly (number | Partial<ServerModel>)[]): ServerModel[] {
    return which.map((one, at): ServerModel => {
      const index = typeof one === 'number' ? one : at + 1;
      const port = this.#ports[index - 1] ?? 1;
      const plain = { name: `b${index}`, host: '127.0.0.1', port, weight: 1, backup: false, maxConnections: undefined };
      return {
        ...plain,
        slowStart: undefined,
        admin: 'ready',
        health: 'unknown',
        ...(typeof one === 'number' ? {} : one),
      };
    });
  }

  model(servers: readonly ServerModel[], change: Partial<ServiceModel> = {}): FrontModel {
    const listen = [{ address: addressOf('127.0.0.1'), port: this.port }];
    return { services: [sampleService({ listen, servers, ...change })] };
  }

  /** The names of the backends that answer, asked often enough. */
  async answering(): Promise<string[]> {
    const answers = await Promise.all(Array.from({ length: 24 }, () => get(this.port)));
    const names = answers.map(({ status, body }) =>
      status === 200 ? (JSON.parse(body) as { name: string }).name : String(status),
    );
    return [...new Set(names)].toSorted();
  }

  file(name = this.name === 'nginx' ? 'vipair-http.conf' : 'vipair.cfg'): string {
    return join(this.directory, name);
  }

  /** The text of our file now. */
  text(): string {
    return readFileSync(this.file(), 'utf8');
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
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
    for (const backend of this.backends) backend.close();
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** An apply without ceremony. */
export const apply = (applier: Applier, model: FrontModel, change: Partial<ApplyRequest> = {}): Promise<ApplyResult> =>
  applier.apply({ model, cause: 'test', isByHand: true, ...change });
