import { idOf } from '../backends/backend.ts';
import type { Config } from '../config/config.ts';
import type { FrontModel } from '../proxy/model.ts';
import type { Profile } from '../proxy/profile.ts';
import type { BackendView } from '../pair/backendview.ts';
import type { Applying } from './applying.ts';
import type { UnstampedManagerEvent } from './event.ts';
import { ProxyChecks } from './proxychecks.ts';
import { Supply } from './supply.ts';

export interface ServedOptions {
  /** The state directory. */
  readonly directory: string;
  readonly tell: (event: UnstampedManagerEvent) => void;
  /** How every service that is known is seen, whenever one of them has changed. */
  readonly onHealth?: (views: readonly BackendView[]) => void;
}

/** The backends and the proxy before them, put together: servers go one way, what the proxy finds of them the other. */
export class Served {
  readonly supply: Supply;
  readonly #checks: ProxyChecks;

  constructor(applying: Applying, options: ServedOptions) {
    this.supply = new Supply({
      ...options,
      remembered: () => healthIn(applying.inForce),
      onServers: (...told) => applying.setBackends(...told),
    });
    this.#checks = new ProxyChecks(applying, this.supply);
  }

  /** Follows a configuration, after the applying does. */
  follow(config: Config, profile: Profile | undefined): void {
    this.supply.follow(config);
    this.#checks.follow(config, profile);
  }

  /** After an apply. */
  look(): void {
    this.#checks.look();
  }

  /** What needs attention. */
  warnings(): string[] {
    return [...this.supply.warnings(), ...this.#checks.warnings()];
  }
}

/** What was known of the backends when they were last put in force, by service and backend id. */
const healthIn = (model: FrontModel | undefined): ReadonlyMap<string, ReadonlyMap<string, 'up' | 'down'>> =>
  new Map(
    model?.services.map(({ name, servers }) => [
      name,
      new Map(servers.flatMap((server) => (server.health === 'unknown' ? [] : [[idOf(server), server.health]]))),
    ]),
  );
