import type { Config } from '../config/config.ts';
import type { ObservedProxy } from '../engine/messages.ts';
import type { LevelWords } from '../proxy/liveness.ts';
import type { Verdict } from '../proxy/observe.ts';
import type { ConfiguredWatch } from './proxywatch.ts';

/** Opens a watch; `allowed` are processes that may have the proxy's sockets beside it. */
type OpenWatch = (onVerdict: () => void, allowed: () => readonly number[]) => ConfiguredWatch;

/**
 * The watch of the proxy, and while one proxy is switched for another the watches of both: a host that one of the two
 * serves is well. Whose word is told is the business of the switch: first the old one's, from the hand-over on the new
 * one's.
 */
export class ProxyWatches {
  readonly #open: OpenWatch;
  readonly #onVerdict: (observed: ObservedProxy) => void;
  #watch: ConfiguredWatch;
  #other: ConfiguredWatch | undefined;
  /** Processes of the proxy that was switched from, which go on until they have finished. BOUNDED: of the last switch. */
  #leaving: readonly number[] = [];
  #told = '';

  constructor(open: OpenWatch, onVerdict: (observed: ObservedProxy) => void) {
    this.#open = open;
    this.#onVerdict = onVerdict;
    this.#watch = open(
      () => this.#tell(),
      () => this.#pids(),
    );
  }

  /** Follows the configuration; see `ConfiguredWatch`. */
  follow(config: Config): void {
    this.#watch.follow(config);
  }

  /** Another proxy serves beside the one that is watched. */
  watchBeside(config: Config): void {
    this.#other?.close();
    this.#other = this.#open(
      () => this.#tell(),
      () => this.#pids(),
    );
    this.#other.follow(config);
    this.#tell();
  }

  /** The proxy of this configuration is the one from now on, and alone. */
  settle(config: Config): void {
    const [watch, other] = [this.#watch, this.#other];
    this.#other = undefined;
    if (other === undefined || !isOf(config, other)) {
      other?.close();
      return watch.follow(config);
    }
    this.#leaving = pidsOf(watch);
    this.#watch = other;
    watch.close();
    this.#tell();
  }

  lookNow(): void {
    this.#watch.lookNow();
    this.#other?.lookNow();
  }

  get verdict(): Verdict | undefined {
    return this.#watch.verdict;
  }

  /** What the engine is to know; `undefined` when no proxy is watched. */
  get observed(): ObservedProxy | undefined {
    const own = this.#watch.observed;
    const other = this.#other?.observed;
    return own === undefined || other === undefined ? own : bothObserved(own, other);
  }

  get levels(): readonly LevelWords[] {
    return this.#watch.levels;
  }

  /** Of both: neither is a stranger to the other on the ports that they share. */
  #pids(): readonly number[] {
    return [...(this.#other === undefined ? [] : [...pidsOf(this.#watch), ...pidsOf(this.#other)]), ...this.#leaving];
  }

  #tell(): void {
    const { observed } = this;
    const words = JSON.stringify(observed);
    if (observed === undefined || words === this.#told) return;
    this.#told = words;
    this.#onVerdict(observed);
  }
}

const pidsOf = ({ verdict }: ConfiguredWatch): readonly number[] => [
  ...(verdict?.main === undefined ? [] : [verdict.main.pid]),
  ...(verdict?.workers ?? []),
];

const isOf = (config: Config, watch: ConfiguredWatch): boolean => watch.follows(config);

/** What is known of two proxies of which one is enough. */
export function bothObserved(own: ObservedProxy, other: ObservedProxy): ObservedProxy {
  if (own.state !== 'dead' && other.state !== 'dead') return { ...own, beside: other.main };
  if (other.state !== 'dead') return other;
  return own;
}
