import type { EventRecord } from '../control/event.ts';
import type { WarningCode, WarningStatus } from '../control/status.ts';
import type { Milliseconds } from '../wire/units.ts';
import { milliseconds } from '../wire/units.ts';
import type { UnstampedManagerEvent } from './event.ts';
import type { Trouble } from './warning.ts';

/** Trouble that is not seen for so long is over; what comes and goes faster is one. */
const CALM = milliseconds(3000);

/** BOUNDED: more than these at once are in the status and tell no events. */
const MOST = 500;

interface Alarm {
  readonly code: WarningCode;
  /** Wall-clock milliseconds since 1970. */
  readonly since: number;
  readonly seenAt: number;
  readonly text: string;
}

/**
 * What needs attention, since when: from what is wrong at each look to events for the beginning and the end. Time is an
 * input, and it is the wall clock, because trouble may be older than the host's last start.
 */
export class Alarms {
  /** By code and what it is about. BOUNDED: MOST. */
  readonly #alarms = new Map<string, Alarm>();
  readonly #tell: (event: UnstampedManagerEvent) => void;

  constructor(tell: (event: UnstampedManagerEvent) => void) {
    this.#tell = tell;
  }

  /** Takes over from the manager before this one what had begun and not ended by then. */
  restore(records: readonly EventRecord[], at: number): void {
    for (const { type, time, fields } of records) {
      const { code, about, detail } = fields;
      if (typeof code !== 'string' || typeof about !== 'string') continue;
      const known = { code: code as WarningCode, about };
      const key = keyOf(known);
      if (type === 'warning-ended') this.#alarms.delete(key);
      if (type === 'warning-began' && this.#alarms.size < MOST)
        this.#alarms.set(key, { code: known.code, since: Date.parse(time), seenAt: at, text: String(detail) });
    }
  }

  /** Takes note of what is wrong now. Returns it with its beginning. */
  see(troubles: readonly Trouble[], at: number): WarningStatus[] {
    for (const trouble of troubles) this.#notice(trouble, at);
    for (const [key, alarm] of this.#alarms) {
      if (at - alarm.seenAt < CALM) continue;
      this.#alarms.delete(key);
      const lasted = Math.max(0, alarm.seenAt - alarm.since) as Milliseconds;
      const about = key.slice(alarm.code.length + 1);
      this.#tell({ type: 'warning-ended', code: alarm.code, about, detail: alarm.text, lasted });
    }
    return troubles.map((trouble) => ({
      code: trouble.code,
      text: trouble.text,
      since: new Date(this.#alarms.get(keyOf(trouble))?.since ?? at).toISOString(),
    }));
  }

  #notice(trouble: Trouble, at: number): void {
    const { code, about, text } = trouble;
    const known = this.#alarms.get(keyOf(trouble));
    if (known === undefined && this.#alarms.size >= MOST) return;
    this.#alarms.set(keyOf(trouble), { code, since: known?.since ?? at, seenAt: at, text });
    if (known === undefined) this.#tell({ type: 'warning-began', code, about, detail: text });
  }
}

const keyOf = ({ code, about }: Pick<Trouble, 'code' | 'about'>): string => `${code} ${about}`;
