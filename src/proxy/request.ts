import type { Instant } from '../wire/units.ts';
import type { ApplyOutcome, ApplyRecord } from './history.ts';
import type { FrontModel } from './model.ts';

/** What is to be applied, and why. */
export interface ApplyRequest {
  readonly model: FrontModel;
  /** Why, in words, for the history. */
  readonly cause: string;
  /** Overwrites files that somebody else wrote or changed. */
  readonly force?: boolean;
  /** Asked for by a person: it waits for no reload budget, and an apply that changes nothing is told in full. */
  readonly isByHand?: boolean;
  /** What somebody has written changed, and not what the backends do: it waits for the spacing and costs no budget. */
  readonly isPlanned?: boolean;
  /** Told what is being done. */
  readonly progress?: (words: string) => void;
}

/** What became of it. */
export interface ApplyResult {
  readonly result: ApplyOutcome | 'deferred';
  readonly method: ApplyRecord['method'];
  /** In one sentence. */
  readonly message: string;
  /** What the checker said, `file:line: message` each. */
  readonly findings: readonly string[];
  /** What was to change in the files, where a person asked; empty otherwise. */
  readonly diff: string;
  readonly durationMs: number;
  /** Of the record; `undefined` when none was made. */
  readonly id: number | undefined;
  /** When a deferred apply may be tried again. */
  readonly until: Instant | undefined;
}

/** Whether what was wished for is in place: in force, or in the files of a proxy that does not run. */
export const isGood = ({ result }: Pick<ApplyResult, 'result'>): boolean =>
  result === 'effective' || result === 'unchanged' || result === 'written';
