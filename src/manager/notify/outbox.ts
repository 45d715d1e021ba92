import type { EventRecord } from '../../control/event.ts';
import type { ReceiverStatus } from '../../control/notify.ts';
import type { Milliseconds } from '../../wire/units.ts';
import type { Cursor } from '../eventlog.ts';
import { durationWords } from '../words.ts';
import type { Outcome, Sender } from './sender.ts';

/** BOUNDED: so many events wait for one receiver; beyond that the oldest are given up, counted and told. */
export const MOST_PENDING = 1000;

/** How often what was heard and refused is tried. */
const MOST_REFUSALS = 3;

/** Between two attempts: doubled at each failure. */
const FIRST_PAUSE_MS = 1000;
const LAST_PAUSE_MS = 60_000;

export interface OutboxOptions {
  readonly timeout: Milliseconds;
  readonly sender: Sender;
  /** How far the receiver is. */
  readonly cursor: Cursor;
  /** What waits for it from before; nothing is sent until it is there. */
  readonly backlog: Promise<readonly EventRecord[]>;
  readonly onMove: (cursor: Cursor) => void;
  readonly onLost: (reason: string) => void;
}

/** The queue of one receiver: in order, one at a time, each until it is delivered or given up. */
export class Outbox {
  readonly #options: OutboxOptions;
  #pending: EventRecord[] = [];
  #cursor: Cursor;
  #isOpen = true;
  #isReady = false;
  #isRunning = false;
  /** Refusals and failures of the oldest, in a row. */
  #refusals = 0;
  #failures = 0;
  #trouble: string | null = null;
  readonly #counts = { delivered: 0, failures: 0 };
  #last: number | null = null;
  /** One attempt at a time, also of tests. */
  #turn: Promise<unknown>;
  /** Ends the attempt, or the pause, that is under way. */
  #stop: () => void = () => undefined;
  readonly #waiting: (() => void)[] = [];

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#cursor = options.cursor;
    this.#turn = this.#begin();
  }

  get pending(): readonly EventRecord[] {
    return this.#pending;
  }

  get state(): Omit<ReceiverStatus, 'receiver' | 'kind'> {
    return {
      pending: this.#pending.length,
      ...this.#counts,
      lost: this.#cursor.dropped,
      trouble: this.#trouble,
      last: this.#last,
    };
  }

  /** Takes an event that the receiver is to get. */
  offer(record: EventRecord): void {
    if (!this.#isOpen) return;
    this.#pending.push(record);
    // The oldest may be on its way.
    if (this.#pending.length > MOST_PENDING) this.#giveUp(this.#isRunning ? 1 : 0, FULL);
    void this.#run();
  }

  /** One attempt now, beside the queue. */
  test(record: EventRecord): Promise<Outcome> {
    return this.#attempt(record);
  }

  /** Ends what is under way and returns what waits. */
  async close(): Promise<readonly EventRecord[]> {
    this.#isOpen = false;
    this.#stop();
    await this.#turn;
    return this.#pending;
  }

  /** Resolves when nothing waits. */
  settled(): Promise<void> {
    if (this.#isReady && this.#pending.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Whoever waits for nothing has seen everything up to a number. */
  skip(seq: number): void {
    if (this.#isReady && this.#pending.length === 0 && this.#cursor.done < seq) this.#move({ done: seq });
  }

  async #begin(): Promise<void> {
    this.#pending = [...(await this.#options.backlog), ...this.#pending];
    while (this.#pending.length > MOST_PENDING) this.#giveUp(0, FULL);
    this.#isReady = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    if (this.#isRunning || !this.#isReady) return;
    this.#isRunning = true;
    while (this.#isOpen) {
      const [record] = this.#pending;
      if (record === undefined) break;
      const outcome = await this.#attempt(record);
      if (outcome.kind === 'delivered') this.#deliver(record);
      else if (this.#isOpen) await this.#fail(outcome);
    }
    this.#isRunning = false;
    if (this.#pending.length === 0) for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #attempt(record: EventRecord): Promise<Outcome> {
    const { sender, timeout } = this.#options;
    const attempt = this.#turn.then(async (): Promise<Outcome> => {
      if (!this.#isOpen) return { kind: 'later', reason: 'the configuration has changed' };
      const stop = new AbortController();
      this.#stop = () => stop.abort();
      const timer = setTimeout(() => stop.abort(`no end within ${durationWords(timeout)}`), timeout);
      try {
        return await sender.send(record, stop.signal);
      } catch (error) {
        return { kind: 'later', reason: error instanceof Error ? error.message : String(error) };
      } finally {
        clearTimeout(timer);
      }
    });
    this.#turn = attempt;
    return attempt;
  }

  #deliver(record: EventRecord): void {
    this.#pending.shift();
    this.#counts.delivered++;
    this.#last = record.seq;
    this.#advance();
    this.#move({ done: Math.max(this.#cursor.done, record.seq) });
  }

  async #fail(outcome: Exclude<Outcome, { kind: 'delivered' }>): Promise<void> {
    this.#counts.failures++;
    this.#failures++;
    this.#trouble = outcome.reason;
    if (outcome.kind === 'refused' && ++this.#refusals >= MOST_REFUSALS) {
      this.#giveUp(0, outcome.reason);
      this.#advance(outcome.reason);
      return;
    }
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** (this.#failures - 1), LAST_PAUSE_MS);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pause);
      this.#stop = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** The next event begins anew. */
  #advance(trouble: string | null = null): void {
    [this.#refusals, this.#failures, this.#trouble] = [0, 0, trouble];
  }

  #giveUp(index: number, reason: string): void {
    const [gone] = this.#pending.splice(index, 1);
    const done = index === 0 && gone !== undefined ? Math.max(this.#cursor.done, gone.seq) : this.#cursor.done;
    this.#move({ done, dropped: this.#cursor.dropped + 1 });
    this.#options.onLost(reason);
  }

  #move(change: Partial<Cursor>): void {
    this.#cursor = { ...this.#cursor, ...change };
    this.#options.onMove(this.#cursor);
  }
}

const FULL = `more than ${MOST_PENDING} events wait`;
