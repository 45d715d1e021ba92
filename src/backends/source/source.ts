import type { BackendConfig } from '../../config/backendconfig.ts';
import { sameBackends } from '../backend.ts';
import type { Clock } from '../clock.ts';
import { milliseconds } from '../../wire/units.ts';
import type { Instant, Milliseconds } from '../../wire/units.ts';

/**
 * A place where backends come from. It says what it knows now and calls when that changes; it never throws, and what it
 * once knew it keeps: a source that fails has its last good answer, its age, and the reason. What an empty or small
 * answer means is decided where all sources meet.
 */
export interface BackendSource {
  /** Such as `file /etc/vipair/backends.d`. */
  readonly name: string;
  /** Begins; `onChange` is called after the backends or the error have changed, never in this stack. Called once. */
  start(onChange: () => void): void;
  /** Ends for good: nothing is called afterwards. */
  close(): void;
  state(): SourceState;
}

export interface SourceState {
  readonly name: string;
  /** The last good answer; empty before the first. */
  readonly backends: readonly BackendConfig[];
  /** Since the answer was last known to be right; `undefined` before the first. */
  readonly age: Milliseconds | undefined;
  /** When it was noticed that the answer changed last, which may be a while before it was understood. */
  readonly changedAt: Instant | undefined;
  /** Why there is no newer answer, or what of it was left out, in words; `undefined` when all is well. */
  readonly error: string | undefined;
  /** Whether parts of the answer are there and have never been understood, such as one of several files. */
  readonly isPartial?: boolean;
}

/** What a source keeps: the last good answer, and what went wrong since. */
export interface Ledger {
  /**
   * An answer. `notes` is what of it was left out; `noticedAt`, when it was seen that there is one, unless just now;
   * `isPartial` as in the state, not unless it is said.
   */
  good(backends: readonly BackendConfig[], notes?: string, noticedAt?: Instant, isPartial?: boolean): void;
  /** The answer is still right. */
  confirm(): void;
  /** No answer. */
  bad(error: string): void;
  listen(onChange: () => void): void;
  close(): void;
  state(): SourceState;
}

/** An empty ledger. `isLive` tells whether changes would be known at once; the answer has no age then. */
export function createLedger(name: string, clock: Clock, isLive: () => boolean = () => false): Ledger {
  let backends: readonly BackendConfig[] = [];
  let error: string | undefined;
  let rightAt: Instant | undefined;
  let changedAt: Instant | undefined;
  let isPartial = false;
  let onChange: (() => void) | undefined;
  const set = (isAnotherAnswer: boolean, nextError: string | undefined): void => {
    const isChanged = isAnotherAnswer || nextError !== error;
    error = nextError;
    if (isChanged) queueMicrotask(() => onChange?.());
  };
  return {
    good(next, notes, noticedAt = clock.now(), isPart = false) {
      isPartial = isPart;
      const isAnother = rightAt === undefined || !sameBackends(next, backends);
      if (isAnother) [backends, changedAt] = [next, noticedAt];
      rightAt = clock.now();
      set(isAnother, notes);
    },
    confirm() {
      if (rightAt !== undefined) rightAt = clock.now();
    },
    bad: (reason) => set(false, reason),
    listen(listener) {
      onChange = listener;
    },
    close() {
      onChange = undefined;
    },
    state() {
      const age = rightAt === undefined ? undefined : milliseconds(isLive() ? 0 : clock.now() - rightAt);
      return { name, backends, age, changedAt, error, isPartial };
    },
  };
}

/** Reasons as one line: the first ones in full, and how many more there are. */
export function inOneLine(reasons: readonly string[]): string {
  const [first = '', second] = reasons;
  if (second === undefined) return first;
  return reasons.length === 2 ? `${first}; ${second}` : `${first}; ${second}; and ${reasons.length - 2} more`;
}
