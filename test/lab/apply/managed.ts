import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { profiles } from '../../../profiles/registry.ts';
import { sampleService } from '../../../profiles/sample.ts';
import { accountOf } from '../../../src/proxy/account.ts';
import { Applier } from '../../../src/proxy/apply.ts';
import { hostDisk } from '../../../src/proxy/disk.ts';
import { Keeper } from '../../../src/proxy/keeper.ts';
import { managedRunner } from '../../../src/proxy/managed.ts';
import type { ManagedOptions } from '../../../src/proxy/managed.ts';
import type { FrontModel, ServerModel, ServiceModel } from '../../../src/proxy/model.ts';
import { milliseconds } from '../../../src/wire/units.ts';
import { profileOf } from '../../profiles/program.ts';
import { loopback, time } from '../proxy/kept.ts';
import { Backend, freePort } from '../proxy/running.ts';

const LIMIT = milliseconds(10_000);

/** A proxy that this program starts itself, with real backends. */
export class Managed {
  readonly name: string;
  readonly home: string = mkdtempSync(join(tmpdir(), 'vipair-managed-'));
  readonly directory: string;
  readonly logs: string;
  readonly backends: Backend[] = [];
  readonly losses: string[] = [];
  readonly keepers: Keeper[] = [];
  port = 0;
  #ports: number[] = [];

  constructor(name: string) {
    this.name = name;
    this.directory = join(this.home, name);
    this.logs = join(this.home, 'log');
    chmodSync(this.home, 0o755);
  }

  async prepare(): Promise<void> {
    for (const name of ['one', 'two', 'three']) this.backends.push(new Backend(name));
    this.#ports = await Promise.all(this.backends.map((backend) => backend.listen()));
    this.port = await freePort();
  }

  /** Another run of the program, with what the last one has left. */
  open(change: Partial<ManagedOptions> = {}): { applier: Applier; keeper: Keeper; recovered: string | undefined } {
    const profile = profileOf(this.name);
    const onLoss = (_: unknown, words: string): number => this.losses.push(words);
    const keeper = new Keeper({ record: join(this.home, 'proxy.json'), disk: hostDisk, time, onLoss });
    this.keepers.push(keeper);
    const recovered = keeper.recover(profiles, LIMIT);
    const options: ManagedOptions = {
      ...{ profile, binary: profile.steering.binary, directory: this.directory, logs: this.logs, include: [] },
      pidFile: join(this.directory, 'pid'),
      ...{ drain: LIMIT, disk: hostDisk, onStopped: () => undefined },
      ...change,
    };
    const applier = new Applier({
      ...{
        profile,
        binary: options.binary,
        directory: this.directory,
        label: 'lb1',
        pidFile: join(this.directory, 'pid'),
      },
      runner: managedRunner(keeper, options),
      render: {
        listeners: 'inherited',
        logs: this.logs,
        include: options.include,
        user: accountOf(profile.steering.users),
      },
      budget: { spacing: milliseconds(0), reloads: 1000, refill: milliseconds(100) },
      time,
    });
    applier.recover();
    return { applier, keeper, recovered };
  }

  model(servers: readonly ServerModel[], change: Partial<ServiceModel> = {}): FrontModel {
    const listen = [{ address: loopback, port: this.port }];
    return { services: [sampleService({ listen, servers, healthPath: '/healthz', ...change })] };
  }

  /** The first servers, by number from 1. */
  servers(...numbers: readonly number[]): ServerModel[] {
    return numbers.map((number) => ({
      ...{ name: `b${number}`, host: '127.0.0.1', port: this.#ports[number - 1] ?? 0, weight: 1, backup: false },
      ...{ maxConnections: undefined, slowStart: undefined, admin: 'ready', health: 'up' },
    }));
  }

  log(name: string): string {
    return readFileSync(join(this.logs, name), 'utf8');
  }

  until<T>(check: () => T | Promise<T>): Promise<T> {
    return vi.waitFor(check, { timeout: 15_000, interval: 20 });
  }

  async close(): Promise<void> {
    for (const keeper of this.keepers) {
      for (const { charge } of keeper.all) await charge.stop();
      await keeper.close(LIMIT);
    }
    for (const backend of this.backends) backend.close();
    rmSync(this.home, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}
