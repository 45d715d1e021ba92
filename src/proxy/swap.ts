import { posix } from 'node:path';
import type { Disk } from './disk.ts';

/**
 * Several files of one directory replaced as one step. The new ones lie beside the old ones until they are validated;
 * then a journal is written that names them, and from there on the step is carried out whatever happens: `recover`, at
 * the next start, finishes what the journal says. Until `finish` the old files are kept under a second name, made by a
 * link, so that going back needs no room on the disk.
 *
 *   stage                .name.vipair-new written
 *   commit               journal; link name -> .name.vipair-old; rename .name.vipair-new -> name
 *   finish               links and journal removed
 *   undo                 journal renamed to .back; rename .name.vipair-old -> name; journal removed
 *
 * Only names that begin with a dot are used, which neither an `include *` nor a directory of configuration takes in.
 */
export interface Replacement {
  /** In the directory of the swap. */
  readonly path: string;
  readonly text: string;
  /** Whether there is no such file yet. */
  readonly isNew: boolean;
}

const JOURNAL = '.vipair-journal';

const beside = (path: string, what: 'new' | 'old'): string =>
  posix.join(posix.dirname(path), `.${posix.basename(path)}.vipair-${what}`);

/** Where the file lies that is to become `path`. */
export const candidateOf = (path: string): string => beside(path, 'new');

export class Swap {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #files: readonly Replacement[];

  constructor(disk: Disk, directory: string, files: readonly Replacement[]) {
    this.#disk = disk;
    this.#directory = directory;
    this.#files = files;
  }

  /** Writes the candidates. */
  stage(): void {
    this.#disk.makeDirectory(this.#directory);
    for (const { path, text } of this.#files) this.#disk.write(candidateOf(path), text);
  }

  /** Removes the candidates again. */
  discard(): void {
    for (const { path } of this.#files) this.#disk.remove(candidateOf(path));
  }

  /** Puts the candidates in force on the disk. When it throws, what was there before is there again. */
  commit(): void {
    if (this.#files.length === 0) return;
    const disk = this.#disk;
    const journal = posix.join(this.#directory, JOURNAL);
    const text = JSON.stringify(this.#files.map(({ path, isNew }) => ({ path, isNew })));
    try {
      disk.write(`${journal}.new`, `${text}\n`);
      disk.rename(`${journal}.new`, journal);
      disk.sync(this.#directory);
      for (const { path, isNew } of this.#files) {
        disk.remove(beside(path, 'old'));
        if (!isNew) disk.link(path, beside(path, 'old'));
        disk.rename(candidateOf(path), path);
      }
      disk.sync(this.#directory);
    } catch (error) {
      this.undo();
      throw error;
    }
  }

  /** What was put in force stays. */
  finish(): void {
    if (this.#files.length > 0) finish(this.#disk, this.#directory, this.#files);
  }

  /** Puts back what was there before; needs no room on the disk. */
  undo(): void {
    const disk = this.#disk;
    const journal = posix.join(this.#directory, JOURNAL);
    disk.remove(`${journal}.new`);
    if (!disk.list(this.#directory).includes(JOURNAL)) return this.discard();
    disk.rename(journal, `${journal}.back`);
    disk.sync(this.#directory);
    back(disk, this.#directory, this.#files);
  }
}

type Named = Pick<Replacement, 'path' | 'isNew'>;

function finish(disk: Disk, directory: string, files: readonly Named[]): void {
  for (const { path } of files) disk.remove(beside(path, 'old'));
  disk.remove(posix.join(directory, JOURNAL));
  disk.sync(directory);
}

function back(disk: Disk, directory: string, files: readonly Named[]): void {
  const names = disk.list(directory);
  for (const { path, isNew } of files) {
    const old = beside(path, 'old');
    if (names.includes(posix.basename(old))) disk.rename(old, path);
    // A candidate that is still there was never put in the place of a file that is not there.
    else if (isNew) disk.remove(path);
    disk.remove(candidateOf(path));
  }
  disk.sync(directory);
  disk.remove(posix.join(directory, `${JOURNAL}.back`));
}

/**
 * Finishes what an interrupted run began, at the start: forward when everything was validated, back when it was being
 * undone, and what was only staged is removed. Says what was done; `undefined` when there was nothing to do.
 */
export function recover(disk: Disk, directory: string): string | undefined {
  const journal = posix.join(directory, JOURNAL);
  const undone = readJournal(disk.demand(`${journal}.back`), directory);
  if (undone !== undefined) back(disk, directory, undone);
  const begun = readJournal(disk.demand(journal), directory);
  if (begun !== undefined) {
    const names = disk.list(directory);
    for (const { path } of begun)
      if (names.includes(posix.basename(candidateOf(path)))) disk.rename(candidateOf(path), path);
    disk.sync(directory);
    finish(disk, directory, begun);
  }
  const left = disk.list(directory).filter((name) => /^\..*\.vipair-(?:new|old)$|^\.vipair-journal/.test(name));
  for (const name of left) disk.remove(posix.join(directory, name));
  if (begun !== undefined) return `finished putting ${nameAll(begun)} in force, which was interrupted`;
  if (undone !== undefined) return `finished putting back ${nameAll(undone)}, which was interrupted`;
  return left.length > 0 ? 'removed what an interrupted run had staged' : undefined;
}

const nameAll = (files: readonly Named[]): string => files.map(({ path }) => path).join(', ');

/** A journal is renamed into its place when it is complete, so anything else in it was not written by this program. */
function readJournal(text: string | undefined, directory: string): Named[] | undefined {
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const isOurs = (each: unknown): each is Named => {
    const { path, isNew } = Object(each) as Partial<Named>;
    return typeof path === 'string' && posix.dirname(path) === directory && typeof isNew === 'boolean';
  };
  return Array.isArray(value) && value.every(isOurs) ? value : undefined;
}
