import { createHash } from 'node:crypto';

/**
 * Whose a file is. Everything this program writes for a proxy begins with a line that says so and holds a digest of the
 * rest, so that a file somebody has changed by hand is recognized whatever its time stamp says, and is never
 * overwritten without being asked. Pure: reading and writing is the business of the caller.
 */
export type Ownership =
  /** There is no such file. */
  | 'missing'
  /** It is empty, as an interrupted write leaves it; nothing can be lost. */
  | 'empty'
  /** Written by this program and untouched since. */
  | 'ours'
  /** Written by this program and changed by somebody else since. */
  | 'edited'
  /** Not written by this program. */
  | 'foreign';

const MARK = '# managed by vipair ';

/** 128 bits tell edits apart; this is no protection from forgery, which anybody who may write the file can do. */
const DIGITS = 32;

const digestOf = (body: string): string => createHash('sha256').update(body).digest('hex').slice(0, DIGITS);

/** The text with the first line that says whose it is. */
export const seal = (body: string): string => `${MARK}${digestOf(body)}\n${body}`;

/** The text without that line; unchanged when it has none. */
export function unseal(text: string): string {
  return text.startsWith(MARK) ? text.slice(text.indexOf('\n') + 1 || text.length) : text;
}

/** Whose a file with this content is; `undefined` for a file that is not there. */
export function judgeFile(text: string | undefined): Ownership {
  if (text === undefined) return 'missing';
  if (text === '') return 'empty';
  if (!text.startsWith(MARK)) return 'foreign';
  return text === seal(unseal(text)) ? 'ours' : 'edited';
}
