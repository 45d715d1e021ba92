import { constants } from 'node:os';
import { native } from './native.ts';

/** Numbers that have two names: the one the kernel's own documentation uses. */
const preferred = ['EAGAIN', 'EOPNOTSUPP'] as const;

/** BOUNDED: one entry for each errno the platform defines. */
const names: ReadonlyMap<number, string> = new Map([
  ...Object.entries(constants.errno).map(([name, number]) => [number, name] as const),
  ...preferred.map((name) => [constants.errno[name], name] as const),
]);

/** The name of a positive errno, `EPERM` for 1; `errno 515` for one that has no name. */
export const errnoName = (errno: number): string => names.get(errno) ?? `errno ${errno}`;

/** BOUNDED: one entry for each named errno. Filled at the first use, because it needs the native part. */
let texts: ReadonlyMap<string, string> | undefined;

/**
 * The errno name behind a text of strerror(3), for libraries that throw nothing else. The texts are asked from the C
 * library itself, since glibc and musl word them differently. `undefined` for any other text.
 */
export function errnoOfText(text: string): string | undefined {
  texts ??= new Map([...names].map(([number, name]) => [native().errorText(number), name]));
  return texts.get(text);
}
