/**
 * What is wrong with a configuration file, as values: nothing in this folder throws because of what a user wrote.
 */

/** A mistake or a doubt, and where in the file it is. */
export interface ConfigError {
  /** The file's name as it was given. */
  readonly file: string;
  /** From 1; 0 when the trouble is with the file as a whole. */
  readonly line: number;
  /** In characters, from 1; 0 when the trouble is with the file as a whole. */
  readonly column: number;
  /** Such as `vips.web-1.addresses[0]`; empty for the document. */
  readonly path: string;
  /** What is wrong, the value, and what to do. */
  readonly message: string;
}

/** Where something is in a document: the keys and indices that lead to it. */
export type Path = readonly (string | number)[];

/** A place in the text, both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Collects mistakes and doubts by path. */
export interface Report {
  error(path: Path, message: string): void;
  warn(path: Path, message: string): void;
  /** In the order of the file, at most 100. */
  readonly errors: readonly ConfigError[];
  readonly warnings: readonly ConfigError[];
}

/** Nobody reads more, and a file of nonsense must not make a report larger than itself. */
const MOST = 100;

/** A report on one file; `locate` says where a path stands in its text. */
export function createReport(file: string, locate: (path: Path) => Position): Report {
  const errors: ConfigError[] = [];
  const warnings: ConfigError[] = [];
  const add = (list: ConfigError[], path: Path, message: string): void => {
    const text = formatPath(path);
    if (list.some((other) => other.path === text && other.message === message)) return;
    list.push({ file, ...locate(path), path: text, message });
  };
  return {
    error: (path, message) => add(errors, path, message),
    warn: (path, message) => add(warnings, path, message),
    get errors() {
      return errors.toSorted(inFileOrder).slice(0, MOST);
    },
    get warnings() {
      return warnings.toSorted(inFileOrder).slice(0, MOST);
    },
  };
}

/** `file:line:col: path: message`, without the parts that do not apply. */
export function formatError({ file, line, column, path, message }: ConfigError): string {
  const place = line > 0 ? `${file}:${line}:${column}` : file;
  return path === '' ? `${place}: ${message}` : `${place}: ${path}: ${message}`;
}

/** A path as text; keys that are not plain words are quoted, so that no key can pass for another or for markup. */
export function formatPath(path: Path): string {
  return path
    .map((part, at) => {
      if (typeof part === 'number') return `[${part}]`;
      const key = /^[\w-]+$/.test(part) ? part : quote(part);
      return at === 0 ? key : `.${key}`;
    })
    .join('');
}

/** A value in a message: quoted, escaped and shortened. */
export function quote(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'a mapping';
  // JSON has no word for infinities and for what is not a number.
  const plain = typeof value === 'number' ? `${value}` : printable(JSON.stringify(value));
  return plain.length > 60 ? `${plain.slice(0, 57)}..."` : plain;
}

/** Text without what would move the cursor or turn the line around: C0, C1, bidirectional marks, lone surrogates. */
export function printable(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Cs}/gu, '?');
}

const inFileOrder = (a: ConfigError, b: ConfigError): number => a.line - b.line || a.column - b.column;
