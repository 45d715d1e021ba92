import type { Config, ListenConfig, NodeConfig } from '../config/config.ts';
import type { ObservedCheck, ObservedProxy, ToEngine } from '../engine/messages.ts';
import type { LevelWords } from '../proxy/liveness.ts';
import type { Verdict } from '../proxy/observe.ts';
import type { Profile } from '../proxy/profile.ts';
import { labelOf } from '../track/fitness.ts';
import type { ServiceHealth } from '../track/quorum.ts';
import type { PeerHealth } from '../track/sickness.ts';
import type { UnstampedManagerEvent } from './event.ts';
import { HostChecks } from './host/checks.ts';
import { ConfiguredWatch, UNSEEN } from './proxywatch.ts';
import type { ManagedView } from './proxywatch.ts';
import { ProxyWatches } from './watches.ts';

/** How long a new configuration waits for the first verdicts of its checks. One that has none by then fails. */
const FIRST_CHECKS_MS = 1000;

export interface VitalsOptions {
  readonly profiles: Readonly<Record<string, Profile>>;
  readonly tell: (event: UnstampedManagerEvent) => void;
  readonly onTrouble: (words: string) => void;
  readonly send: (message: ToEngine) => void;
  /** Whether what is wrong with the proxy is no news. */
  readonly isQuiet?: () => boolean;
  /** Told the state of the proxy when the engine has been told. */
  readonly onProxy?: (state: ObservedProxy['state']) => void;
  /** How a proxy is looked at that this program has started. */
  readonly view?: ManagedView;
  /** Where the proxy listens by what is in force. */
  readonly inForce?: () => readonly ListenConfig[] | undefined;
}

/** Whatever this host's fitness depends on, looked at: its proxy and its checks. The engine is told what is found. */
export class Vitals {
  readonly #options: VitalsOptions;
  readonly #watch: ProxyWatches;
  readonly #checks: HostChecks;
  #config: Config | undefined;
  /** Whether the engine knows of the configuration, and can make something of news. */
  #isInForce = false;

  constructor(options: VitalsOptions) {
    this.#options = options;
    const { profiles, tell, onTrouble, view, inForce } = options;
    this.#watch = new ProxyWatches(
      (onVerdict, allowed) =>
        new ConfiguredWatch({
          ...{ profiles, onVerdict, allowed, ...(view && { view }), ...(inForce && { inForce }) },
          onTrouble: ({ message }) => onTrouble(message),
        }),
      (proxy) => {
        if (options.isQuiet?.() !== true) tell({ type: 'proxy', state: proxy.state, reason: proxy.reason });
        this.#send({ type: 'proxy', proxy });
        options.onProxy?.(proxy.state);
      },
    );
    this.#checks = new HostChecks({
      onTurn: (checks, isNews) => {
        for (const { name, state, reason } of isNews ? checks : [])
          tell({ type: 'check', check: labelOf(name), state: state === 'well' ? 'well' : 'failed', reason });
        this.#send({ type: 'checks', checks });
      },
      proxyPids: () => {
        const { main, workers = [] } = this.#watch.verdict ?? {};
        return main === undefined ? [] : [main.pid, ...workers];
      },
    });
  }

  /** Follows the configuration, and waits a moment for what new checks find. */
  async follow(config: Config, node: NodeConfig): Promise<void> {
    this.#config = config;
    this.#watch.follow(config);
    this.#checks.follow(config, node);
    await this.#checks.settled(FIRST_CHECKS_MS);
  }

  /** What the engine is to know when a configuration is put in force, and from then on when it changes. */
  observed(): { readonly proxy: ObservedProxy | undefined; readonly checks: readonly ObservedCheck[] } {
    const isReload = this.#isInForce;
    this.#isInForce = true;
    return {
      proxy: this.#config?.proxy === undefined ? undefined : (this.#watch.observed ?? UNSEEN),
      checks: this.#checks.observed(isReload),
    };
  }

  /** During a switch: another proxy serves beside the one that is watched. */
  watchBeside(config: Config): void {
    this.#watch.watchBeside(config);
  }

  /** The proxy of this configuration is the one from now on, and alone. */
  settle(config: Config): void {
    this.#config = config;
    this.#watch.settle(config);
  }

  /** Looks at the proxy now: the engine has seen its process end. */
  lookNow(): void {
    this.#watch.lookNow();
  }

  noteHealth(health: readonly ServiceHealth[]): void {
    this.#checks.noteHealth(health);
  }

  notePeers(peers: readonly PeerHealth[]): void {
    this.#checks.notePeers(peers);
  }

  /** `undefined` before the first look, and when no proxy is watched. */
  get proxy(): Verdict | undefined {
    return this.#watch.verdict;
  }

  get levels(): readonly LevelWords[] {
    return this.#watch.levels;
  }

  #send(message: ToEngine): void {
    if (this.#isInForce) this.#options.send(message);
  }
}
