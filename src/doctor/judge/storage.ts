import type { StorageFacts } from '../facts/storage.ts';
import { finding } from '../finding.ts';
import type { Finding } from '../finding.ts';

/** Events, orders and rendered files need less; below it the next log file of somebody else fills the disk. */
const LEAST_BYTES = 16 << 20;
const LEAST_FILES = 100;

/** The directories that the daemon writes to. Pure. */
export function judgeStorage(directories: readonly StorageFacts[]): Finding[] {
  return directories.flatMap(({ directory, use, refused, freeBytes, freeFiles }) => {
    if (refused !== undefined) {
      const text = `the directory "${directory}" for ${use} cannot be written (${refused})`;
      const why = refused === 'EROFS' ? 'mount the file system writable' : 'run as root, or let the daemon write it';
      return [finding('STATE-UNWRITABLE', directory, text, `${why}, or name another directory`)];
    }
    if (freeBytes >= LEAST_BYTES && freeFiles >= LEAST_FILES) return [];
    const left = freeBytes < LEAST_BYTES ? `${Math.floor(freeBytes / 1024)} KiB` : `${freeFiles} files`;
    const text = `the file system of "${directory}", for ${use}, has room for ${left} only`;
    return [finding('STATE-FULL', directory, text, 'make room')];
  });
}
