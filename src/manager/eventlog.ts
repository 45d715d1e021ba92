import { randomBytes } from 'node:crypto';
import type { EngineEvent } from '../engine/events.ts';
import type { EventRecord } from '../control/event.ts';
import type { EventsStatus } from '../control/status.ts';
import type { Instant } from '../wire/units.ts';
import type { DaemonEvent, UnstampedManagerEvent } from './event.ts';
import { openEventStore } from './eventstore.ts';
import type { EventStore } from './eventstore.ts';
import { wallClock } from './log.ts';
import { sentenceFor } from './sentence.ts';
import type { LogNames } from './sentence.ts';
import { subjectOf } from './subject.ts';

/**
 * The log of events: stamps each with its number, keeps the last of them for whoever asks, and hands them to whoever
 * listens. It is the one place where an event gets its number, so that everything that renders events agrees on their
 * order, and it is kept on disk, so that a successor goes on where this process was killed. What the engine tells is
 * recorded once, however often it is told.
 */
export interface EventLogOptions {
  /** The state directory. */
  readonly directory: string;
  readonly now: () => Instant;
  /** The name of this host. */
  readonly node: () => string;
  readonly names: LogNames;
  /** Told of each event after it is on its way to the disk. */
  readonly onRecord: (record: EventRecord) => void;
}

/** Where an event of the engine comes from: the run of the engine, and its number there. */
export interface Origin {
  readonly run: string;
  readonly number: number;
}

/** What is known of a receiver of notifications; `done` is the last event that it needs no more. */
export interface Cursor {
  readonly done: number;
  /** Events that it was to get and that were given up, since the cursor was made. */
  readonly dropped: number;
}

/** BOUNDED: so many events are kept for whoever asks, besides what receivers of notifications still wait for. */
export const MOST_EVENTS = 4096;

export class EventLog {
  readonly #options: EventLogOptions;
  readonly #store: EventStore;
  /** BOUNDED: MOST_EVENTS, the newest last. */
  #records: EventRecord[] = [];
  /** What is older than `#records` and still wanted. BOUNDED by those who set it. */
  #older: () => readonly EventRecord[] = () => [];
  /** BOUNDED by the receivers of the configuration. */
  readonly #cursors = new Map<string, Cursor>();
  /** BOUNDED by the control server's connections, and the manager's own. */
  readonly #listeners = new Set<(record: EventRecord) => void>();
  /** What was on disk at the start, the oldest first; some of it may be there for the sake of receivers only. */
  readonly #restored: EventRecord[] = [];
  #name: string = randomBytes(4).toString('hex');
  /** BOUNDED by the types of events. */
  readonly #counts = new Map<string, number>();
  #last = 0;
  #origin: Origin | undefined;

  constructor(options: EventLogOptions) {
    this.#options = options;
    this.#store = openEventStore({
      directory: options.directory,
      now: options.now,
      wanted: () => this.#lines(),
    });
    for (const line of this.#store.lines) this.#resume(line as Line);
    this.#records = contiguous(this.#restored, this.#last);
  }

  /** The number of the newest event; 0 before the first. */
  get last(): number {
    return this.#last;
  }

  /** The newest event and how many there were since this was opened, by type. */
  get status(): EventsStatus {
    return { last: this.#last, counts: Object.fromEntries(this.#counts) };
  }

  /** Why events are not on disk, in words. */
  get trouble(): string | undefined {
    return this.#store.trouble;
  }

  /** Records an event of the manager. */
  tell(event: UnstampedManagerEvent): void {
    this.#record({ ...event, at: this.#options.now() });
  }

  /** Records an event of the engine, unless it is there already. */
  take(event: EngineEvent, origin: Origin): void {
    if (this.#origin?.run === origin.run && origin.number <= this.#origin.number) return;
    this.#record(event, origin);
  }

  /** The kept events after a number, and how many more there were. A number of another log is none. */
  after(seq: number): { readonly missed: number; readonly records: readonly EventRecord[] } {
    const from = seq > this.#last ? 0 : seq;
    const first = this.#records[0]?.seq ?? this.#last + 1;
    const missed = Math.max(0, first - from - 1);
    return { missed, records: missed > 0 ? this.#records : this.#records.slice(from - first + 1) };
  }

  /** Calls back after each event until the returned function is called. */
  listen(listener: (record: EventRecord) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Events of former runs after a number, also those that were kept for receivers only. */
  restored(seq: number): readonly EventRecord[] {
    return this.#restored.filter((record) => record.seq > seq);
  }

  cursor(receiver: string): Cursor | undefined {
    return this.#cursors.get(receiver);
  }

  get receivers(): readonly string[] {
    return [...this.#cursors.keys()];
  }

  /** Notes how far a receiver is; `undefined` forgets it. */
  move(receiver: string, cursor: Cursor | undefined): void {
    if (cursor === undefined) this.#cursors.delete(receiver);
    else this.#cursors.set(receiver, cursor);
    this.#store.append({ receiver, ...cursor });
  }

  /** Says what is to be kept although it is older than what everybody may ask for. */
  keep(older: () => readonly EventRecord[]): void {
    this.#older = older;
  }

  close(): void {
    this.#store.close();
  }

  #record(event: DaemonEvent, origin?: Origin): void {
    const { node, names, onRecord } = this.#options;
    const { level, text } = sentenceFor(event, names);
    const { at, type, ...fields } = event;
    const seq = ++this.#last;
    const record: EventRecord = {
      seq,
      id: `${node()}-${this.#name}-${seq}`,
      type,
      severity: level,
      time: new Date(wallClock(at)).toISOString(),
      monotonicMs: Math.round(at * 1000) / 1000,
      node: node(),
      subject: subjectOf(event),
      text,
      fields,
    };
    if (origin !== undefined) this.#origin = origin;
    this.#counts.set(type, (this.#counts.get(type) ?? 0) + 1);
    this.#records.push(record);
    if (this.#records.length > 2 * MOST_EVENTS) this.#trim();
    this.#store.append({ event: record, ...origin });
    onRecord(record);
    for (const listener of this.#listeners) listener(record);
  }

  #trim(): void {
    this.#records = this.#records.slice(-MOST_EVENTS);
  }

  *#lines(): Iterable<Line> {
    this.#trim();
    const first = this.#records[0]?.seq ?? this.#last + 1;
    yield { log: this.#name, last: this.#last, ...this.#origin };
    for (const [receiver, cursor] of this.#cursors) yield { receiver, ...cursor };
    for (const event of this.#older()) if (event.seq < first) yield { event };
    for (const event of this.#records) yield { event };
  }

  #resume(line: Line): void {
    if (typeof line.log === 'string' && Number.isSafeInteger(line.last)) {
      [this.#name, this.#last] = [line.log, line.last ?? 0];
    }
    if (line.run !== undefined && line.number !== undefined) this.#origin = { run: line.run, number: line.number };
    if (line.receiver !== undefined) {
      const { receiver, done, dropped = 0 } = line;
      if (done === undefined) this.#cursors.delete(receiver);
      else this.#cursors.set(receiver, { done, dropped });
    }
    if (Number.isSafeInteger(line.event?.seq) && line.event !== undefined) {
      this.#restored.push(line.event);
      this.#last = Math.max(this.#last, line.event.seq);
    }
  }
}

/** Those at the end that follow each other without a gap, as many as are kept. */
function contiguous(records: readonly EventRecord[], last: number): EventRecord[] {
  let from = records.length;
  while (from > 0 && records[from - 1]?.seq === last - (records.length - from)) from--;
  return records.slice(Math.max(from, records.length - MOST_EVENTS));
}

/** A line of the file: which log it is, an event, or how far a receiver is. */
interface Line {
  readonly log?: string;
  readonly last?: number;
  readonly event?: EventRecord;
  readonly run?: string;
  readonly number?: number;
  readonly receiver?: string;
  readonly done?: number;
  readonly dropped?: number;
}
