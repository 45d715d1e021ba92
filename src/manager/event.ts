/**
 * The notable events of the daemon, one typed list: the engine's (`src/engine/events.ts`) and those of the manager
 * here. The log line, the event stream, the notifications and the counters of the metrics are renderings of it, and
 * nothing that is worth telling goes another way.
 *
 * To add one: its name in `src/config/eventname.ts`, its fields here (or in the engine's list), its sentence in
 * `managersentence.ts` (or `sentence.ts`), what it is about in `subject.ts` if that is a new kind of thing, and a row in
 * docs/operations.md. The compiler and the tests notice whichever is left out.
 */
import type { Severity } from '../config/eventname.ts';
import type { EngineEvent } from '../engine/events.ts';
import type { ApplyRecord } from '../proxy/history.ts';
import type { SwitchOutcome } from '../proxy/switch/state.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';

/** An event of the manager before it is stamped with its time. */
export type UnstampedManagerEvent =
  /** A configuration was put in force at the start. */
  | { readonly type: 'loaded'; readonly file: string; readonly vips: number }
  /** A regular stop; the engine has let the VIPs go. */
  | { readonly type: 'stopping' }
  | { readonly type: 'reload'; readonly changes: readonly string[] }
  | { readonly type: 'reload-refused'; readonly errors: readonly string[] }
  /** The verdict on the proxy has changed. */
  | { readonly type: 'proxy'; readonly state: 'well' | 'degraded' | 'dead'; readonly reason: string }
  /** A check of the host has failed, or is well again. */
  | { readonly type: 'check'; readonly check: string; readonly state: 'well' | 'failed'; readonly reason: string }
  /** What `proxy.restart` does about a dead proxy: `runs`, `ran`, `came-up`, `not-up`, `gave-up`, `recovered`, ... */
  | { readonly type: 'proxy-restart'; readonly what: string; readonly severity: Severity; readonly detail: string }
  | {
      readonly type: 'apply';
      readonly result: ApplyRecord['result'] | 'deferred';
      readonly cause: string;
      readonly message: string;
      /** `undefined` when no record was made. */
      readonly apply: number | undefined;
      /** `file:line: message` each. */
      readonly findings: readonly string[];
      readonly durationMs: Milliseconds;
    }
  /** The host was switched from one proxy to another, or was not. */
  | {
      readonly type: 'switch';
      readonly from: string;
      readonly to: string;
      readonly result: SwitchOutcome;
      readonly message: string;
      readonly durationMs: Milliseconds;
    }
  /** A backend has become good or bad. */
  | {
      readonly type: 'backend';
      readonly service: string;
      readonly backend: string;
      readonly state: 'up' | 'down';
      readonly reason: string;
    }
  /** What is to be said of a service as a whole has changed: a source that fails, too few backends. */
  | { readonly type: 'service'; readonly service: string; readonly severity: Severity; readonly detail: string }
  /** Something needs attention from now on; it is in the status until `warning-ended`. */
  | { readonly type: 'warning-began'; readonly code: string; readonly about: string; readonly detail: string }
  | {
      readonly type: 'warning-ended';
      readonly code: string;
      readonly about: string;
      readonly detail: string;
      readonly lasted: Milliseconds;
    }
  /** Events that a receiver of notifications was to get and never will. */
  | { readonly type: 'notification-lost'; readonly receiver: string; readonly count: number; readonly reason: string }
  /** Only sent to receivers of notifications, by hand; it is not recorded. */
  | { readonly type: 'test'; readonly detail: string }
  /** What the manager has to tell besides. */
  | { readonly type: 'manager'; readonly severity: Severity; readonly detail: string };

export type ManagerEvent = UnstampedManagerEvent extends infer E
  ? E extends UnstampedManagerEvent
    ? E & { readonly at: Instant }
    : never
  : never;

/** Every notable event. */
export type DaemonEvent = EngineEvent | ManagerEvent;
