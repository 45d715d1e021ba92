import type { Config, ListenConfig, ProxyConfig } from '../config/config.ts';
import type { ObservedProxy } from '../engine/messages.ts';
import { combine, levelWords } from '../proxy/liveness.ts';
import type { LevelWords } from '../proxy/liveness.ts';
import type { ProxySettings } from '../proxy/discover.ts';
import type { Verdict } from '../proxy/observe.ts';
import type { Profile } from '../proxy/profile.ts';
import { watchProxy } from '../proxy/watch.ts';
import type { ProxyWatch } from '../proxy/watch.ts';
import type { ProcessTable } from '../proxy/table.ts';
import { LevelWatch, PERIOD } from './levelwatch.ts';

/** A proxy that could not be looked at is not taken to be well. */
export const UNSEEN: ObservedProxy = { state: 'dead', reason: 'it could not be looked at yet', main: undefined };

/** How the proxy of a profile is found that this program has started. */
export type ManagedView = (profile: Profile, proxy: ProxyConfig) => ManagedLook;

export interface ManagedLook {
  /** Whose processes they are: of the proxy that serves now, though another may be configured already. */
  readonly profile: Profile;
  readonly settings: ProxySettings;
  readonly table: ProcessTable;
  /** What is done about a proxy that does not run. */
  notes(): readonly string[];
}

export interface ConfiguredWatchOptions {
  readonly profiles: Readonly<Record<string, Profile>>;
  /** Told first and then whenever the state, the main process or the reason changes. */
  readonly onVerdict: (observed: ObservedProxy) => void;
  readonly onTrouble: (error: Error) => void;
  /** How a proxy is looked at that this program has started. */
  readonly view?: ManagedView;
  /** Where the proxy listens by what is in force, which a configuration may be ahead of; `undefined` when not known. */
  readonly inForce?: () => readonly ListenConfig[] | undefined;
  /** Processes that may have the proxy's sockets beside it. */
  readonly allowed?: () => readonly number[];
}

/**
 * The watch of the configured proxy, replaced when its configuration changes: the processes, the listening sockets and
 * the answers, each period, made one verdict.
 */
export class ConfiguredWatch {
  readonly #options: ConfiguredWatchOptions;
  #watch: ProxyWatch | undefined;
  #levels: LevelWatch | undefined;
  #managed: ManagedLook | undefined;
  #config: Pick<Config, 'proxy' | 'services'> | undefined;
  #wanted = '';
  #told: ObservedProxy | undefined;
  #settings = '';

  constructor(options: ConfiguredWatchOptions) {
    this.#options = options;
  }

  /** Follows the configuration; a proxy whose settings are the same goes on being watched as it is. */
  follow(config: Config): void {
    const { proxy, services } = config;
    const settings = settingsOf(config);
    if (settings === this.#settings && this.#watch !== undefined) return;
    this.#settings = settings;
    this.#config = { proxy, services };
    this.#open();
  }

  #open(): void {
    this.close();
    const { proxy, services = [] } = this.#config ?? {};
    this.#managed = this.#look();
    const profile = this.#managed?.profile ?? this.#options.profiles[proxy?.profile ?? ''];
    if (proxy === undefined || profile === undefined) return;
    const { onTrouble } = this.#options;
    const wanted = this.#places();
    this.#wanted = JSON.stringify(wanted);
    const isWanted = (place: ListenConfig): boolean => wanted.some((each) => placeWords(each) === placeWords(place));
    const levels = new LevelWatch({
      ...{ profile, proxy, wanted, onTrouble },
      services: services.map((service) => ({ ...service, listen: service.listen.filter(isWanted) })),
      // In managed mode this process has the sockets, whoever accepts from them.
      allowed: () => [process.pid, ...(this.#options.allowed?.() ?? [])],
      onTurn: () => this.#tell(),
      current: () => this.#watch?.current(),
    });
    this.#levels = levels;
    this.#watch = watchProxy({
      profile,
      settings: this.#managed?.settings ?? proxy,
      ...(this.#managed === undefined ? {} : { table: this.#managed.table }),
      period: PERIOD,
      onVerdict: () => this.#tell(),
      onTrouble,
      schedule: (run, delay) => {
        const timer = setTimeout(run, delay);
        return () => clearTimeout(timer);
      },
    });
    this.#tell();
    levels.start();
  }

  /** How the proxy is looked at that this program has started; `undefined` when the configured one is adopted. */
  #look(): ManagedLook | undefined {
    const proxy = this.#config?.proxy;
    const profile = this.#options.profiles[proxy?.profile ?? ''];
    if (proxy?.managed === undefined || profile === undefined) return undefined;
    return this.#options.view?.(profile, proxy);
  }

  /**
   * Where the proxy has to listen: where it is configured to and was told to. What is new is not missed before it is in
   * force, because it may be refused; what is given up is not missed from now on.
   */
  #places(): readonly ListenConfig[] {
    const { proxy, services = [] } = this.#config ?? {};
    if (services.length === 0) return (proxy?.listen ?? []).map((port) => ({ address: undefined, port }));
    const configured = services.flatMap(({ listen }) => listen);
    const inForce = this.#options.inForce?.();
    if (inForce === undefined) return configured;
    const told = new Set(inForce.map(placeWords));
    const both = configured.filter((place) => told.has(placeWords(place)));
    return both.length > 0 ? both : inForce;
  }

  /** Whether it watches the proxy of this configuration. */
  follows(config: Config): boolean {
    return this.#watch !== undefined && settingsOf(config) === this.#settings;
  }

  lookNow(): void {
    if (this.#watch === undefined) return;
    // The proxy of another profile may have taken the place of the one that is watched, or listen elsewhere.
    const isOther = this.#look()?.profile !== this.#managed?.profile;
    if (isOther || JSON.stringify(this.#places()) !== this.#wanted) this.#open();
    else this.#watch.lookNow();
  }

  /** All levels together; `undefined` before the first look. */
  get verdict(): Verdict | undefined {
    const process = this.#watch?.current();
    if (process === undefined || this.#levels === undefined) return undefined;
    const verdict = combine(this.#levels.levels(process));
    return { ...verdict, notes: [...verdict.notes, ...(this.#managed?.notes() ?? [])] };
  }

  /** The levels one by one; empty before the first look. */
  get levels(): readonly LevelWords[] {
    const process = this.#watch?.current();
    return process === undefined || this.#levels === undefined ? [] : levelWords(this.#levels.levels(process));
  }

  /** What the engine is to know; `undefined` when no proxy is watched. */
  get observed(): ObservedProxy | undefined {
    const { verdict } = this;
    return verdict === undefined ? undefined : observedOf(verdict);
  }

  close(): void {
    this.#watch?.close();
    this.#levels?.close();
    this.#watch = undefined;
    this.#levels = undefined;
    this.#managed = undefined;
    this.#told = undefined;
  }

  #tell(): void {
    const { observed } = this;
    if (observed === undefined || JSON.stringify(observed) === JSON.stringify(this.#told)) return;
    this.#told = observed;
    this.#options.onVerdict(observed);
  }
}

/** What a watch depends on. */
const settingsOf = ({ proxy, services }: Config): string =>
  JSON.stringify([proxy, services.map(({ listen, mode, healthPath }) => ({ listen, mode, healthPath }))]);

const observedOf = ({ state, reason, main }: Verdict): ObservedProxy => ({ state, reason, main });

const placeWords = ({ address, port }: ListenConfig): string => `${address ?? '*'} ${port}`;
