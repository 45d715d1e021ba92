import { closeSync, constants, openSync, readSync } from 'node:fs';

/** Why a pid file names no process. */
export type PidFileRefusal = 'missing' | 'unreadable' | 'empty' | 'too-long' | 'not-a-number' | 'not-a-process';

/** What a pid file says: a pid that a process can have, or why it says none. */
export type PidFile = { readonly pid: number } | { readonly refused: PidFileRefusal };

/** More than any pid with the white space around it. */
const longest = 64;

/** The kernel's PID_MAX_LIMIT. */
const greatest = 4_194_304;

/** BOUNDED: one file at a time is read into it. */
const buffer = Buffer.allocUnsafe(longest + 1);

/**
 * Reads a pid file. Only a plain decimal number above 1 is a pid: an empty file is not pid 0, which `kill` takes for
 * the caller's own process group, and neither init nor "-1", every process, is ever a proxy that is meant. It does
 * not look whether the process exists.
 */
export function readPidFile(path: string): PidFile {
  let text: string;
  try {
    // A FIFO in its place must not hang the program.
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      text = buffer.toString('latin1', 0, readSync(descriptor, buffer, 0, longest + 1, null));
    } finally {
      closeSync(descriptor);
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    return { refused: code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : 'unreadable' };
  }
  if (text.length > longest) return { refused: 'too-long' };
  const digits = text.trim();
  if (digits === '') return { refused: 'empty' };
  if (!/^\d+$/.test(digits)) return { refused: 'not-a-number' };
  const pid = Number(digits);
  return pid > 1 && pid <= greatest ? { pid } : { refused: 'not-a-process' };
}

/** Says in words why a pid file names no process. */
export function explainRefusal(path: string, refusal: PidFileRefusal): string {
  const what: Readonly<Record<PidFileRefusal, string>> = {
    missing: 'does not exist',
    unreadable: 'cannot be read',
    empty: 'is empty',
    'too-long': 'is too long for a pid file',
    'not-a-number': 'does not hold a number',
    'not-a-process': 'holds a number that no proxy can have as its pid',
  };
  return `pid file "${path}" ${what[refusal]}`;
}
