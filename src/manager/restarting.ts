import { systemClock } from '../backends/clock.ts';
import type { Clock } from '../backends/clock.ts';
import type { Config } from '../config/config.ts';
import type { Profile } from '../proxy/profile.ts';
import { isRunning, restartDeadline, restartStep, watching } from '../track/restart.ts';
import type { RestartEvent, RestartPolicy, RestartState } from '../track/restart.ts';
import { between, milliseconds } from '../wire/units.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';
import type { UnstampedManagerEvent } from './event.ts';
import { runCommand } from '../watchdog/command.ts';
import type { Outcome, Running } from '../watchdog/command.ts';
import { takeGuard } from '../watchdog/guard.ts';
import type { Guard } from '../watchdog/guard.ts';
import { sentenceOf } from '../watchdog/news.ts';
import type { News } from '../watchdog/news.ts';

/** What the restarts do to the world. */
export interface RestartHands {
  readonly clock: Clock;
  readonly run: (argv: readonly string[], limit: Milliseconds) => Running;
  readonly takeGuard: (identities: readonly string[]) => Guard | { readonly taken: number };
}

/** What is told of them. */
type RestartTelling = Omit<Extract<UnstampedManagerEvent, { type: 'proxy-restart' }>, 'type'>;

const hostHands: RestartHands = { clock: systemClock, run: runCommand, takeGuard };

/** How long a proxy is dead before somebody who restarts it himself is thought not to: its VIPs are elsewhere by then. */
const PATIENCE = milliseconds(1000);

/** Between two words to the policy while something is going on. */
const PERIOD = milliseconds(500);

/** How long systemd may take to say how a unit is. */
const ASKING = milliseconds(5000);

const LONGEST_BACKOFF = milliseconds(60_000);

/** What is in force. */
interface InForce {
  readonly text: string;
  readonly policy: RestartPolicy;
  readonly command: readonly string[];
  /** The unit, when it is systemd that restarts it. */
  readonly unit: string | undefined;
  readonly timeout: Milliseconds;
  readonly guard: Guard | undefined;
}

/**
 * Restarts a dead proxy that something else has started, with the policy of `vipair watchdog` (`track/restart.ts`). The
 * engine has let the VIPs go when this begins, and takes them back when the watch says that the proxy is well: neither
 * waits for the other. A unit that somebody has stopped on purpose, which systemd can tell from one that has failed, is
 * not started again. A watchdog that looks after the same proxy keeps this one from doing it, too.
 */
export class ProxyRestarts {
  readonly #hands: RestartHands;
  #inForce: InForce | undefined;
  #state: RestartState = watching;
  /** What the watch said last, and since when. */
  #health: { readonly state: 'well' | 'dead'; readonly since: Instant } | undefined;
  #cancel: () => void = () => {};
  #running: Running | undefined;

  readonly #onNews: (news: RestartTelling) => void;

  constructor(onNews: (news: RestartTelling) => void, hands: RestartHands = hostHands) {
    this.#onNews = onNews;
    this.#hands = hands;
  }

  /** Follows the configuration; what has not changed goes on where it is. */
  follow({ proxy }: Config, profiles: Readonly<Record<string, Profile>>): void {
    const profile = proxy === undefined ? undefined : profiles[proxy.profile];
    const text = JSON.stringify([proxy?.profile, proxy?.unit, proxy?.process, proxy?.pidFile, proxy?.restart]);
    if (this.#inForce?.text === text) return;
    this.#cancel();
    this.#inForce?.guard?.release();
    this.#inForce = undefined;
    this.#state = watching;
    if (proxy?.restart === undefined || profile === undefined) return;
    const { restart, pidFile } = proxy;
    const unit = restart.command === undefined ? (proxy.unit ?? `${profile.name}.service`) : undefined;
    const command = restart.command ?? ['systemctl', 'restart', unit ?? ''];
    const { attempts, backoff, verify, settle, timeout } = restart;
    const policy = {
      attempts,
      backoff,
      verify,
      settle,
      longestBackoff: LONGEST_BACKOFF,
      lastResort: false,
      back: false,
    };
    const process = proxy.process ?? profile.processName;
    const guard = this.#hands.takeGuard([
      `target ${pidFile ?? `${process} `}`,
      ...(pidFile === undefined ? [] : [`target ${process} `]),
      `restart ${JSON.stringify(command)}`,
    ]);
    if ('taken' in guard) {
      this.#onNews({
        what: 'off',
        severity: 'warning',
        detail: 'a `vipair watchdog` looks after it already; "restart" does nothing. Stop one of them',
      });
    }
    this.#inForce = { text, policy, command, unit, timeout, guard: 'taken' in guard ? undefined : guard };
    this.#look();
  }

  /** What the watch has found; to be told after the engine was. */
  observe(state: 'well' | 'dead'): void {
    if (state !== this.#health?.state) this.#health = { state, since: this.#hands.clock.now() };
    this.#look();
  }

  /** What is going on, for the status; `undefined` when nothing is configured. */
  get state(): RestartState['name'] | 'off' | undefined {
    if (this.#inForce === undefined) return undefined;
    return this.#inForce.guard === undefined ? 'off' : this.#state.name;
  }

  /** Lets go of what it holds. A command that runs is let be: it is the proxy's start. */
  close(): void {
    this.#cancel();
    this.#inForce?.guard?.release();
    this.#inForce = undefined;
  }

  #look(): void {
    if (this.#inForce?.guard === undefined || this.#health === undefined || this.#running !== undefined) return;
    const at = this.#hands.clock.now();
    const { state, since } = this.#health;
    const isCertain = state === 'well' || between(since, at) >= PATIENCE;
    this.#step({ type: 'look', health: isCertain ? (state === 'well' ? 'well' : 'sick') : 'unsure', at });
  }

  #step(event: RestartEvent): void {
    if (this.#inForce === undefined) return;
    const { state, actions } = restartStep(this.#inForce.policy, this.#state, event);
    this.#state = state;
    for (const action of actions) {
      if (action.type === 'tell') this.#tell(action.news);
      else void this.#run(this.#inForce, action.number);
    }
    this.#arm();
  }

  /** Comes again for the next deadline, and while something is open at least every period. */
  #arm(): void {
    this.#cancel();
    if (isRunning(this.#state)) return;
    const { clock } = this.#hands;
    const isCalm = this.#state.name === 'watching' && this.#health?.state !== 'dead';
    if (isCalm) return;
    const due = restartDeadline(this.#state);
    const wait = due === undefined ? PERIOD : milliseconds(Math.min(PERIOD, Math.max(0, due - clock.now())));
    this.#cancel = clock.after(wait, () => {
      this.#step({ type: 'tick', at: clock.now() });
      this.#look();
    });
  }

  async #run(inForce: InForce, number: number): Promise<void> {
    const { command, unit, timeout } = inForce;
    this.#tell({ type: 'runs', command: 'restart', number, argv: command });
    const outcome = (await this.#refusal(unit)) ?? (await this.#execute(command, timeout));
    if (this.#inForce !== inForce) return;
    const { good, words, output, took } = outcome;
    this.#tell({ type: 'ran', command: 'restart', good, outcome: words, output, took });
    this.#step({ type: 'ended', good, at: this.#hands.clock.now() });
  }

  async #execute(command: readonly string[], timeout: Milliseconds): Promise<Outcome> {
    this.#running = this.#hands.run(command, timeout);
    const outcome = await this.#running.outcome;
    this.#running = undefined;
    return outcome;
  }

  /** What was stopped on purpose is `inactive`; what ended by itself and should not have, `failed`. */
  async #refusal(unit: string | undefined): Promise<Outcome | undefined> {
    if (unit === undefined) return undefined;
    const { good, output, took } = await this.#execute(
      ['systemctl', 'show', '-p', 'ActiveState', '--value', unit],
      ASKING,
    );
    if (!good || output !== 'inactive') return undefined;
    return { good: false, words: `not run: ${unit} was stopped on purpose; start it`, output: '', took };
  }

  #tell(news: News): void {
    const { level, text } = sentenceOf(news, this.#inForce?.policy.attempts ?? 0);
    this.#onNews({ what: news.type, severity: level, detail: text });
  }
}
