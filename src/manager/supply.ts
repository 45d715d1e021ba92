/**
 * The supply: the backends of the configuration in force, for the whole life of the manager. It opens them, follows a
 * new configuration, and tells what they are to whoever needs it: the apply as servers, the priority as numbers, the
 * log as sentences, the status as a whole. It also takes the orders of the command line.
 *
 * A service is delivered once its backends are known, so that a start neither empties a proxy nor fills it twice. It
 * must not know any proxy, nor what an apply does.
 */
import { join } from 'node:path';
import { openBackends } from '../backends/backends.ts';
import type { Backends } from '../backends/backends.ts';
import { systemClock } from '../backends/clock.ts';
import type { Clock } from '../backends/clock.ts';
import type { ServiceChange, ServiceSnapshot } from '../backends/service.ts';
import type { Config } from '../config/config.ts';
import type { BackendOrder, BackendsAnswer, OrderAnswer, ServiceStatus } from '../control/backends.ts';
import type { ServerModel } from '../proxy/model.ts';
import type { HealthReport } from '../proxy/steering.ts';
import type { BackendView } from '../pair/backendview.ts';
import { milliseconds } from '../wire/units.ts';
import type { Instant } from '../wire/units.ts';
import { BackendLog } from './backendlog.ts';
import { giveOrder } from './backendorder.ts';
import { backendView, serviceStatus } from './backendstatus.ts';
import type { UnstampedManagerEvent } from './event.ts';

export interface SupplyOptions {
  /** The directory of what outlives a restart; it need not exist. */
  readonly directory: string;
  /** What is known from before the start, by service and backend id; asked once. */
  readonly remembered: () => ReadonlyMap<string, ReadonlyMap<string, 'up' | 'down'>>;
  /**
   * The servers of every service that is known, why they are told now, no cause for what a reload brings, and when the
   * last change was noticed.
   */
  readonly onServers: (
    servers: ReadonlyMap<string, readonly ServerModel[]>,
    cause: string | undefined,
    noticedAt: Instant,
  ) => void;
  /** How every service that is known is seen, whenever one of them has changed. */
  readonly onHealth?: (views: readonly BackendView[]) => void;
  readonly tell: (event: UnstampedManagerEvent) => void;
  readonly clock?: Clock;
}

/** What happens together is told together; a crowd of backends goes down one by one. */
const TOGETHER = milliseconds(10);

/** Backends of a service in the status; all of them are in the list. */
const MOST_SHOWN = 20;

export class Supply {
  readonly #options: SupplyOptions;
  readonly #clock: Clock;
  readonly #log: BackendLog;
  #backends: Backends | undefined;
  #config: Config | undefined;
  /** Services whose sources have not answered to the configuration in force yet. BOUNDED by the services. */
  readonly #fresh = new Set<string>();
  /** BOUNDED by the services, twice. */
  readonly #causes = new Set<string>();
  /** Of the last change that is not told yet. */
  #noticedAt: Instant | undefined;
  #isDue = false;
  #cancel = (): void => {};
  /** BOUNDED by the services. */
  #left: ReadonlySet<string> = new Set();
  #health = '';

  constructor(options: SupplyOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#log = new BackendLog(options.tell, this.#clock);
  }

  /** Follows a configuration; services that are the same go on undisturbed. */
  follow(config: Config): void {
    const before = new Map(this.#config?.services.map((service) => [service.name, JSON.stringify(service)]));
    this.#config = config;
    this.#fresh.clear();
    for (const service of config.services)
      if (before.get(service.name) !== JSON.stringify(service)) this.#fresh.add(service.name);
    this.#log.only(config.services.map(({ name }) => name));
    if (this.#backends !== undefined) this.#backends.reconfigure(config.services);
    else if (config.services.length > 0) this.#open(config);
    this.#deliver();
  }

  /** Whether something has changed that `onServers` does not know yet, for a few milliseconds. */
  get isDue(): boolean {
    return this.#isDue;
  }

  /** One entry for each service, in the order of the file. */
  status(): ServiceStatus[] {
    return this.#snapshots().map((snapshot) => this.#statusOf(snapshot, MOST_SHOWN));
  }

  /** All backends of one service, or of all. Throws RangeError when there is no such service. */
  list(service: string | undefined): BackendsAnswer {
    const all = this.#snapshots();
    const wanted = all.filter((snapshot) => service === undefined || snapshot.service === service);
    if (wanted.length === 0 && service !== undefined) {
      const names = all.map((snapshot) => snapshot.service).join(', ') || 'none';
      throw new RangeError(`no service is called "${service}"; the services are ${names}`);
    }
    return { services: wanted.map((snapshot) => this.#statusOf(snapshot, Number.POSITIVE_INFINITY)) };
  }

  /** Gives an order of the command line; `isDry` only says what would become of it. */
  order(order: BackendOrder, isDry: boolean): OrderAnswer {
    if (this.#backends !== undefined) return giveOrder(this.#backends, order, isDry);
    return { accepted: false, message: 'the configuration has no services', backend: null };
  }

  /** The services that the proxy checks now, and whose results come by `take`; the others are checked here. */
  leave(services: ReadonlySet<string>): void {
    this.#left = services;
    this.#backends?.rest(services);
  }

  /** Takes over what the proxy has found. */
  take(reports: readonly HealthReport[]): void {
    for (const [service, own] of groupedBy(reports, (report) => report.service)) {
      const ids = new Map(this.#backends?.snapshot(service)?.set.backends.map(({ name, id }) => [name, id]));
      const findings = own.flatMap(({ server, health, reason, isNews }) => {
        const id = ids.get(server);
        return id === undefined || health === 'unknown' ? [] : [{ id, state: health, reason, isNews }];
      });
      this.#backends?.take(service, findings);
    }
  }

  /** What is known of the backends of a service, by the names that the proxy calls them. */
  healthOf(service: string): ReadonlyMap<string, ServerModel['health']> {
    const servers = this.#backends?.snapshot(service)?.force.servers ?? [];
    return new Map(servers.map(({ name, health }) => [name, health]));
  }

  /** What needs attention and is no service's alone. */
  warnings(): string[] {
    if (this.#config?.services.length === 0) return [];
    const [orders, answers] = [this.#backends?.trouble(), this.#backends?.memoryTrouble];
    return [
      ...(orders === undefined ? [] : [`orders of \`vipair backends\` cannot be kept: ${orders}`]),
      ...(answers === undefined ? [] : [`what the sources say cannot be kept for a restart: ${answers}`]),
    ];
  }

  close(): void {
    this.#cancel();
    this.#backends?.close();
  }

  #open({ services }: Config): void {
    const { directory, remembered } = this.#options;
    this.#backends = openBackends({
      services,
      stateFile: join(directory, 'backends.json'),
      memoryFile: join(directory, 'sources.json'),
      remembered: remembered(),
      clock: this.#clock,
      onChange: (service, change) => this.#changed(service, change),
      onTurn: (service, id, verdict, state) => this.#log.turn(service, id, verdict, state),
    });
    this.#backends.rest(this.#left);
  }

  #changed(service: string, change: ServiceChange): void {
    const snapshot = this.#backends?.snapshot(service);
    if (snapshot === undefined) return;
    this.#log.service(snapshot);
    // What a new configuration brings is that configuration's doing.
    if (change !== 'source' && !this.#fresh.has(service))
      this.#causes.add(change === 'set' ? `backends of ${service}` : `health of ${service}`);
    if (change !== 'source') {
      const at = (change === 'set' ? snapshot.changedAt : undefined) ?? this.#clock.now();
      if (this.#noticedAt === undefined || at > this.#noticedAt) this.#noticedAt = at;
    }
    const isNew = snapshot.isSettled && this.#fresh.delete(service);
    if (this.#isDue || (change === 'source' && !isNew)) return;
    this.#isDue = true;
    this.#cancel = this.#clock.after(TOGETHER, () => {
      this.#isDue = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    const snapshots = this.#snapshots().filter(isKnown);
    const causes = [...this.#causes];
    this.#causes.clear();
    this.#tellHealth(snapshots);
    const servers = new Map(snapshots.map(({ service, force }) => [service, force.servers]));
    const [cause, ...more] = causes;
    const noticedAt = this.#noticedAt ?? this.#clock.now();
    this.#noticedAt = undefined;
    this.#options.onServers(servers, more.length === 0 ? cause : `${cause} and ${more.length} more`, noticedAt);
  }

  #tellHealth(snapshots: readonly ServiceSnapshot[]): void {
    const views = snapshots.flatMap((snapshot) => backendView(snapshot) ?? []);
    // Who is down and how many there are; the others need not be compared one by one.
    const text = JSON.stringify(views, (key, value: unknown) => (key === 'ids' ? undefined : value));
    if (text === this.#health) return;
    this.#health = text;
    this.#options.onHealth?.(views);
  }

  #snapshots(): readonly ServiceSnapshot[] {
    return this.#backends?.snapshots() ?? [];
  }

  #statusOf(snapshot: ServiceSnapshot, most: number): ServiceStatus {
    const service = this.#config?.services.find(({ name }) => name === snapshot.service);
    const checkedBy = service?.check === undefined ? null : this.#left.has(service.name) ? 'proxy' : 'vipair';
    return serviceStatus(snapshot, checkedBy, this.#clock.now(), most);
  }
}

/** Whether its backends are those of its sources, or those that it had before a reload. */
const isKnown = ({ isSettled, set }: ServiceSnapshot): boolean => isSettled || set.backends.length > 0;

function groupedBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
