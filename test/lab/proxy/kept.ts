import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { profiles } from '../../../profiles/registry.ts';
import { sampleService } from '../../../profiles/sample.ts';
import { now } from '../../../src/linux/clock.ts';
import { bindsOf } from '../../../src/proxy/bind.ts';
import { hostDisk } from '../../../src/proxy/disk.ts';
import type { Time } from '../../../src/proxy/effect.ts';
import { Keeper } from '../../../src/proxy/keeper.ts';
import type { Plan, Succession } from '../../../src/proxy/succession.ts';
import type { FrontModel } from '../../../src/proxy/model.ts';
import { statOf } from '../../../src/linux/procstat.ts';
import type { IpAddress } from '../../../src/wire/address.ts';
import { addressOf } from '../../../src/wire/address.ts';
import { profileOf } from '../../profiles/program.ts';

export const time: Time = {
  now,
  sleep: (duration) => new Promise((resolve) => setTimeout(resolve, duration)),
};

export const loopback: IpAddress = addressOf('127.0.0.1');

/** A host's directory with a keeper, and plans for real proxies that answer `/healthz` with their names. */
export class Site {
  readonly home: string = mkdtempSync(join(tmpdir(), 'vipair-kept-'));
  readonly record: string = join(this.home, 'proxy.json');
  readonly losses: string[] = [];
  readonly keepers: Keeper[] = [];
  keeper: Keeper;

  constructor() {
    chmodSync(this.home, 0o755);
    this.keeper = this.open();
  }

  /** Another keeper, as of another run of the program; the one before is as good as dead. */
  open(): Keeper {
    const { record, losses } = this;
    const onLoss = (_: unknown, words: string): number => losses.push(words);
    this.keeper = new Keeper({ record, disk: hostDisk, time, onLoss });
    this.keepers.push(this.keeper);
    return this.keeper;
  }

  /** Writes the files of a proxy that listens on these ports. */
  plan(name: string, ports: readonly number[], change: (text: string) => string = (text) => text): Plan {
    const model: FrontModel = {
      services: [sampleService({ listen: ports.map((port) => ({ address: loopback, port })), healthPath: '/healthz' })],
    };
    const profile = profileOf(name);
    const { binary } = profile.steering;
    const [command = '', ...rest] = profile.inspection(binary);
    const { stdout, stderr } = spawnSync(command, rest, { encoding: 'utf8' });
    const directory = join(this.home, name);
    mkdirSync(directory, { recursive: true });
    const files = profile.render(model, {
      ...{ label: name, directory, mode: 'whole', listeners: 'inherited', include: [], workers: 2 },
      ...{ features: profile.features(stdout + stderr), pidFile: join(directory, 'pid') },
      statsSocket: join(directory, 'stats.sock'),
      user: name === 'nginx' && process.geteuid?.() === 0 ? { user: 'root', group: 'root' } : undefined,
    });
    for (const { path, text } of files) writeFileSync(path, change(text));
    const seats = bindsOf(model);
    const main = files[0]?.path ?? '';
    const place = { main, directory, logs: directory, include: [], sockets: seats.length };
    const start = profile.steering.start(binary, place);
    const { mainSocket } = profile.steering.launch(start.command);
    return { profile, start, mainSocket, seats, output: join(directory, 'output.log') };
  }

  /** Starts a successor that has to come up, commits it, and waits until the former ones have drained. */
  async serve(plan: Plan): Promise<Succession> {
    const succession = await this.succeed(plan);
    await succession.commit(profileOf('nginx').steering.patience).drained;
    return succession;
  }

  async succeed(plan: Plan): Promise<Succession> {
    const succession = await this.keeper.succeed(plan);
    if ('trouble' in succession) throw new Error(`${succession.trouble}; ${this.said(plan)}`);
    return succession;
  }

  said({ output }: Plan): string {
    return readFileSync(output, 'utf8');
  }

  until<T>(check: () => T | Promise<T>): Promise<T> {
    return vi.waitFor(check, { timeout: 15_000, interval: 20 });
  }

  async close(): Promise<void> {
    for (const keeper of this.keepers) {
      for (const { charge } of keeper.all) await charge.stop();
      await keeper.close(profileOf('nginx').steering.patience);
    }
    rmSync(this.home, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}

/** Whether a process runs, zombies not counted. */
export const runs = (pid: number): boolean => {
  const stat = statOf(pid);
  return stat !== undefined && stat.state !== 'Z';
};

export { profiles };
