import { now } from '../linux/clock.ts';
import type { ApplyResult } from '../proxy/request.ts';
import { between, milliseconds } from '../wire/units.ts';
import type { UnstampedManagerEvent } from './event.ts';
import { durationWords } from './words.ts';

/** Why a change is not in force yet, and for how long. */
export function waitWords(waits: ApplyResult | undefined): string | null {
  if (waits?.until === undefined) return null;
  const rest = Math.max(0, between(now(), waits.until));
  return `a reload waits for ${durationWords(rest)}, because ${waits.message}`;
}

/** Whether what was asked for is not in force. */
export const isTrouble = ({ result }: ApplyResult): boolean =>
  result === 'refused' || result === 'rolled-back' || result === 'failed';

/** An apply as a notable event. */
export const eventOf = (done: ApplyResult, cause: string): Extract<UnstampedManagerEvent, { type: 'apply' }> => {
  const { result, message, id, findings, durationMs } = done;
  return { type: 'apply', result, cause, message, apply: id, findings, durationMs: milliseconds(durationMs) };
};
