import { now } from '../linux/clock.ts';
import { isJournal } from '../linux/journal.ts';
import type { EngineEvent } from '../engine/events.ts';
import type { Instant } from '../wire/units.ts';
import { sentenceFor } from './sentence.ts';
import type { LogLevel, LogNames } from './sentence.ts';

/**
 * The log: one line an event, written here and nowhere else. Under journald a line starts with the priority that
 * sd-daemon(3) reads; elsewhere with the time and the level; `json` makes each line an object with the event's fields.
 */
export type LogFormat = 'text' | 'json';

const SYSLOG: Readonly<Record<LogLevel, number>> = { error: 3, warning: 4, notice: 5, info: 6 };

export class Log {
  readonly #format: LogFormat;
  readonly #journald: boolean = isJournal(2);

  constructor(format: LogFormat) {
    this.#format = format;
  }

  /** Writes an event of the engine. */
  event(event: EngineEvent, names: LogNames): void {
    const { level, text } = sentenceFor(event, names);
    this.#line(level, text, event, event.at);
  }

  /** Writes what the manager itself has to tell. */
  tell(level: LogLevel, text: string): void {
    this.#line(level, text, { type: 'manager' }, now());
  }

  #line(level: LogLevel, text: string, fields: object, at: Instant): void {
    const time = new Date(wallClock(at)).toISOString();
    if (this.#format === 'json') write(JSON.stringify({ ...fields, at: undefined, time, level, text }));
    else if (this.#journald) write(`<${SYSLOG[level]}>${text}`);
    else write(`${time} ${level} ${text}`);
  }
}

/** The wall clock moves against the monotonic one when it is set; less than this is the error of reading both. */
const CLOCK_ERROR = 20;

/** Wall-clock time at the monotonic clock's zero. Kept, so that one point in time always reads the same. */
let origin = Date.now() - now();

/** The wall-clock time of a point on the monotonic clock, in milliseconds since 1970. */
export function wallClock(at: Instant): number {
  const current = Date.now() - now();
  if (Math.abs(current - origin) > CLOCK_ERROR) origin = current;
  return origin + at;
}

/** A log that nobody reads any more must not end the daemon. */
function write(line: string): void {
  try {
    process.stderr.write(`${line}\n`);
  } catch {
    // EPIPE or EIO: there is nowhere left to say it.
  }
}
