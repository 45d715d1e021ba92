import type { Instant } from '../wire/units.ts';

/**
 * How an attempt ended. `good`: an answer with status 200. Of the failures, `refused`, `reset` and `unreachable` are the
 * kernel's words for the connection, `timeout` is no answer in time, `closed` an end without an answer, `status` an
 * answer other than 200, `local` that the client itself could not open a connection, and `skipped` that it had too many
 * attempts in flight to make this one.
 */
export type Ending =
  'good' | 'refused' | 'reset' | 'unreachable' | 'timeout' | 'closed' | 'status' | 'local' | 'skipped';

/** One new connection with one request, as the load client recorded it. */
export interface Attempt {
  /** As given to the client, `192.0.2.101:80`. */
  readonly target: string;
  /** When the connection was begun. */
  readonly start: Instant;
  /** When the answer's header was complete, or the attempt had failed. */
  readonly end: Instant;
  readonly ending: Ending;
  /** Who answered, by the header that the load looks at; empty where there was none. */
  readonly front: string;
}

/** An attempt on its way from the client: target's index, start, end, ending, front. */
export type AttemptRow = readonly [number, number, number, Ending, string];

/** The client's last words. */
export interface ClientSummary {
  /** Processor time of its whole process, in milliseconds. */
  readonly cpu: number;
  /** How long it ran, in milliseconds. */
  readonly wall: number;
}
