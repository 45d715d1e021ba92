import { after, milliseconds } from '../wire/units.ts';
import type { Instant } from '../wire/units.ts';
import type { EngineEvent, UnstampedEvent } from './events.ts';

/** How often one kind of trouble from one source is told (RFC 9568 7.1 asks for rate limiting). */
const REPEAT = milliseconds(60_000);

/**
 * The engine's events on their way to the manager. Events wait here while no manager is there or while it is slow:
 * the protocol never waits for a reader. BOUNDED: 1000 events, the oldest are dropped and counted; 1000 keys of
 * repeated trouble, all forgotten together when full.
 */
export class Journal {
  readonly #now: () => Instant;
  readonly #queue: EngineEvent[] = [];
  readonly #told = new Map<string, Instant>();
  #dropped = 0;

  constructor(now: () => Instant) {
    this.#now = now;
  }

  get dropped(): number {
    return this.#dropped;
  }

  tell(event: UnstampedEvent): void {
    if (this.#queue.length >= 1000) {
      this.#queue.shift();
      this.#dropped++;
    }
    this.#queue.push({ ...event, at: this.#now() });
  }

  /** Tells at most once a minute for each key. */
  tellOnce(key: string, event: UnstampedEvent): void {
    const at = this.#now();
    const told = this.#told.get(key);
    if (told !== undefined && at < after(told, REPEAT)) return;
    if (this.#told.size >= 1000) this.#told.clear();
    this.#told.set(key, at);
    this.tell(event);
  }

  /** Forgets that trouble was told, so that its next occurrence is news again. */
  forget(key: string): void {
    this.#told.delete(key);
  }

  /** Takes up to `count` events, oldest first. */
  take(count: number): EngineEvent[] {
    return this.#queue.splice(0, count);
  }
}
