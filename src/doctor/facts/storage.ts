import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { posix } from 'node:path';
import { errorCode } from '../../linux/operror.ts';
import { forbidden, isForbidden } from '../forbidden.ts';

/** A directory that the daemon writes to. */
export interface StorageFacts {
  readonly directory: string;
  /** What it is for, in words. */
  readonly use: string;
  /** The errno with which it cannot be written; `undefined` when it can be, or can be made. */
  readonly refused: string | undefined;
  /** Of the file system, for ordinary users; infinite where that cannot be told. */
  readonly freeBytes: number;
  /** Infinite where the file system makes them as needed. */
  readonly freeFiles: number;
}

/**
 * Looks at it without writing; one that does not exist is judged by the nearest one above that does. Throws OpError where
 * this user may not write and the daemon may.
 */
export function lookAtStorage(directory: string, use: string): StorageFacts {
  let there = posix.resolve(directory);
  while (!existsSync(there) && there !== '/') there = posix.dirname(there);
  const unknown = { freeBytes: Number.POSITIVE_INFINITY, freeFiles: Number.POSITIVE_INFINITY };
  try {
    accessSync(there, constants.W_OK | constants.X_OK);
    const { bavail, bsize, files, ffree } = statfsSync(there);
    const freeFiles = files === 0 ? Number.POSITIVE_INFINITY : ffree;
    return { directory, use, refused: undefined, freeBytes: bavail * bsize, freeFiles };
  } catch (error) {
    const code = errorCode(error) ?? 'EIO';
    if (isForbidden(code)) throw forbidden(`tell whether the daemon can write "${directory}"`, code);
    return { directory, use, refused: code, ...unknown };
  }
}
