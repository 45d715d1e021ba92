import type { ApplyResult } from '../proxy/apply.ts';
import { durationWords } from './words.ts';
import type { LogLevel } from './sentence.ts';

/** The sentence of the log for an apply. */
export function applySentence(result: ApplyResult, cause: string): { level: LogLevel; text: string } {
  const { id, message, durationMs, findings } = result;
  const number = id === undefined ? '' : ` #${id}`;
  const text = `apply${number} (${cause}): ${message}`;
  switch (result.result) {
    case 'effective':
    case 'written':
      return { level: 'notice', text: `${text}, after ${durationWords(durationMs)}` };
    case 'unchanged':
    case 'deferred':
      return { level: 'info', text };
    case 'refused':
    case 'rolled-back':
    case 'failed': {
      const more = findings.slice(0, 3).filter((finding) => !message.includes(finding));
      const said = more.length === 0 ? '' : `; ${more.join('; ')}`;
      return { level: 'error', text: `${text}${said}; what was in force stays in force` };
    }
  }
}
