import { afterAll, beforeAll } from 'vitest';
import { profiles } from '../../../profiles/registry.ts';
import { backendPort, startBackend } from '../../../src/lab/backend.ts';
import type { Daemon } from '../../../src/lab/daemon.ts';
import { startDaemon } from '../../../src/lab/daemon.ts';
import type { Front } from '../../../src/lab/front.ts';
import { installFront } from '../../../src/lab/front.ts';
import type { Lab } from '../../../src/lab/lab.ts';
import { labUp } from '../../../src/lab/lab.ts';
import type { Load } from '../../../src/lab/load.ts';
import { startLoad } from '../../../src/lab/load.ts';
import type { PairOptions } from '../../../src/lab/pairfile.ts';
import { pairFile, vipOf } from '../../../src/lab/pairfile.ts';
import type { LabOptions } from '../../../src/lab/plan.ts';
import { settled } from '../../../src/lab/settled.ts';
import { until } from '../../../src/lab/until.ts';
import { now } from '../../../src/linux/clock.ts';
import { addressOf } from '../../../src/wire/address.ts';
import type { Instant } from '../../../src/wire/units.ts';
import { milliseconds } from '../../../src/wire/units.ts';
import { labName } from '../name.ts';

/** The VIPs of the first two hosts. */
export const VIP1: string = vipOf(1);
export const VIP2: string = vipOf(2);

/** Longer than anything that is waited for takes on a busy machine. */
export const PATIENCE: ReturnType<typeof milliseconds> = milliseconds(20_000);

/** Waits until something is so; the words complete "see that ...". */
export const eventually = (what: string, isSo: () => boolean | Promise<boolean>, limit = PATIENCE): Promise<unknown> =>
  until(what, isSo, limit);

/** A lab with the real daemon on its hosts. One a test file, because building it takes longer than using it. */
export class Pair {
  readonly #name: string;
  readonly #options: LabOptions;
  readonly #daemons = new Map<string, Daemon>();
  readonly #fronts = new Map<string, Front>();
  #loads: Load[] = [];
  #lab: Lab | undefined;
  #file = '';

  constructor(name: string, options: LabOptions) {
    this.#name = name;
    this.#options = options;
  }

  async up(): Promise<void> {
    this.#lab = await labUp({ name: this.#name, ...this.#options });
  }

  down(): void {
    this.#lab?.down();
  }

  get lab(): Lab {
    if (this.#lab === undefined) throw new Error('the lab is not up');
    return this.#lab;
  }

  /** The text that the daemons were last started with. */
  get file(): string {
    return this.#file;
  }

  get lb1(): Daemon {
    return this.daemon('lb1');
  }

  get lb2(): Daemon {
    return this.daemon('lb2');
  }

  /** The daemons that were started and not ended since. */
  get daemons(): Daemon[] {
    return [...this.#daemons.values()].filter(({ process }) => process.running);
  }

  daemon(host: string): Daemon {
    const daemon = this.#daemons.get(host);
    if (daemon === undefined) throw new Error(`no daemon was started on ${host}`);
    return daemon;
  }

  front(host: string): Front {
    const front = this.#fronts.get(host);
    if (front === undefined) throw new Error(`no proxy was installed on ${host}`);
    return front;
  }

  /** Who answers for an address: exactly one host in a well-behaved pair. */
  holders(address: string): string[] {
    return this.lab.holders(address);
  }

  /** Starts the daemon on one host, with the file of the first start or of the last `run` unless another is given. */
  async start(host: string, file = this.#file, argv: readonly string[] = []): Promise<Daemon> {
    if (this.#file === '') this.#file = file;
    const daemon = await startDaemon(this.lab.host(host), { config: file, argv });
    this.#daemons.set(host, daemon);
    return daemon;
  }

  /** Starts fresh daemons everywhere, whatever ran before, and waits until the pair is settled. */
  async run(options: PairOptions = {}, argv: readonly string[] = []): Promise<void> {
    await this.end();
    await this.mend();
    this.#file = pairFile(this.lab, options);
    await Promise.all(this.lab.hosts.map(({ name }) => this.start(name, this.#file, argv)));
    await settled(this.daemons);
  }

  /** Waits until every VIP is where it belongs. */
  settle(): Promise<void> {
    return settled(this.daemons);
  }

  /** Ends all daemons. */
  async end(): Promise<void> {
    await Promise.all(this.daemons.map((daemon) => daemon.stop()));
    this.#daemons.clear();
  }

  /** Starts a proxy of a profile on every host, before backends that answer. */
  async serve(profileName: string): Promise<void> {
    const profile = profiles[profileName];
    if (profile === undefined) throw new Error(`no profile is called ${profileName}`);
    await Promise.all([...this.#fronts.values()].map((front) => front.stop()));
    this.#fronts.clear();
    const { backends, hosts } = this.lab;
    for (const member of backends) if (member.processes().length === 0) await startBackend(member);
    const servers = backends.map(({ ipv4 }) => ({ address: addressOf(ipv4), port: backendPort }));
    for (const host of hosts) {
      const front = installFront(host, profile, { listen: [80], backends: servers, healthPath: '/vipair-health' });
      this.#fronts.set(host.name, front);
      await front.start();
    }
  }

  /** Starts every proxy that a test has left dead. */
  async mend(): Promise<void> {
    for (const front of this.#fronts.values()) if (front.main() === undefined) await front.start();
  }

  /** Starts the load client on all VIPs, every 5 ms, and waits until all of them answer. */
  async load(...addresses: string[]): Promise<Load> {
    const targets = addresses.map((address) => (address.includes(':') ? `[${address}]:80` : `${address}:80`));
    const load = await startLoad(this.lab.client, { targets, interval: milliseconds(5) });
    this.#loads.push(load);
    for (const target of targets) await load.well(target, milliseconds(150), PATIENCE);
    return load;
  }

  /** Ends every load client that a test has left. */
  async unload(): Promise<void> {
    const loads = this.#loads;
    this.#loads = [];
    await Promise.all(loads.map((load) => load.stop()));
  }
}

/** What a client may notice of a fault that the pair handles, in milliseconds. The benchmarks report what it really is. */
export const GAP: number = 250;

/** How long a VIP's clients were without an answer around an instant, in milliseconds, once all is calm again. */
export async function outage(load: Load, address: string, at: Instant): Promise<number> {
  const target = address.includes(':') ? `[${address}]:80` : `${address}:80`;
  await until('the client has gone on', () => now() - at > 500, PATIENCE);
  await load.well(target, milliseconds(GAP), PATIENCE);
  return load.outage(target, at)?.length ?? Number.NaN;
}

/** A pair for the tests of one file: up before the first, gone after the last. */
export function usePair(name: string, options: LabOptions = { backends: 0 }): Pair {
  const pair = new Pair(labName(name.slice(0, 7)), options);
  beforeAll(() => pair.up());
  afterAll(async () => {
    await pair.unload().catch(() => undefined);
    pair.down();
  });
  return pair;
}
