import {
  closeSync,
  constants,
  fsyncSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { errorCode, OpError } from '../linux/operror.ts';
import type { ConfigurationTree } from './steering.ts';

/**
 * The few things that an apply does to files, each of which either has happened or has not when the power fails.
 * Whatever goes wrong is an `OpError` that says what to do.
 */
export interface Disk extends ConfigurationTree {
  /** Like `read`, but only a file that is not there is `undefined`; one that cannot be read is an error. */
  demand(path: string): string | undefined;
  /** Writes a whole file and waits until it is on the disk. Mode 0644 for a new one. */
  write(path: string, text: string): void;
  /** Puts a file in the place of another, or of none. */
  rename(from: string, to: string): void;
  /** Gives a file a second name. */
  link(from: string, to: string): void;
  /** Removes a file or a directory with everything in it; nothing happens when there is none. */
  remove(path: string): void;
  /** Makes a directory and those above it. */
  makeDirectory(path: string): void;
  /** Waits until the names in a directory are on the disk. */
  sync(directory: string): void;
  /** How long a file is in bytes; 0 when there is none. */
  size(path: string): number;
  /** Changes whenever a file is replaced or written; empty when there is none. */
  stamp(path: string): string;
}

/** A configuration larger than this is none. */
const MOST_BYTES = 64 << 20;

/** The disk of the host. */
export const hostDisk: Disk = {
  read(path) {
    try {
      // Neither a directory nor a FIFO is waited for.
      if (!statSync(path).isFile() || statSync(path).size > MOST_BYTES) return undefined;
      return readFileSync(path, 'utf8');
    } catch {
      return undefined;
    }
  },
  list(directory) {
    try {
      return readdirSync(directory).toSorted();
    } catch {
      return [];
    }
  },
  demand(path) {
    try {
      return readFileSync(path, 'utf8');
    } catch (cause) {
      if (errorCode(cause) === 'ENOENT') return undefined;
      throw failure(`read "${path}"`, cause);
    }
  },
  write(path, text) {
    attempt(`write "${path}"`, () => {
      const descriptor = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW, 0o644);
      try {
        const bytes = Buffer.from(text);
        ftruncateSync(descriptor);
        for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
    });
  },
  rename: (from, to) => attempt(`rename "${from}" to "${to}"`, () => renameSync(from, to)),
  link: (from, to) => attempt(`link "${from}" as "${to}"`, () => linkSync(from, to)),
  remove: (path) => attempt(`remove "${path}"`, () => rmSync(path, { recursive: true, force: true })),
  makeDirectory(path) {
    attempt(`make the directory "${path}"`, () => mkdirSync(path, { recursive: true, mode: 0o755 }));
  },
  sync(directory) {
    attempt(`write the directory "${directory}"`, () => {
      const descriptor = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
      try {
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
    });
  },
  size(path) {
    try {
      return statSync(path).size;
    } catch {
      return 0;
    }
  },
  stamp(path) {
    try {
      const { ino, mtimeMs, size } = statSync(path);
      return `${ino}/${mtimeMs}/${size}`;
    } catch {
      return '';
    }
  },
};

function attempt(op: string, run: () => void): void {
  try {
    run();
  } catch (cause) {
    throw failure(op, cause);
  }
}

function failure(op: string, cause: unknown): OpError {
  const code = errorCode(cause) ?? 'EIO';
  return new OpError(op, code, { cause, advice: advice[code] });
}

const advice: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; make room, the last good configuration stays in force meanwhile',
  EDQUOT: 'the quota is used up; make room, the last good configuration stays in force meanwhile',
  EROFS: 'the file system is read-only; mount it writable, or name another "proxy.directory"',
  EACCES: 'run as root, or let this user write the directory',
  EPERM: 'run as root, or let this user write the directory',
  ENOENT: 'does the directory exist?',
  ENOTDIR: 'a file is where a directory should be; name another "proxy.directory"',
  ELOOP: 'a symbolic link is where a file of ours should be; remove it',
};
