import type { ApplyRecord } from '../proxy/history.ts';

/** What can be asked of an apply by hand. */
export interface ApplyQuestion {
  /** Only say what would be done. */
  readonly dry: boolean;
  /** Overwrite files that somebody else wrote or changed. */
  readonly force: boolean;
}

/** What became of it. Plain data. */
export interface ApplyAnswer {
  readonly result: ApplyRecord['result'] | 'deferred';
  readonly method: ApplyRecord['method'];
  readonly message: string;
  /** `file:line: message` each. */
  readonly findings: readonly string[];
  /** Unified; empty when the files were right already. */
  readonly diff: string;
  readonly durationMs: number;
  /** null when no record was made. */
  readonly id: number | null;
}

/** The history of applies, the newest first. */
export interface AppliesAnswer {
  /** null when it is not known. */
  readonly inForce: number | null;
  readonly applies: readonly ApplyRecord[];
}

/** How the proxy's configuration is, as part of the status. */
export interface ApplyStatus {
  readonly inForce: number | null;
  /** Whether a change waits, or is being applied. */
  readonly isBusy: boolean;
  /** Why nothing is applied by itself; null when it is. */
  readonly held: string | null;
  /** What a change waits for beyond the quiet time, and how long; null when it waits for nothing. */
  readonly waits: string | null;
  /** Why the last apply did not succeed; null when it did. The last good one is in force then. */
  readonly trouble: string | null;
  readonly last: ApplyRecord | null;
}

/** A line of the answer to long work: what is being done, or, as the last line, what became of it. */
export type ProgressLine<T = ApplyAnswer> =
  { readonly progress: string } | { readonly answer: T } | { readonly error: string };
