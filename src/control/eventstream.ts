import type { ServerResponse } from 'node:http';
import type { EventLine, EventRecord } from './event.ts';

/** Where events come from. */
export interface EventSource {
  /** The number of the newest event; 0 before the first. */
  readonly last: number;
  /** The kept events after a number, and how many after it are no longer kept. */
  after(seq: number): { readonly missed: number; readonly records: readonly EventRecord[] };
  /** Calls back after each event until the returned function is called. */
  listen(listener: () => void): () => void;
}

export interface EventQuestion {
  /** Events after this number; `undefined` for the newest `last`. */
  readonly since: number | undefined;
  /** At most so many of those that are there. */
  readonly last: number | undefined;
  /** Goes on with those that come. */
  readonly follow: boolean;
}

/** A reader that takes nothing for so long while there is something to take is cut off. */
export const PATIENCE_MS = 10_000;

/** An empty line now and then shows that the other end is still there. */
const HEARTBEAT_MS = 15_000;

/**
 * Answers with events, one JSON object a line (NDJSON). Each reader takes events from the log at its own pace, so nothing
 * is kept for it: one that falls behind what the log keeps is told how many it has missed, and one that stops reading is
 * cut off. It comes back with `since`.
 */
export function streamEvents(response: ServerResponse, source: EventSource, question: EventQuestion): void {
  response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
  // A follower learns at once that it is connected.
  response.flushHeaders();
  new Reader(response, source, question).start();
}

class Reader {
  readonly #response: ServerResponse;
  readonly #source: EventSource;
  readonly #follow: boolean;
  #done: number;
  #isFull = false;
  #patience: NodeJS.Timeout | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #leave: () => void = () => undefined;

  constructor(response: ServerResponse, source: EventSource, { since, last, follow }: EventQuestion) {
    this.#response = response;
    this.#source = source;
    this.#follow = follow;
    const from = since ?? (follow && last === undefined ? source.last : 0);
    this.#done = last === undefined ? from : Math.max(from > source.last ? 0 : from, source.last - last);
  }

  start(): void {
    const response = this.#response;
    response.on('drain', () => {
      this.#isFull = false;
      clearTimeout(this.#patience);
      this.#pump();
    });
    response.on('close', () => this.#close());
    response.on('error', () => this.#close());
    if (this.#follow) {
      this.#leave = this.#source.listen(() => this.#pump());
      this.#heartbeat = setInterval(() => this.#isFull || this.#put('\n'), HEARTBEAT_MS);
    }
    this.#pump();
  }

  #pump(): void {
    while (!this.#isFull) {
      const { missed, records } = this.#source.after(this.#done);
      if (records.length === 0) break;
      // Without a number nobody has asked for what is no longer there.
      if (missed > 0 && this.#done > 0) this.#put(line({ missed }));
      for (const record of records) {
        if (this.#isFull) break;
        this.#put(line(record));
        this.#done = record.seq;
      }
    }
    if (!this.#follow && !this.#isFull) this.#response.end();
  }

  #put(text: string): void {
    if (this.#response.write(text)) return;
    this.#isFull = true;
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => this.#response.destroy(), PATIENCE_MS);
  }

  #close(): void {
    this.#isFull = true;
    clearTimeout(this.#patience);
    clearInterval(this.#heartbeat);
    this.#leave();
  }
}

const line = (value: EventLine): string => `${JSON.stringify(value)}\n`;
