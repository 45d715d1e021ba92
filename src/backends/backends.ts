import type { ServiceConfig } from '../config/config.ts';
import { createAddressBook } from './check/address.ts';
import type { AddressBook } from './check/address.ts';
import { createScheduler } from './check/scheduler.ts';
import type { Scheduler, SchedulerLoad } from './check/scheduler.ts';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import type { Admin, Backend } from './backend.ts';
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
 * itself. Checks (`check/`) look at every backend in turn, and `rise.ts` makes verdicts of single looks. `force.ts` puts
 * both together into what a proxy is rendered from.
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
  add(service: string, written: string): Outcome;
  /** Removes one that was added. `backend` is a name, or host and port. */
  remove(service: string, backend: string): Outcome;
  /** `drain`: no new clients. `ready` takes that back. */
  admin(service: string, backend: string, admin: Admin): Outcome;
  /** `undefined` gives it back the weight of its source. */
  weight(service: string, backend: string, weight: number | undefined): Outcome;
  /** Takes over verdicts of somebody else, by backend id, of backends that nobody has judged yet. */
  seed(service: string, states: ReadonlyMap<string, 'up' | 'down'>): void;
  /** Takes a new configuration into use. Services that are the same go on undisturbed. */
  reconfigure(services: readonly ServiceConfig[]): void;
  readonly load: SchedulerLoad;
  close(): void;
}

export interface BackendsOptions {
  readonly services: readonly ServiceConfig[];
  /** Where the orders of the command line are kept, such as `/var/lib/vipair/backends.json`. */
  readonly stateFile: string;
  /** After something about a service has changed; never in the stack of a call to this. */
  readonly onChange: (service: string, change: ServiceChange) => void;
  /** After the state of a backend has changed. */
  readonly onTurn?: (service: string, id: string, verdict: Verdict, before: Verdict['state']) => void;
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
  /** BOUNDED by the services of the configuration, in its order. */
  readonly #services = new Map<string, { readonly text: string; readonly backends: ServiceBackends }>();

  constructor(options: BackendsOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#scheduler = createScheduler(clock);
    this.#addresses = createAddressBook(clock);
    this.#store = openCommandStore(options.stateFile, clock);
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

  add(service: string, written: string): Outcome {
    return this.#services.has(service) ? this.#store.add(service, written) : { refused: this.#noService(service) };
  }

  remove(service: string, backend: string): Outcome {
    return this.#order(service, backend, (id) => this.#store.remove(service, id));
  }

  admin(service: string, backend: string, admin: Admin): Outcome {
    return this.#order(service, backend, (id) => this.#store.admin(service, id, admin));
  }

  weight(service: string, backend: string, weight: number | undefined): Outcome {
    return this.#order(service, backend, (id) => this.#store.weight(service, id, weight));
  }

  seed(service: string, states: ReadonlyMap<string, 'up' | 'down'>): void {
    this.#services.get(service)?.backends.seed(states);
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
    for (const { backends } of this.#services.values()) backends.close();
    this.#services.clear();
    this.#scheduler.close();
  }

  #replace(config: ServiceConfig, old: ServiceBackends | undefined): void {
    const { onTurn, onChange } = this.#options;
    const { name } = config;
    const before = old?.snapshot();
    old?.close();
    const backends = createService({
      config,
      clock: this.#clock,
      scheduler: this.#scheduler,
      addresses: this.#addresses,
      store: this.#store,
      previous: before?.set,
      onChange: (change) =>
        queueMicrotask(() => this.#services.get(name)?.backends === backends && onChange(name, change)),
      onTurn: onTurn && ((id, verdict, state) => onTurn(name, id, verdict, state)),
    });
    this.#services.set(name, { text: JSON.stringify(config), backends });
    backends.start();
    // What the old checks knew holds until the new ones know better.
    if (before !== undefined) backends.seed(judged(before.verdicts));
  }

  #order(service: string, backend: string, run: (id: string) => Outcome): Outcome {
    const entry = this.#services.get(service);
    if (entry === undefined) return { refused: this.#noService(service) };
    const found = findBackend(entry.backends.snapshot().set.backends, backend);
    if (found === undefined) return { refused: `${service} has no backend "${backend}"` };
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

function judged(verdicts: ReadonlyMap<string, Verdict>): Map<string, 'up' | 'down'> {
  return new Map([...verdicts].flatMap(([id, { state }]) => (state === 'unknown' ? [] : [[id, state] as const])));
}
