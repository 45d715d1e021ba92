import type { Config, ListenConfig } from '../config/config.ts';
import type { Severity } from '../config/eventname.ts';
import { OpError } from '../linux/operror.ts';
import { hostDisk } from '../proxy/disk.ts';
import type { Time } from '../proxy/effect.ts';
import { DRAIN_LIMIT, Keeper } from '../proxy/keeper.ts';
import type { Kept } from '../proxy/succession.ts';
import { keptTable } from '../proxy/managed.ts';
import type { Profile } from '../proxy/profile.ts';
import { between, milliseconds } from '../wire/units.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';
import type { ManagedLook } from './proxywatch.ts';
import { durationWords } from './words.ts';

export interface KeepingOptions {
  readonly profiles: Readonly<Record<string, Profile>>;
  /** Where it is written down what runs: a file on a file system that outlives this program, but not the host. */
  readonly record: string;
  readonly time: Time;
  /** Starts the configured proxy unless it runs; gives why it could not. */
  readonly start: () => Promise<string | undefined>;
  /** The proxy was started, or has ended. */
  readonly onChange: () => void;
  readonly say: (severity: Severity, words: string) => void;
}

/** Between the death of a proxy and its successor: doubled at each failure, forgotten after a minute of life. */
const FIRST_BACKOFF = milliseconds(100);
const LAST_BACKOFF = milliseconds(30_000);
const LONG_LIFE = milliseconds(60_000);

/**
 * At the end of the daemon a proxy has no longer than this, as with the packages' own units: the VIPs are gone by then,
 * and with them whoever came through them.
 */
const LAST_DRAIN = milliseconds(5000);

/** A proxy that nothing has started by then, because its backends are not known yet, goes on with what it had last. */
const FIRST_LOOK = milliseconds(1000);

/**
 * Looks after the proxy in managed mode: finds again what a former manager has started, starts it again when it dies,
 * more slowly the more often it does, and drains it at the end of the daemon. When the manager itself dies nothing
 * happens to the proxy.
 */
export class Keeping {
  readonly keeper: Keeper;
  readonly #options: KeepingOptions;
  #isManaged = false;
  #isOver = false;
  #isRecovered = false;
  #drain = DRAIN_LIMIT;
  #timer: NodeJS.Timeout | undefined;
  #backoff = FIRST_BACKOFF;
  #startedAt: Instant | undefined;
  #trouble: string | undefined;

  constructor(options: KeepingOptions) {
    this.#options = options;
    const { record, time } = options;
    this.keeper = new Keeper({
      ...{ record, time, disk: hostDisk, onCommit: () => this.#committed() },
      onLoss: (kept, words) => this.#lost(kept, words),
    });
  }

  /** Follows a configuration; at the first one, what a former manager has left is taken over. Never throws OpError. */
  follow({ proxy }: Config): void {
    if (this.#isOver) return;
    this.#drain = proxy?.managed?.drain ?? this.#drain;
    if (!this.#isRecovered) this.#recover();
    const was = this.#isManaged;
    this.#isManaged = proxy?.managed !== undefined;
    if (this.#isManaged && !was) this.#arm(FIRST_LOOK);
    if (!this.#isManaged) this.#leave();
  }

  /**
   * How the proxy of the configured profile is looked at, or, when none of it runs, the one that serves. Its pid file has
   * only a name there, and why none runs is noted.
   */
  view(configured: Profile, pidFile: string): ManagedLook {
    const { all, current } = this.keeper;
    // During a switch one of each profile runs.
    const isKept = all.some(({ charge }) => charge.profile === configured);
    const profile = isKept ? configured : (current?.charge.profile ?? configured);
    return {
      profile,
      settings: { pidFile, process: undefined, listen: [] },
      table: keptTable(this.keeper, profile),
      notes: () => (this.#trouble === undefined ? [] : [this.#trouble]),
    };
  }

  /** Where the kept proxy listens; a service on all addresses has a socket of each family. */
  get listens(): readonly ListenConfig[] | undefined {
    const everywhere: readonly string[] = ['0.0.0.0', '::'];
    return this.keeper.current?.seats.map(({ address, port }) => ({
      address: everywhere.includes(address) ? undefined : address,
      port,
    }));
  }

  /** Whether it is about to be started for the first time, and nothing has gone wrong with it yet. */
  get isStarting(): boolean {
    return this.#isManaged && this.keeper.current === undefined && this.#trouble === undefined;
  }

  /** How long the daemon's end may take because of a proxy that is to finish what it has. */
  get farewell(): Milliseconds | undefined {
    return this.#isManaged ? milliseconds(Math.min(this.#drain, LAST_DRAIN)) : undefined;
  }

  /** At the end of the daemon: the proxy finishes what it has, and ends; none is started any more. Resolves when it has. */
  async end(): Promise<void> {
    clearTimeout(this.#timer);
    const limit = this.farewell;
    [this.#isManaged, this.#isOver] = [false, true];
    this.keeper.seal();
    if (limit !== undefined) await this.#close(limit);
  }

  #recover(): void {
    this.#isRecovered = true;
    try {
      const words = this.keeper.recover(this.#options.profiles, this.#drain);
      if (words !== undefined) this.#options.say('notice', words);
      if (this.keeper.current !== undefined) this.#startedAt = this.#options.time.now();
    } catch (error) {
      if (!(error instanceof OpError)) throw error;
      this.#options.say('error', error.message);
    }
  }

  /** The configuration has no proxy of ours any more. */
  #leave(): void {
    clearTimeout(this.#timer);
    this.#trouble = undefined;
    if (this.keeper.all.length === 0) return;
    this.#options.say('notice', 'the proxy is not managed any more and is drained');
    void this.#close(this.#drain);
  }

  async #close(limit: Milliseconds): Promise<void> {
    try {
      await this.keeper.close(limit);
    } catch (error) {
      if (!(error instanceof OpError)) throw error;
      this.#options.say('error', error.message);
    }
  }

  #lost({ charge }: Kept, words: string): void {
    const at = this.#options.time.now();
    const isLong = this.#startedAt !== undefined && between(this.#startedAt, at) >= LONG_LIFE;
    if (isLong) this.#backoff = FIRST_BACKOFF;
    this.#startedAt = undefined;
    this.#options.onChange();
    this.#again(`${charge.profile.title} main process ${charge.main.pid} ${words}`);
  }

  /** Tries after a while, and the next time after a longer one. */
  #again(trouble: string): void {
    const delay = this.#backoff;
    this.#backoff = milliseconds(Math.min(delay * 2, LAST_BACKOFF));
    const words = `${trouble}; it is started in ${durationWords(delay)}`;
    if (this.#trouble === undefined || !this.#trouble.startsWith(trouble)) this.#options.say('error', words);
    this.#trouble = words;
    this.#arm(delay);
  }

  #arm(delay: Milliseconds): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#attempt(), delay);
  }

  async #attempt(): Promise<void> {
    if (!this.#isManaged) return;
    const trouble = await this.#options.start();
    if (trouble === undefined) return;
    this.keeper.refuse();
    this.#again(trouble);
  }

  #committed(): void {
    clearTimeout(this.#timer);
    this.#trouble = undefined;
    this.#startedAt = this.#options.time.now();
    this.#options.onChange();
  }
}
