import type { ApplyResult } from './apply.ts';
import type { Outcome } from './enforce.ts';
import { findingWords } from './validate.ts';

/** What became of an apply, for people. */
export const toldOf = (outcome: Outcome): Omit<ApplyResult, 'diff' | 'durationMs' | 'id'> => ({
  result: outcome.result,
  method: outcome.method,
  message: outcome.message,
  findings: (outcome.findings ?? []).map((finding) => (typeof finding === 'string' ? finding : findingWords(finding))),
  until: outcome.until,
});
