import type { EventName, Severity } from '../config/eventname.ts';

/**
 * An event as everybody outside the daemon sees it: the event stream, notifications, scripts. One typed list, many
 * renderings. Plain data.
 */
export interface EventRecord {
  /** Counts up by one, also across restarts of the daemon, for as long as the state directory is kept. */
  readonly seq: number;
  /** Unique everywhere and for ever, `lb1-1b9d6bcd-42`: who gets an event twice knows it by this. */
  readonly id: string;
  readonly type: EventName;
  readonly severity: Severity;
  /** When it happened: ISO 8601 in UTC, and milliseconds on the host's monotonic clock. */
  readonly time: string;
  readonly monotonicMs: number;
  /** The host that tells it. */
  readonly node: string;
  readonly subject: EventSubject;
  /** For people; names what is wrong and what to do. */
  readonly text: string;
  /** What else the event has, by name; which fields there are depends on the type. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What an event is about; empty when it is about the host. */
export interface EventSubject {
  readonly vip?: string;
  readonly family?: 'ipv4' | 'ipv6';
  readonly interface?: string;
  readonly service?: string;
  readonly backend?: string;
  /** A receiver of notifications. */
  readonly receiver?: string;
}

/** A line of the event stream: an event, or how many events were asked for that are no longer kept. */
export type EventLine = EventRecord | { readonly missed: number };
