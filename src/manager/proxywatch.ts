import { networkInterfaces } from 'node:os';
import type { Config, ProxyConfig, ServiceConfig } from '../config/config.ts';
import type { ObservedProxy } from '../engine/messages.ts';
import { OpError } from '../linux/operror.ts';
import { AnswerWatch } from '../proxy/answerwatch.ts';
import type { ListenLook } from '../proxy/listenwatch.ts';
import { isDeaf, ListenWatch, socketTable } from '../proxy/listenwatch.ts';
import { combine, levelWords } from '../proxy/liveness.ts';
import type { Levels, LevelWords } from '../proxy/liveness.ts';
import type { ProxySettings } from '../proxy/discover.ts';
import type { Verdict } from '../proxy/observe.ts';
import type { Profile } from '../proxy/profile.ts';
import { questionsFor } from '../proxy/question.ts';
import { watchProxy } from '../proxy/watch.ts';
import type { ProxyWatch } from '../proxy/watch.ts';
import type { ProcessTable } from '../proxy/table.ts';
import type { IpAddress } from '../wire/address.ts';
import { milliseconds } from '../wire/units.ts';
import { ask } from './ask.ts';

/** Between two looks at the proxy's processes and sockets while nothing happens. */
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

/** How many looks in a row must find a port missing, and how many a stranger on it, before that is believed. */
const MISSING_LOOKS = 2;
const SHARED_LOOKS = 4;

/**
 * For so many looks after a configuration was put in force, ports may be missing that never were there: the proxy is
 * only just being told of them.
 */
const GRACE_LOOKS = 12;

export interface ConfiguredWatchOptions {
  readonly profiles: Readonly<Record<string, Profile>>;
  /** Told first and then whenever the state, the main process or the reason changes. */
  readonly onVerdict: (observed: ObservedProxy) => void;
  readonly onTrouble: (error: Error) => void;
  /** How a proxy is looked at that this program has started. */
  readonly view?: ManagedView;
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
    this.close();
    const profile = proxy === undefined ? undefined : this.#options.profiles[proxy.profile];
    if (proxy === undefined || profile === undefined) return;
    this.#managed = proxy.managed === undefined ? undefined : this.#options.view?.(profile, proxy);
    const { onTrouble } = this.#options;
    const levels = new LevelWatch({
      ...{ profile, proxy, services, onTrouble },
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

  /** Whether it watches the proxy of this configuration. */
  follows(config: Config): boolean {
    return this.#watch !== undefined && settingsOf(config) === this.#settings;
  }

  lookNow(): void {
    this.#watch?.lookNow();
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

interface LevelOptions {
  readonly profile: Profile;
  readonly proxy: ProxyConfig;
  readonly services: readonly ServiceConfig[];
  readonly allowed: () => readonly number[];
  readonly onTrouble: (error: Error) => void;
  /** Told when one of the levels has changed. */
  readonly onTurn: () => void;
  readonly current: () => Verdict | undefined;
}

const QUIET = { trouble: undefined, shared: undefined } as const;

/** The second and the third level, in step. */
class LevelWatch {
  readonly #options: LevelOptions;
  readonly #listening: ListenWatch;
  readonly #answers: AnswerWatch | undefined;
  #look: ListenLook | undefined;
  #listener: Levels['listener'] = QUIET;
  /** How many looks in a row have found something that is not believed yet. */
  #missing = 0;
  #shared = 0;
  #looks = 0;
  #wasWhole = false;
  #isDeaf = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LevelOptions) {
    this.#options = options;
    const { profile, proxy, services, allowed, onTurn } = options;
    const wanted =
      services.length > 0
        ? services.flatMap(({ listen }) => listen)
        : proxy.listen.map((port) => ({ address: undefined, port }));
    this.#listening = new ListenWatch({ title: profile.title, wanted, allowed, table: socketTable() });
    this.#answers = proxy.probe && new AnswerWatch({ probe: proxy.probe, ask, onTurn });
  }

  levels(process: Verdict): Levels {
    const { trouble, words } = this.#answers ?? {};
    return { process, listener: this.#listener, answer: { trouble, words } };
  }

  start(): void {
    const period = this.#options.proxy.probe?.period ?? PERIOD;
    this.#round();
    this.#timer = setInterval(() => this.#round(), period);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#answers?.reset();
  }

  #round(): void {
    const process = this.#options.current();
    // A proxy whose processes are dead is dead. What it did before says nothing about the next one.
    if (process?.main === undefined || process.state === 'dead') {
      this.#listener = QUIET;
      this.#missing = this.#shared = 0;
      this.#answers?.reset();
      return;
    }
    this.#lookAround(process.main.pid, process.workers);
    const { proxy, services } = this.#options;
    if (proxy.probe === undefined || !this.#mayAsk()) return;
    const own = ownAddresses();
    const held = this.#look?.held ?? [];
    this.#answers?.round(questionsFor({ probe: proxy.probe, services, held, isOwn: (address) => own.has(address) }));
  }

  /** A proxy that is only just being told where to listen is not asked there. */
  #mayAsk(): boolean {
    return this.#wasWhole || this.#isDeaf || this.#looks >= GRACE_LOOKS;
  }

  #lookAround(main: number, workers: readonly number[]): void {
    if (this.#isDeaf) return;
    try {
      this.#look = this.#listening.look(main, workers);
    } catch (error) {
      if (!(error instanceof OpError)) throw error;
      this.#isDeaf = isDeaf(error);
      this.#options.onTrouble(error);
      return;
    }
    const { trouble, shared } = this.#look;
    this.#looks += 1;
    if (trouble === undefined) this.#wasWhole = true;
    const isEarly = !this.#wasWhole && this.#looks < GRACE_LOOKS;
    this.#missing = trouble === undefined || isEarly ? 0 : this.#missing + 1;
    this.#shared = shared === undefined ? 0 : this.#shared + 1;
    const before = this.#listener;
    this.#listener = {
      trouble: this.#missing >= MISSING_LOOKS ? trouble : undefined,
      shared: this.#shared >= SHARED_LOOKS ? shared : undefined,
    };
    if (before.trouble !== this.#listener.trouble || before.shared !== this.#listener.shared) this.#options.onTurn();
  }
}

/** The addresses of this host, loopback included. */
function ownAddresses(): Set<IpAddress> {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return new Set([...all.map(({ address }) => address), '127.0.0.1', '::1'] as IpAddress[]);
}
