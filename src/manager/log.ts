import { now } from '../linux/clock.ts';
import { isJournal } from '../linux/journal.ts';
import type { Severity } from '../config/eventname.ts';
import type { EventRecord } from '../control/event.ts';
import type { Instant } from '../wire/units.ts';

/**
 * The log: one line an event, written here and nowhere else, as a rendering of its record. Under journald a line starts with the priority that
 * sd-daemon(3) reads; elsewhere with the time and the level; `json` makes each line an object with the event's fields.
 */
export type LogFormat = 'text' | 'json';

const SYSLOG: Readonly<Record<Severity, number>> = { error: 3, warning: 4, notice: 5, info: 6 };

export class Log {
  readonly #format: LogFormat;
  readonly #journald: boolean = isJournal(2);

  constructor(format: LogFormat) {
    this.#format = format;
  }

  /** Writes an event. */
  write({ time, severity, text, type, seq, fields }: EventRecord): void {
    if (this.#format === 'json') write(JSON.stringify({ ...fields, type, seq, time, level: severity, text }));
    else if (this.#journald) write(`<${SYSLOG[severity]}>${text}`);
    else write(`${time} ${severity} ${text}`);
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
