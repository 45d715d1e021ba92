import { after, milliseconds } from '../wire/units.ts';
import type { Instant } from '../wire/units.ts';
import type { EngineEvent, UnstampedEvent } from './events.ts';

/** How often one kind of trouble from one source is told (RFC 9568 7.1 asks for rate limiting). */
const REPEAT = milliseconds(60_000);

/** How many tellings of one type of repeated trouble: whoever makes up sources must not fill the log. */
const MOST = 100;

/** An event with its number in this run of the engine, from 1. */
export interface NumberedEvent {
  readonly number: number;
  readonly event: EngineEvent;
}

/** BOUNDED. */
const MOST_EVENTS = 1000;

/**
 * The engine's events on their way to the manager. Events wait here while no manager is there or while it is slow, and
 * until a manager has recorded them: one that was killed in between leaves them to its successor. The protocol never
 * waits for a reader. BOUNDED: 1000 events, the oldest are dropped and counted; of repeated trouble
 * 100 tellings of each type of event in a minute, and 1000 keys, all forgotten together when full.
 */
export class Journal {
  readonly #now: () => Instant;
  readonly #queue: NumberedEvent[] = [];
  /** How many of the queue were taken, and are kept until they are recorded. */
  #taken = 0;
  #last = 0;
  readonly #told = new Map<string, Instant>();
  /** BOUNDED: one entry for each type of event. */
  readonly #spent = new Map<UnstampedEvent['type'], { readonly since: Instant; readonly count: number }>();
  #dropped = 0;

  constructor(now: () => Instant) {
    this.#now = now;
  }

  get dropped(): number {
    return this.#dropped;
  }

  tell(event: UnstampedEvent): void {
    if (this.#queue.length >= MOST_EVENTS) {
      this.#queue.shift();
      // What was taken is most likely only not acknowledged yet.
      if (this.#taken > 0) this.#taken--;
      else this.#dropped++;
    }
    this.#queue.push({ number: ++this.#last, event: { ...event, at: this.#now() } });
  }

  /** Tells at most once a minute for each key. What is left out is told when it happens again later. */
  tellOnce(key: string, event: UnstampedEvent): void {
    const at = this.#now();
    const told = this.#told.get(key);
    if (told !== undefined && at < after(told, REPEAT)) return;
    if (!this.#spend(event.type, at)) return;
    if (this.#told.size >= 1000) this.#told.clear();
    this.#told.set(key, at);
    this.tell(event);
  }

  #spend(type: UnstampedEvent['type'], at: Instant): boolean {
    const spent = this.#spent.get(type);
    const isOver = spent === undefined || at >= after(spent.since, REPEAT);
    const count = isOver ? 1 : spent.count + 1;
    if (count > MOST) return false;
    this.#spent.set(type, { since: isOver ? at : spent.since, count });
    return true;
  }

  /** Forgets that trouble was told, so that its next occurrence is news again. */
  forget(key: string): void {
    this.#told.delete(key);
  }

  /** Takes up to `count` events that were not taken yet, oldest first. They are kept until they are `recorded`. */
  take(count: number): NumberedEvent[] {
    const events = this.#queue.slice(this.#taken, this.#taken + count);
    this.#taken += events.length;
    return events;
  }

  /** Forgets the events up to a number: somebody has put them in a safe place. */
  recorded(through: number): void {
    const count = this.#queue.findIndex(({ number }) => number > through);
    const gone = this.#queue.splice(0, count < 0 ? this.#queue.length : count);
    this.#taken = Math.max(0, this.#taken - gone.length);
  }

  /** Whoever took events is gone: those that it has not recorded are taken again. */
  rewind(): void {
    this.#taken = 0;
  }
}
