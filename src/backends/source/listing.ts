import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorCode } from '../../linux/operror.ts';

/** The files that a path of the configuration means: itself, those of a directory, or those that fit a pattern. */
export interface Listing {
  readonly directory: string;
  /** Whether the path names one file, which then has to be there. */
  readonly isSingle: boolean;
  readonly fits: (name: string) => boolean;
}

/** Read and list without end is what nobody wants. */
const MOST_FILES = 1000;
const MOST_BYTES = 4 << 20;

/** What a path means. `isDirectory` is what stat(2) says of it. */
export function listingOf(path: string, isDirectory: boolean): Listing {
  if (isDirectory) return { directory: path, isSingle: false, fits: (name) => /^[^.].*\.(?:ya?ml|json)$/.test(name) };
  const pattern = basename(path);
  if (!/[*?]/.test(pattern)) return { directory: dirname(path), isSingle: true, fits: (name) => name === pattern };
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^${pattern.startsWith('.') ? '' : '(?!\\.)'}${source}$`);
  return { directory: dirname(path), isSingle: false, fits: (name) => expression.test(name) && !name.endsWith('~') };
}

/** The files that are there now, in the order of their names; or why the directory cannot be read. */
export async function listFiles(listing: Listing): Promise<string[] | { readonly error: string }> {
  try {
    const names = await readdir(listing.directory);
    const files = names.filter((name) => listing.fits(name)).toSorted();
    if (files.length > MOST_FILES) return { error: `${listing.directory} has more than ${MOST_FILES} files` };
    return files.map((name) => join(listing.directory, name));
  } catch (error) {
    return { error: `cannot read ${listing.directory}: ${errorCode(error) ?? String(error)}` };
  }
}

/** What a file held at one moment. */
export interface FileContents {
  readonly text: string;
  /** Equal when nothing was written in between. */
  readonly stamp: string;
  /** Of the last write, in milliseconds since 1970. */
  readonly writtenAt: number;
}

/**
 * Reads a file whole. `moving` when it was written to meanwhile; an error in words when it cannot be read; `same` when
 * its stamp is `known`.
 */
export async function readSteady(
  file: string,
  known: string | undefined,
): Promise<FileContents | 'moving' | 'same' | { readonly error: string }> {
  let handle;
  try {
    // A pipe in the place of a file would block for ever.
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const before = await handle.stat({ bigint: true });
    const stamp = [before.ino, before.size, before.mtimeNs, before.ctimeNs].join(' ');
    if (!before.isFile()) return { error: `${file} is no regular file` };
    if (stamp === known) return 'same';
    if (before.size > MOST_BYTES) return { error: `${file} is larger than 4 MiB` };
    const bytes = await handle.readFile();
    const after = await handle.stat({ bigint: true });
    if (after.size !== before.size || after.mtimeNs !== before.mtimeNs) return 'moving';
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { text, stamp, writtenAt: Number(before.mtimeMs) };
  } catch (error) {
    if (error instanceof TypeError) return { error: `${file} is not UTF-8` };
    return { error: `cannot read ${file}: ${errorCode(error) ?? String(error)}` };
  } finally {
    await handle?.close();
  }
}
