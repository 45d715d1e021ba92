import { proxyAs } from '../config/proxy.ts';
import type { Config, ProxyConfig } from '../config/config.ts';
import { OpError } from '../linux/operror.ts';
import type { Profile } from '../proxy/profile.ts';
import type { SwitchJournal } from '../proxy/switch/journal.ts';

export interface ChosenOptions {
  readonly profiles: Readonly<Record<string, Profile>>;
  readonly journal: SwitchJournal;
  /** Whether a proxy of these settings runs. */
  readonly isAlive: (proxy: ProxyConfig) => boolean;
  readonly onTrouble: (words: string) => void;
}

/**
 * Which proxy this host is to run: what the file says, unless the host was switched since. What it was switched to
 * outlives this program, and holds until the file agrees or says something newer.
 */
export class Chosen {
  readonly #options: ChosenOptions;
  #configured: string | undefined;

  constructor(options: ChosenOptions) {
    this.#options = options;
  }

  /** Takes note of what the file says. A record that agrees with it is no exception to it any more. */
  noteFile({ proxy }: Config): void {
    const { runs } = this.#options.journal;
    this.#configured = proxy?.profile;
    if (runs === undefined || runs.profile !== proxy?.profile || runs.instead === runs.profile) return;
    try {
      this.#options.journal.note({ ...runs, instead: runs.profile });
    } catch (error) {
      if (!(error instanceof OpError)) throw error;
      this.#options.onTrouble(error.message);
    }
  }

  /** The profile of the file that was read last. */
  get configured(): string | undefined {
    return this.#configured;
  }

  /** The configuration with the proxy that this host was switched to. */
  effective(config: Config): Config {
    const { runs } = this.#options.journal;
    const { proxy } = config;
    if (proxy === undefined || runs === undefined || runs.instead !== proxy.profile) return config;
    return this.as(config, runs.profile);
  }

  /** The configuration to start with: an unfinished switch, or a file that has changed meanwhile, leads on from there. */
  startingPoint(config: Config): Config {
    const { runs, unfinished } = this.#options.journal;
    if (unfinished !== undefined) {
      const isCommitted = unfinished.phase === 'draining' || unfinished.phase === 'committing';
      const isOver = isCommitted && this.#isAlive(config, unfinished.to);
      return this.as(config, isOver ? unfinished.to : unfinished.from);
    }
    const wanted = this.effective(config);
    const last = runs?.profile;
    if (last === undefined || last === wanted.proxy?.profile || !this.#isAlive(config, last)) return wanted;
    return this.#isAlive(config, wanted.proxy?.profile ?? last) ? wanted : this.as(config, last);
  }

  /** The configuration with another profile's proxy; as it is when there is no such profile. */
  as(config: Config, profile: string): Config {
    if (config.proxy === undefined || this.#options.profiles[profile] === undefined) return config;
    return { ...config, proxy: proxyAs(config.proxy, profile) };
  }

  #isAlive(config: Config, profile: string): boolean {
    const { proxy } = this.as(config, profile);
    return proxy !== undefined && this.#options.isAlive(proxy);
  }
}
