import { closeSync, fdatasync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode, OpError } from '../linux/operror.ts';

/**
 * A file of lines in the state directory that only grows, and is written anew when it has grown for long. A line is in
 * the kernel's hands when `append` returns, so it outlives this process; it is on the disk shortly after, so at most the
 * last moments are lost with the host. A disk that is full or not writable stops nothing: everything is kept in memory
 * as well, `trouble` says what is wrong, and the whole file is written as soon as it can be.
 */
export interface EventStore {
  /** The lines of the former run; what could not be read of them is left out. */
  readonly lines: readonly unknown[];
  /** Why nothing is written at present, in words. */
  readonly trouble: string | undefined;
  append(line: object): void;
  close(): void;
}

export interface EventStoreOptions {
  /** The state directory. */
  readonly directory: string;
  /** All lines that are still wanted, for when the file is written anew. */
  readonly wanted: () => Iterable<object>;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** After so many lines the file is written anew. */
const MOST_APPENDED = 8192;

/** Between two attempts on a disk that refuses. */
const RETRY_MS = 5000;

/** A file larger than this is not ours. */
const MOST_BYTES = 64 << 20;

/** Opens the file `events.ndjson`. Does not throw. */
export function openEventStore(options: EventStoreOptions): EventStore {
  return new FileStore(options);
}

class FileStore implements EventStore {
  readonly #options: EventStoreOptions;
  readonly #file: string;
  readonly lines: readonly unknown[];
  #descriptor: number | undefined;
  #appended = 0;
  #trouble: string | undefined;
  #triedAt = -RETRY_MS;
  #isSyncing = false;
  #isDirty = false;

  constructor(options: EventStoreOptions) {
    this.#options = options;
    this.#file = join(options.directory, 'events.ndjson');
    this.lines = readLines(this.#file);
  }

  get trouble(): string | undefined {
    return this.#trouble;
  }

  append(line: object): void {
    const isFirst = this.#descriptor === undefined;
    // What is written anew has the line already, and ends whatever a former run has left half-written.
    if (isFirst || this.#appended >= MOST_APPENDED) return this.#rewrite();
    try {
      if (this.#descriptor !== undefined) writeWhole(this.#descriptor, `${JSON.stringify(line)}\n`);
      this.#appended++;
      this.#sync();
    } catch (cause) {
      this.#fail(cause);
    }
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #rewrite(): void {
    const { directory, wanted, now } = this.#options;
    if (this.#trouble !== undefined && now() - this.#triedAt < RETRY_MS) return;
    this.#triedAt = now();
    try {
      mkdirSync(directory, { recursive: true, mode: 0o755 });
      const descriptor = openSync(`${this.#file}.new`, 'w', 0o600);
      try {
        writeWhole(descriptor, Array.from(wanted(), (line) => `${JSON.stringify(line)}\n`).join(''));
        fsyncSync(descriptor);
        renameSync(`${this.#file}.new`, this.#file);
      } catch (error) {
        closeSync(descriptor);
        throw error;
      }
      this.close();
      this.#descriptor = descriptor;
      this.#appended = 0;
      this.#trouble = undefined;
    } catch (cause) {
      this.#fail(cause);
    }
  }

  #fail(cause: unknown): void {
    this.close();
    this.#triedAt = this.#options.now();
    const advice = 'events and notifications are kept in memory only; make room, or give a writable --state';
    this.#trouble = new OpError(`write "${this.#file}"`, errorCode(cause) ?? 'EIO', { advice }).message;
  }

  /** One at a time, so that a slow disk is asked once for many lines. */
  #sync(): void {
    this.#isDirty = true;
    if (this.#isSyncing || this.#descriptor === undefined) return;
    [this.#isSyncing, this.#isDirty] = [true, false];
    fdatasync(this.#descriptor, () => {
      this.#isSyncing = false;
      if (this.#isDirty) this.#sync();
    });
  }
}

function writeWhole(descriptor: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
}

/** Half a line is what a process leaves that was killed while it wrote. */
function readLines(file: string): unknown[] {
  try {
    const bytes = readFileSync(file);
    if (bytes.length > MOST_BYTES) return [];
    return bytes.toString().split('\n').flatMap(parseLine);
  } catch {
    return [];
  }
}

function parseLine(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? [value] : [];
  } catch {
    return [];
  }
}
