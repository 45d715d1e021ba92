/**
 * The watchdog: one program that looks at one target, restarts it when it is sick, and sees whether that helped. It
 * needs no VRRP, no pair file and no daemon; it may stand beside keepalived, which asks it through `vipair-check`.
 *
 * Everything is decided by `track/restart.ts`; this class looks, runs what it is told to, and tells. A look that agrees
 * with the verdict is followed by the next after `interval`; one that does not, by the next a moment later, so that
 * `fall` and `rise` bad or good looks cost little time. The main process is watched besides: its end is looked at at
 * once. What cannot be looked at is neither well nor sick: nothing is run, and the verdict for others runs out.
 */
import { judge, seeded, unjudged } from '../backends/rise.ts';
import type { Verdict as Judged } from '../backends/rise.ts';
import type { Clock } from '../backends/clock.ts';
import { OpError } from '../linux/operror.ts';
import type { ProcessWatch } from '../linux/pidfd.ts';
import { isRunning, restartDeadline, restartStep, watching } from '../track/restart.ts';
import type { RestartCommand, RestartEvent, RestartState } from '../track/restart.ts';
import { milliseconds } from '../wire/units.ts';
import type { Milliseconds } from '../wire/units.ts';
import type { Outcome, Running } from './command.ts';
import type { Look } from './look.ts';
import type { News } from './news.ts';
import type { Settings } from './settings.ts';

/** What the watchdog does to the world. */
export interface Hands {
  look(before: Look['observation']): Promise<Look>;
  run(argv: readonly string[], limit: Milliseconds): Running;
  /** Calls back when a process ends; `undefined` when it has already. */
  watch(main: NonNullable<Look['main']>, onExit: () => void): ProcessWatch | undefined;
  /** Leaves the verdict for others, good for this long. */
  publish(health: 'well' | 'sick', reason: string, lasts: Milliseconds): void;
  tell(news: News): void;
}

/** Between two looks while they disagree with the verdict, or while a restart is to show. */
const HURRY = milliseconds(250);

/** How long a verdict outlives the time of the next: a busy host may be that late. */
const SLACK = 2000;

/** How long a command that runs when the watchdog is ended may go on. */
const FAREWELL_MS = 5000;

export class Watchdog {
  readonly #settings: Settings;
  readonly #hands: Hands;
  readonly #clock: Clock;
  #state: RestartState = watching;
  #judged: Judged;
  #reason = 'nobody has looked yet';
  #told: 'well' | 'sick' | undefined;
  #observation: Look['observation'];
  #main: ProcessWatch | undefined;
  #running: Running | undefined;
  /** Raised by each command: a look that began before it says nothing about what came after. */
  #epoch = 0;
  #looking = false;
  #lookAgain = false;
  #ended = false;
  #cancelLook: () => void = () => {};
  #cancelTick: () => void = () => {};

  constructor(settings: Settings, hands: Hands, clock: Clock) {
    this.#settings = settings;
    this.#hands = hands;
    this.#clock = clock;
    this.#judged = unjudged(clock.now());
  }

  /** Makes the first look and goes on by itself. */
  start(): void {
    void this.#look();
  }

  get state(): RestartState['name'] {
    return this.#state.name;
  }

  /** Ends it. A command that runs gets a while to end: half a restart is worse than a late one. */
  async stop(): Promise<void> {
    this.#ended = true;
    this.#cancelLook();
    this.#cancelTick();
    this.#main?.close();
    const running = this.#running;
    if (running !== undefined) {
      const cancel = this.#clock.after(milliseconds(FAREWELL_MS), () => running.cancel());
      await running.outcome;
      cancel();
    }
    this.#hands.tell({ type: 'ended' });
  }

  async #look(): Promise<void> {
    this.#cancelLook();
    if (this.#ended) return;
    if (this.#looking) {
      this.#lookAgain = true;
      return;
    }
    this.#looking = true;
    const epoch = this.#epoch;
    try {
      const found = await this.#hands.look(this.#observation);
      if (!this.#ended && epoch === this.#epoch) this.#found(found);
    } catch (error) {
      // The verdict for others is left to run out: nothing is known.
      if (!(error instanceof OpError)) throw error;
      this.#hands.tell({ type: 'trouble', message: error.message });
    }
    this.#looking = false;
    if (this.#ended) return;
    const delay = this.#lookAgain ? milliseconds(0) : this.#pause();
    this.#lookAgain = false;
    this.#cancelLook = this.#clock.after(delay, () => void this.#look());
  }

  #found(found: Look): void {
    const at = this.#clock.now();
    const { rise, fall, interval } = this.#settings;
    this.#observation = found.observation;
    this.#watch(found.main);
    const pace = { rise, fall, interval, retry: 0, delayBeforeRetry: HURRY };
    const result = { result: found.good ? 'good' : 'bad', reason: found.reason, duration: milliseconds(0) } as const;
    this.#judged = judge(this.#judged, pace, result, at).verdict;
    const health = this.#judged.state === 'up' ? 'well' : 'sick';
    const isCertain = this.#judged.state !== 'unknown' && (health === 'well') === found.good;
    if (isCertain) this.#tellHealth(health, found.reason);
    this.#publish(health, isCertain ? found.reason : `${this.#reason}; then ${found.reason}`);
    this.#step({ type: 'look', health: isCertain ? health : 'unsure', at });
  }

  /** What others may rely on: until the next look is over, at its latest. */
  #publish(health: 'well' | 'sick', reason: string): void {
    const { interval, timeout } = this.#settings;
    try {
      this.#hands.publish(health, reason, milliseconds(interval + timeout + SLACK));
    } catch (error) {
      if (!(error instanceof OpError)) throw error;
      this.#hands.tell({ type: 'trouble', message: error.message });
    }
  }

  #tellHealth(health: 'well' | 'sick', reason: string): void {
    if (health !== this.#told) this.#hands.tell({ type: health, reason });
    else if (reason !== this.#reason && !isRunning(this.#state)) this.#hands.tell({ type: 'reason', health, reason });
    this.#told = health;
    this.#reason = reason;
  }

  /** Follows the main process, so that its end is looked at at once. */
  #watch(main: Look['main']): void {
    if (main !== undefined && main.pid === this.#main?.pid) return;
    this.#main?.close();
    this.#main = undefined;
    if (main === undefined) return;
    try {
      this.#main = this.#hands.watch(main, () => {
        this.#main = undefined;
        void this.#look();
      });
    } catch (error) {
      // It is then noticed by the next look.
      if (!(error instanceof OpError)) throw error;
    }
  }

  #pause(): Milliseconds {
    const { interval } = this.#settings;
    const last = this.#judged.last?.result;
    const agrees = last !== undefined && (last === 'good') === (this.#judged.state === 'up');
    const quick = !agrees || this.#judged.state === 'unknown' || this.#state.name === 'verifying';
    return quick && HURRY < interval ? HURRY : interval;
  }

  #step(event: RestartEvent): void {
    const { state, actions } = restartStep(this.#settings.policy, this.#state, event);
    this.#state = state;
    for (const action of actions) {
      if (action.type === 'tell') this.#hands.tell(action.news);
      else this.#run(action.command, action.number);
    }
    this.#cancelTick();
    const due = restartDeadline(this.#state);
    if (due === undefined || this.#ended) return;
    const wait = milliseconds(Math.max(0, due - this.#clock.now()));
    this.#cancelTick = this.#clock.after(wait, () => this.#step({ type: 'tick', at: this.#clock.now() }));
  }

  #run(command: RestartCommand, number: number): void {
    const { restart, lastResort, back, commandTimeout } = this.#settings;
    const argv = { restart, 'last-resort': lastResort, back }[command] ?? [];
    this.#hands.tell({ type: 'runs', command, number, argv });
    const running = this.#hands.run(argv, commandTimeout);
    this.#running = running;
    void running.outcome.then((outcome) => this.#ran(command, outcome));
  }

  #ran(command: RestartCommand, { good, words, output, took }: Outcome): void {
    const at = this.#clock.now();
    this.#running = undefined;
    this.#hands.tell({ type: 'ran', command, good, outcome: words, output, took });
    if (this.#ended) return;
    if (command === 'restart') {
      // What was seen before belongs to what was restarted: it has to prove itself anew.
      this.#epoch++;
      this.#judged = seeded('down', at);
      this.#told = 'sick';
    }
    this.#step({ type: 'ended', good, at });
    void this.#look();
  }
}
