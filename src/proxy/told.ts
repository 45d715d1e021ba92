import { between } from '../wire/units.ts';
import type { Instant } from '../wire/units.ts';
import type { Time } from './effect.ts';
import type { ApplyResult } from './request.ts';
import type { Outcome } from './enforce.ts';
import type { ApplyRecord } from './history.ts';
import type { Refusal } from './refusal.ts';
import { findingWords } from './validate.ts';

/** What became of an apply, for people. */
export const toldOf = (outcome: Outcome): Omit<ApplyResult, 'diff' | 'durationMs' | 'id'> => ({
  result: outcome.result,
  method: outcome.method,
  message: outcome.message,
  findings: (outcome.findings ?? []).map((finding) => (typeof finding === 'string' ? finding : findingWords(finding))),
  until: outcome.until,
});

/** A model that a proxy has no words for. */
export function inexpressible(title: string, refusals: readonly Refusal[]): Outcome {
  const [first] = refusals;
  const more = refusals.length === 1 ? '' : `, and ${refusals.length - 1} more`;
  const message = `${title} cannot express it: ${first?.path}: ${first?.reason}${more}`;
  const findings = refusals.map(({ path, reason }) => `${path}: ${reason}`);
  return { result: 'refused', method: 'none', message, findings };
}

/** There is nothing to go back to. */
export function notKept(id: number | undefined, records: readonly ApplyRecord[]): Outcome {
  const kept = records.filter(({ isKept }) => isKept).map((one) => one.id);
  const which = id === undefined ? 'there is no earlier good apply' : `apply ${id} is not kept`;
  const rest = kept.length === 0 ? '' : `; kept are ${kept.join(', ')}`;
  return { result: 'refused', method: 'none', message: `${which}${rest}` };
}

/** Milliseconds since `startedAt`, to a tenth. */
export const elapsed = (time: Time, startedAt: Instant): number => Math.round(between(startedAt, time.now()) * 10) / 10;
