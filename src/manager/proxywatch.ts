import type { Config } from '../config/config.ts';
import type { ObservedProxy } from '../engine/messages.ts';
import type { Verdict } from '../proxy/observe.ts';
import type { Profile } from '../proxy/profile.ts';
import { watchProxy } from '../proxy/watch.ts';
import type { ProxyWatch } from '../proxy/watch.ts';
import { milliseconds } from '../wire/units.ts';

/** Between two looks at the proxy's processes while nothing happens. */
const PERIOD = milliseconds(250);

/** The watch of the configured proxy, replaced when the configuration of the proxy changes. */
export class ConfiguredWatch {
  readonly #profiles: Readonly<Record<string, Profile>>;
  readonly #onVerdict: (observed: ObservedProxy) => void;
  readonly #onTrouble: (error: Error) => void;
  #watch: ProxyWatch | undefined;
  #settings = '';

  constructor(
    profiles: Readonly<Record<string, Profile>>,
    onVerdict: (observed: ObservedProxy) => void,
    onTrouble: (error: Error) => void,
  ) {
    this.#profiles = profiles;
    this.#onVerdict = onVerdict;
    this.#onTrouble = onTrouble;
  }

  /** Follows the configuration; a proxy whose settings are the same goes on being watched as it is. */
  follow(config: Config): void {
    const { proxy } = config;
    const settings = JSON.stringify(proxy);
    if (settings === this.#settings && this.#watch !== undefined) return;
    this.#settings = settings;
    this.#watch?.close();
    this.#watch = undefined;
    const profile = proxy === undefined ? undefined : this.#profiles[proxy.profile];
    if (proxy === undefined || profile === undefined) return;
    this.#watch = watchProxy({
      profile,
      settings: proxy,
      period: PERIOD,
      onVerdict: (verdict) => this.#onVerdict(observedOf(verdict)),
      onTrouble: this.#onTrouble,
      schedule: (run, delay) => {
        const timer = setTimeout(run, delay);
        return () => clearTimeout(timer);
      },
    });
  }

  /** Whether it watches the proxy of this configuration. */
  follows({ proxy }: Config): boolean {
    return this.#watch !== undefined && JSON.stringify(proxy) === this.#settings;
  }

  lookNow(): void {
    this.#watch?.lookNow();
  }

  get verdict(): Verdict | undefined {
    return this.#watch?.current();
  }

  /** What the engine is to know; `undefined` when no proxy is watched. */
  get observed(): ObservedProxy | undefined {
    const verdict = this.verdict;
    return verdict === undefined ? undefined : observedOf(verdict);
  }

  close(): void {
    this.#watch?.close();
  }
}

const observedOf = ({ state, reason, main }: Verdict): ObservedProxy => ({ state, reason, main });
