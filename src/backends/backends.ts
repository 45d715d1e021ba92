import type { ServiceConfig } from '../config/config.ts';
import { createAddressBook } from './check/address.ts';
import type { AddressBook } from './check/address.ts';
import { createScheduler } from './check/scheduler.ts';
import type { Scheduler, SchedulerLoad } from './check/scheduler.ts';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import { nameOf } from './backend.ts';
import type { Admin, Backend } from './backend.ts';
import { seeded } from './rise.ts';
import type { Finding } from './check/checker.ts';
import type { Memory } from './memory.ts';
import { openMemoryFile } from './memoryfile.ts';
import type { MemoryFile } from './memoryfile.ts';
import type { Verdict } from './rise.ts';
import { createService } from './service.ts';
import type { ServiceBackends, ServiceChange, ServiceSnapshot } from './service.ts';
import { openCommandStore } from './source/command.ts';
import type { CommandStore, Outcome } from './source/command.ts';

/**
 * Backends: where they come from, and whether they are well.
 *
 * Sources (`source/`) say which backends there are: the configuration, files, the DNS, URLs, etcd, the command line.
 * What they say together is one set for each service (`set.ts`), which a silent or empty source does not shrink by
 * itself; what they said last is remembered (`memory.ts`) for when they are asked anew. Checks (`check/`) look at every
 * backend in turn, and `rise.ts` makes verdicts of single looks. `force.ts` puts both together into what a proxy is
 * rendered from.
 *
 * Its rules: the set, the verdicts and the turns are pure functions with time as an input; whatever touches the network
 * or the disk is bounded in time, bytes and number, never throws, and tells its troubles in words. It must not know any
 * proxy, nor what becomes of what it knows.
 */
export interface Backends {
  snapshot(service: string): ServiceSnapshot | undefined;
  /** In the order of the configuration. */
  snapshots(): readonly ServiceSnapshot[];
  /** Adds a backend for as long as it is not removed, written as in the configuration. */
  add(service: string, written: string, isDry?: boolean): Outcome;
  /** Removes one that was added. `backend` is a name, or host and port. */
  remove(service: string, backend: string, isDry?: boolean): Outcome;
  /** `drain`: no new clients. `ready` takes that back. */
  admin(service: string, backend: string, admin: Admin, isDry?: boolean): Outcome;
  /** `undefined` gives it back the weight of its source. */
  weight(service: string, backend: string, weight: number | undefined, isDry?: boolean): Outcome;
  /** Why the orders of the command line could not be kept now, in words. */
  trouble(): string | undefined;
  /** Why what the sources say could not be kept for the next run, in words. */
  readonly memoryTrouble: string | undefined;
  /** Takes over what somebody else, such as the proxy, has found of backends of a service. */
  take(service: string, findings: readonly Finding[]): void;
  /** Services whose checks somebody else makes, so that ours rest; those of all others are made. */
  rest(services: ReadonlySet<string>): void;
  /** Takes a new configuration into use. Services that are the same go on undisturbed. */
  reconfigure(services: readonly ServiceConfig[]): void;
  readonly load: SchedulerLoad;
  close(): void;
}

export interface BackendsOptions {
  readonly services: readonly ServiceConfig[];
  /** Where the orders of the command line are kept, such as `/var/lib/vipair/backends.json`. */
  readonly stateFile: string;
  /** Where what the sources said last is kept, such as `/var/lib/vipair/sources.json`. */
  readonly memoryFile: string;
  /** After something about a service has changed; never in the stack of a call to this. */
  readonly onChange: (service: string, change: ServiceChange) => void;
  /** After the state of a backend has changed. */
  readonly onTurn?: (service: string, id: string, verdict: Verdict, before: Verdict['state']) => void;
  /**
   * What was known in a former life, by service and backend id. A backend that comes in for the first time begins with
   * it, so that a restart neither lets one that is dead serve again nor waits for what was well.
   */
  readonly remembered?: ReadonlyMap<string, ReadonlyMap<string, 'up' | 'down'>>;
  /** The host's, unless given. */
  readonly clock?: Clock;
}

/** Starts the sources and checks of all services. Does not throw. */
export function openBackends(options: BackendsOptions): Backends {
  const { clock = systemClock } = options;
  return new RunningBackends(options, clock);
}

class RunningBackends implements Backends {
  readonly #options: BackendsOptions;
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #addresses: AddressBook;
  readonly #store: CommandStore;
  readonly #memory: MemoryFile;
  /** BOUNDED by the services of the configuration, in its order. */
  readonly #services = new Map<string, { readonly text: string; readonly backends: ServiceBackends }>();

  /** BOUNDED by the services. */
  #resting: ReadonlySet<string> = new Set();

  constructor(options: BackendsOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#scheduler = createScheduler(clock);
    this.#addresses = createAddressBook(clock);
    this.#store = openCommandStore(options.stateFile, clock);
    this.#memory = openMemoryFile(options.memoryFile, clock, () => this.#memories());
    this.reconfigure(options.services);
  }

  get load(): SchedulerLoad {
    return this.#scheduler.load;
  }

  snapshot(service: string): ServiceSnapshot | undefined {
    return this.#services.get(service)?.backends.snapshot();
  }

  snapshots(): readonly ServiceSnapshot[] {
    return Array.from(this.#services.values(), ({ backends }) => backends.snapshot());
  }

  add(service: string, written: string, isDry?: boolean): Outcome {
    const entry = this.#services.get(service);
    if (entry === undefined) return { refused: this.#noService(service) };
    const outcome = this.#store.add(service, written, isDry);
    if ('id' in outcome && isDry !== true) entry.backends.refresh();
    return outcome;
  }

  remove(service: string, backend: string, isDry?: boolean): Outcome {
    return this.#order(service, backend, (id) => this.#store.remove(service, id, isDry));
  }

  admin(service: string, backend: string, admin: Admin, isDry?: boolean): Outcome {
    return this.#order(service, backend, (id) => this.#store.admin(service, id, admin, isDry));
  }

  weight(service: string, backend: string, weight: number | undefined, isDry?: boolean): Outcome {
    return this.#order(service, backend, (id) => this.#store.weight(service, id, weight, isDry));
  }

  take(service: string, findings: readonly Finding[]): void {
    this.#services.get(service)?.backends.take(findings);
  }

  rest(services: ReadonlySet<string>): void {
    this.#resting = services;
    for (const [name, { backends }] of this.#services) backends.rest(services.has(name));
  }

  trouble(): string | undefined {
    return this.#store.trouble();
  }

  get memoryTrouble(): string | undefined {
    return this.#memory.trouble;
  }

  reconfigure(next: readonly ServiceConfig[]): void {
    const wanted = new Set(next.map(({ name }) => name));
    for (const [name, { backends }] of this.#services) {
      if (wanted.has(name)) continue;
      backends.close();
      this.#services.delete(name);
    }
    // In the order of the new configuration, with what has not changed as it is.
    for (const config of next) {
      const old = this.#services.get(config.name);
      this.#services.delete(config.name);
      if (old?.text === JSON.stringify(config)) this.#services.set(config.name, old);
      else this.#replace(config, old?.backends);
    }
  }

  close(): void {
    this.#memory.close();
    for (const { backends } of this.#services.values()) backends.close();
    this.#services.clear();
    this.#scheduler.close();
  }

  #replace(config: ServiceConfig, old: ServiceBackends | undefined): void {
    const { onTurn, onChange } = this.#options;
    const { name } = config;
    const before = old?.snapshot();
    const memory = old?.memory();
    old?.close();
    const backends = createService({
      config,
      clock: this.#clock,
      scheduler: this.#scheduler,
      addresses: this.#addresses,
      store: this.#store,
      previous: before?.set,
      memory: old === undefined ? this.#memory.take(name) : memory,
      remembered: before?.verdicts ?? this.#rememberedOf(name),
      onChange: (change) =>
        queueMicrotask(() => {
          if (this.#services.get(name)?.backends !== backends) return;
          if (change !== 'health' && config.sources.length > 0) this.#memory.touch();
          onChange(name, change);
        }),
      onTurn: onTurn && ((id, verdict, state) => onTurn(name, id, verdict, state)),
    });
    this.#services.set(name, { text: JSON.stringify(config), backends });
    // What the old checks knew holds until the new ones know better.
    backends.rest(this.#resting.has(name));
    backends.start();
  }

  #memories(): Map<string, Memory> {
    return new Map(Array.from(this.#services, ([name, { backends }]) => [name, backends.memory()]));
  }

  #rememberedOf(service: string): Map<string, Verdict> {
    const states = this.#options.remembered?.get(service) ?? [];
    return new Map(Array.from(states, ([id, state]) => [id, seeded(state, this.#clock.now())]));
  }

  #order(service: string, backend: string, run: (id: string) => Outcome): Outcome {
    const entry = this.#services.get(service);
    if (entry === undefined) return { refused: this.#noService(service) };
    const found = findBackend(entry.backends.snapshot().set.backends, backend);
    if (found === undefined) return { refused: noBackend(service, backend, entry.backends.snapshot().set.backends) };
    const outcome = run(found.id);
    if ('id' in outcome) entry.backends.refresh();
    return outcome;
  }

  #noService(service: string): string {
    return `no service is called "${service}"; the services are ${[...this.#services.keys()].join(', ') || 'none'}`;
  }
}

const findBackend = (backends: readonly Backend[], wanted: string): Backend | undefined =>
  backends.find(({ id }) => id === wanted) ?? backends.find(({ name }) => name === wanted);

/** The most backends that a message names. */
const MOST_NAMED = 5;

function noBackend(service: string, wanted: string, backends: readonly Backend[]): string {
  const names = backends
    .slice(0, MOST_NAMED)
    .map((backend) => (backend.name === nameOf(backend) ? backend.id : `${backend.name} (${backend.id})`));
  const rest = backends.length - names.length;
  const more = rest > 0 ? ` and ${rest} more` : '';
  return `${service} has no backend "${wanted}"; it has ${names.length === 0 ? 'none' : names.join(', ')}${more}`;
}
