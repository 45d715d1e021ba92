import { closeSync, openSync, readlinkSync, readSync } from 'node:fs';
import { parseConfig } from './parse.ts';
import type { ParseOptions, ParseResult } from './parse.ts';
import type { ConfigError } from './report.ts';

/** A megabyte holds thousands of VIPs; what is larger is not a configuration. */
const MOST_BYTES = 1 << 20;

/** Reads and parses a configuration file. A file that cannot be read is an error value like any other mistake. */
export function loadConfig(file: string, options: ParseOptions): ParseResult {
  let bytes: Uint8Array;
  try {
    bytes = readAtMost(file, MOST_BYTES + 1);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    const target = code === 'ENOENT' ? targetOf(file) : undefined;
    const isUnread = code !== 'ENOENT' || target !== undefined;
    return { ...refuse(file, `Cannot read the configuration: ${code}${adviceOn(code, target)}`), isUnread };
  }
  if (bytes.length > MOST_BYTES) {
    return refuse(file, 'Cannot read the configuration: it is larger than 1 MiB; name the right file with --config');
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return refuse(file, 'Cannot read the configuration: it is not UTF-8; save it as UTF-8 text');
  }
  return parseConfig(text, file, options);
}

/** The first bytes of a file; bounded by itself, because the size of a pipe or a device says nothing. */
function readAtMost(file: string, most: number): Uint8Array {
  const buffer = new Uint8Array(most);
  const descriptor = openSync(file, 'r');
  try {
    let length = 0;
    while (length < most) {
      const count = readSync(descriptor, buffer, length, most - length, null);
      if (count === 0) break;
      length += count;
    }
    return buffer.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}

function refuse(file: string, message: string): ParseResult & { readonly errors: readonly ConfigError[] } {
  return { errors: [{ file, line: 0, column: 0, path: '', message }], warnings: [] };
}

/** Where a symbolic link leads; `undefined` when the file is none. */
function targetOf(file: string): string | undefined {
  try {
    return readlinkSync(file);
  } catch {
    return undefined;
  }
}

function adviceOn(code: string, target: string | undefined): string {
  if (target !== undefined) return `; it is a link to "${target}", which is not there, mend the link`;
  switch (code) {
    case 'ENOENT':
      return '; write the file, or name another with --config';
    case 'EACCES':
    case 'EPERM':
      return '; run as a user who may read it, or change its mode';
    case 'EISDIR':
      return '; it is a directory, name a file in it with --config';
    default:
      return '';
  }
}
