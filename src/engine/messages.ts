import type { Assignment } from './assignment.ts';
import type { EngineEvent } from './events.ts';
import type { Snapshot } from './snapshot.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';

/** What the two processes say to each other. Plain data: it crosses a pipe as JSON. */

/** The manager's words to the engine. */
export type ToEngine =
  /** Do this from now on. `resume` is kept and handed to the next manager should this one die. */
  | {
      readonly type: 'configure';
      readonly assignment: Assignment;
      readonly resume: Resume;
      readonly proxy: ObservedProxy | undefined;
      /** What is known of the checks; one that is missing keeps the verdict it had, or has none. */
      readonly checks: readonly ObservedCheck[];
      /** How long a manager that is asked to end may take for a proxy that it has started; `undefined` when for none. */
      readonly farewell: Milliseconds | undefined;
    }
  /** The proxy was looked at. */
  | { readonly type: 'proxy'; readonly proxy: ObservedProxy }
  /** Checks of the host were made; those that are not named stay as they are. */
  | { readonly type: 'checks'; readonly checks: readonly ObservedCheck[] }
  | { readonly type: 'snapshot'; readonly id: number }
  /** Tell the other hosts this from now on, over the heartbeat: up to 4096 bytes, base64. */
  | { readonly type: 'words'; readonly words: string }
  /** Twice a second, from the manager's loop: it still turns. */
  | { readonly type: 'alive' }
  /** The events up to this number are in a safe place. */
  | { readonly type: 'recorded'; readonly through: number }
  /** The configuration cannot be started with; only before the first `configure`. */
  | { readonly type: 'give-up'; readonly exitCode: number };

/** The engine's words to the manager. */
export type ToManager =
  /**
   * First message after the start. `resume` is what a former manager had put in force; `run` tells this run of the
   * engine from all others.
   */
  | { readonly type: 'hello'; readonly resume: Resume | undefined; readonly restarts: number; readonly run: string }
  | { readonly type: 'configured' }
  /** Told until it is `recorded`, so a manager may hear it again from the one before it. */
  | { readonly type: 'event'; readonly event: EngineEvent; readonly number: number }
  | { readonly type: 'snapshot'; readonly id: number; readonly snapshot: Snapshot }
  /** What the managers of the other hosts say now; those that are not named are not heard, or say nothing. */
  | { readonly type: 'words'; readonly peers: readonly PeerWords[] }
  /** The watched process has exited: look again now. */
  | { readonly type: 'proxy-exited'; readonly pid: number }
  /** SIGHUP. */
  | { readonly type: 'reload' }
  /** The last message: the engine has let the VIPs go, and everything it had to tell was told. */
  | { readonly type: 'farewell' };

/** What the next manager needs to go on with the configuration in force; the engine only keeps it. */
export interface Resume {
  /** The configuration as a file. */
  readonly text: string;
  /** Which node this host is. */
  readonly node: string;
  readonly loadedAt: Instant;
}

export interface ObservedProxy {
  /** `degraded`: it serves, but not everybody reaches it. */
  readonly state: 'well' | 'degraded' | 'dead';
  readonly reason: string;
  /** The process whose exit means death, identified by its start time too (proc(5), field 22). */
  readonly main: { readonly pid: number; readonly startTime: number } | undefined;
  /** Another proxy that serves beside it during a switch: only when both have exited nobody serves. */
  readonly beside?: { readonly pid: number; readonly startTime: number } | undefined;
}

/** What the manager of another host says over the heartbeat, base64. */
export interface PeerWords {
  readonly node: string;
  readonly words: string;
}

/** What one check of the host found. */
export interface ObservedCheck {
  readonly name: string;
  readonly state: 'well' | 'dead';
  readonly reason: string;
}
