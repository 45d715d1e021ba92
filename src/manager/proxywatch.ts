import type { Config, ProxyConfig } from '../config/config.ts';
import type { ObservedProxy } from '../engine/messages.ts';
import type { ProxySettings } from '../proxy/discover.ts';
import type { Verdict } from '../proxy/observe.ts';
import type { Profile } from '../proxy/profile.ts';
import { watchProxy } from '../proxy/watch.ts';
import type { ProxyWatch } from '../proxy/watch.ts';
import type { ProcessTable } from '../proxy/table.ts';
import { milliseconds } from '../wire/units.ts';

/** Between two looks at the proxy's processes while nothing happens. */
const PERIOD = milliseconds(250);

/** A proxy that could not be looked at is not taken to be well. */
export const UNSEEN: ObservedProxy = { state: 'dead', reason: 'it could not be looked at yet', main: undefined };

/** How the proxy of a profile is found that this program has started. */
export type ManagedView = (profile: Profile, proxy: ProxyConfig) => ManagedLook;

export interface ManagedLook {
  readonly settings: ProxySettings;
  readonly table: ProcessTable;
  /** What is done about a proxy that does not run. */
  notes(): readonly string[];
}

/** The watch of the configured proxy, replaced when the configuration of the proxy changes. */
export class ConfiguredWatch {
  readonly #profiles: Readonly<Record<string, Profile>>;
  readonly #onVerdict: (observed: ObservedProxy) => void;
  readonly #onTrouble: (error: Error) => void;
  readonly #view: ManagedView | undefined;
  #watch: ProxyWatch | undefined;
  #managed: ManagedLook | undefined;
  #settings = '';

  /** `view` is how a proxy is looked at that this program has started. */
  constructor(
    profiles: Readonly<Record<string, Profile>>,
    onVerdict: (observed: ObservedProxy) => void,
    onTrouble: (error: Error) => void,
    view?: ManagedView,
  ) {
    this.#profiles = profiles;
    this.#onVerdict = onVerdict;
    this.#onTrouble = onTrouble;
    this.#view = view;
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
    this.#managed = proxy.managed === undefined ? undefined : this.#view?.(profile, proxy);
    this.#watch = watchProxy({
      profile,
      settings: this.#managed?.settings ?? proxy,
      ...(this.#managed === undefined ? {} : { table: this.#managed.table }),
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
    const verdict = this.#watch?.current();
    return verdict && { ...verdict, notes: [...verdict.notes, ...(this.#managed?.notes() ?? [])] };
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
