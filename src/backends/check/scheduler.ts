import { after, between, instant, milliseconds } from '../../wire/units.ts';
import type { Instant, Milliseconds } from '../../wire/units.ts';
import type { Clock } from '../clock.ts';
import { createAgenda } from './agenda.ts';
import { firstTurn, nextTurn, shortest } from './turn.ts';
import type { Pace } from './turn.ts';

/**
 * One scheduler for all checks of a host: one timer, a heap of what is due, and two limits that keep a crowd from
 * forming when the process was stalled or everything is slow: so many at a time, and so many begun in one wake-up.
 * What cannot begin stays due and comes first when there is room, so nothing is lost and no queue grows.
 */
export interface Scheduler {
  /** Begins to give a job its turns. A job with this key must not be there already. */
  add(job: Job): void;
  /** Calls off what runs and gives no more turns. Unknown keys are ignored. */
  remove(key: string): void;
  close(): void;
  readonly load: SchedulerLoad;
}

export interface Job {
  readonly key: string;
  readonly pace: Pace;
  /**
   * Begins one turn and gives back how to call it off. `done` is called once when it has ended, never in this stack;
   * with a delay when the next turn shall come sooner than its place.
   */
  run(done: (again: Milliseconds | undefined) => void): () => void;
}

export interface SchedulerLoad {
  readonly jobs: number;
  readonly inFlight: number;
  /** Turns begun so far. */
  readonly begun: number;
  /** By how much the latest turn was late. */
  readonly lateness: Milliseconds;
}

export interface SchedulerLimits {
  /** Turns at a time. */
  readonly inFlight: number;
  /** Turns begun in one wake-up. */
  readonly atOnce: number;
  /** The least time between two wake-ups: what is due within it begins together. */
  readonly rest: Milliseconds;
}

/**
 * 512 sockets at a time; at most 6400 turns a second, of which 2000 backends every 2 s need a sixth. Waking up costs
 * as much as several turns, because the caches have gone cold: with a rest of 10 ms these backends take 0.09 of a core
 * on loopback, with 25 ms 0.07.
 */
export const LIMITS: SchedulerLimits = { inFlight: 512, atOnce: 160, rest: milliseconds(25) };

interface Entry {
  readonly job: Job;
  began: Instant;
  cancel: (() => void) | undefined;
  isGone: boolean;
}

/** A scheduler without jobs. */
export const createScheduler = (clock: Clock, limits: SchedulerLimits = LIMITS): Scheduler =>
  new TurnScheduler(clock, limits);

class TurnScheduler implements Scheduler {
  readonly #clock: Clock;
  readonly #limits: SchedulerLimits;
  /** BOUNDED by the jobs; the agenda and what runs hold each entry once, and a removed one until its time. */
  readonly #entries = new Map<string, Entry>();
  readonly #agenda = createAgenda<Entry>();
  #inFlight = 0;
  #begun = 0;
  #lateness = milliseconds(0);
  #wakeAt: Instant | undefined;
  #cancelWake = (): void => {};
  #woke = instant(Number.NEGATIVE_INFINITY);

  constructor(clock: Clock, limits: SchedulerLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  get load(): SchedulerLoad {
    return { jobs: this.#entries.size, inFlight: this.#inFlight, begun: this.#begun, lateness: this.#lateness };
  }

  add(job: Job): void {
    const entry: Entry = { job, began: this.#clock.now(), cancel: undefined, isGone: false };
    this.#entries.set(job.key, entry);
    this.#agenda.add(entry, firstTurn(job.key, job.pace, entry.began));
    this.#arm();
  }

  remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    entry.isGone = true;
    const { cancel } = entry;
    if (cancel === undefined) return;
    entry.cancel = undefined;
    this.#inFlight--;
    cancel();
    this.#arm();
  }

  close(): void {
    for (const key of this.#entries.keys()) this.remove(key);
    this.#cancelWake();
  }

  #arm(): void {
    const due = this.#agenda.next();
    if (due === undefined || this.#inFlight >= this.#limits.inFlight) return;
    const at = instant(Math.max(due, after(this.#woke, this.#limits.rest)));
    if (this.#wakeAt !== undefined && this.#wakeAt <= at) return;
    this.#cancelWake();
    this.#wakeAt = at;
    const delay = milliseconds(Math.max(0, between(this.#clock.now(), at)));
    this.#cancelWake = this.#clock.after(delay, () => this.#wake());
  }

  #wake(): void {
    this.#wakeAt = undefined;
    this.#woke = this.#clock.now();
    for (let room = this.#limits.atOnce; room > 0 && this.#inFlight < this.#limits.inFlight;) {
      const due = this.#agenda.next();
      const entry = this.#agenda.take(this.#woke);
      if (entry === undefined || due === undefined) break;
      if (entry.isGone) continue;
      this.#begin(entry, due);
      room--;
    }
    this.#arm();
  }

  #begin(entry: Entry, due: Instant): void {
    entry.began = this.#clock.now();
    this.#lateness = milliseconds(Math.max(0, between(due, entry.began)));
    this.#inFlight++;
    this.#begun++;
    entry.cancel = entry.job.run((again) => this.#end(entry, again));
  }

  #end(entry: Entry, again: Milliseconds | undefined): void {
    if (entry.cancel === undefined) return;
    entry.cancel = undefined;
    this.#inFlight--;
    const soonest = after(this.#clock.now(), milliseconds(Math.max(again ?? 0, shortest)));
    const turn = nextTurn(entry.job.key, entry.job.pace, entry.began);
    this.#agenda.add(entry, again === undefined && turn > soonest ? turn : soonest);
    this.#arm();
  }
}
