import { LineCounter, isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { Document, YAMLError, YAMLMap } from 'yaml';
import { printable, quote } from './report.ts';
import type { Path, Position } from './report.ts';

/**
 * YAML text to plain values with positions. YAML 1.2, one document, one mapping, no duplicate keys, and bounds on
 * everything a hostile or broken file could make large.
 */
export interface Source {
  /** Made of objects without a prototype, arrays, texts, numbers, booleans and null. */
  readonly value: unknown;
  /** Where a path begins; of something that is missing, where its parent does. */
  readonly locate: (path: Path) => Position;
}

/** A mistake of the text itself. */
export interface SourceError extends Position {
  readonly path: Path;
  readonly message: string;
}

/** Aliases may repeat parts of a file, but not multiply it: the bounds of everything that is read. */
const LIMITS = { values: 100_000, aliases: 100, depth: 24, syntaxErrors: 5 };

/** Object keys that mean something to JavaScript; no name and no setting is one of them. */
const UNUSABLE = new Set(['__proto__', 'constructor', 'prototype']);

/** Reads a document. Never throws, whatever the text. */
export function readSource(text: string): { source: Source } | { errors: SourceError[] } {
  const lines = new LineCounter();
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.exec(text);
  if (control !== null) return { errors: [controlError(text, control)] };
  // Duplicate keys are found below: in linear time, and with the place of the first.
  const document = parseDocument(text, {
    version: '1.2',
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
    resolveKnownTags: false,
  });
  const faults = [...document.errors, ...document.warnings].toSorted((a, b) => a.pos[0] - b.pos[0]);
  // The composer recurses, so that thousands of open brackets exhaust the stack, and it says so as a fault.
  const exhausted = faults.find(({ message }) => message.includes('call stack'));
  if (exhausted !== undefined) {
    return { errors: [{ ...at(exhausted.pos[0]), path: [], message: 'is nested too deeply to be read' }] };
  }
  if (faults.length > 0) {
    const errors = faults.slice(0, LIMITS.syntaxErrors);
    return { errors: errors.map((fault) => ({ ...at(fault.pos[0]), path: [], message: syntaxMessage(fault) })) };
  }
  const { yaml } = document.directives;
  if (yaml.explicit === true && yaml.version !== '1.2') {
    return { errors: [{ line: 1, column: 1, path: [], message: `YAML ${yaml.version} is not read; write YAML 1.2` }] };
  }
  return walk(document, at);
}

/** What the walk through a document carries along. */
interface Walk {
  readonly at: (offset: number) => Position;
  readonly positions: Map<string, Position>;
  readonly anchors: Map<string, unknown>;
  readonly errors: SourceError[];
  /** Values and aliases still allowed; when one runs out the walk ends. */
  values: number;
  aliases: number;
}

function walk(document: Document.Parsed, at: (offset: number) => Position): ReturnType<typeof readSource> {
  const state: Walk = {
    at,
    positions: new Map(),
    anchors: new Map(),
    errors: [],
    values: LIMITS.values,
    aliases: LIMITS.aliases,
  };
  const value = plain(state, document.contents, [], false);
  if (state.errors.length > 0) return { errors: state.errors };
  return { source: { value, locate: (path) => locate(state.positions, path) } };
}

function locate(positions: ReadonlyMap<string, Position>, path: Path): Position {
  for (let length = path.length; length >= 0; length--) {
    const position = positions.get(keyOf(path.slice(0, length)));
    if (position !== undefined) return position;
  }
  return { line: 1, column: 1 };
}

const keyOf = (path: Path): string => JSON.stringify(path);

/** The plain value of a node. `repeated` inside an alias, where anchors have been seen already. */
function plain(state: Walk, node: unknown, path: Path, repeated: boolean): unknown {
  state.values--;
  if (state.values === 0) fail(state, node, path, `holds more than ${LIMITS.values} values; write a smaller file`);
  if (path.length > LIMITS.depth) fail(state, node, path, `is nested more than ${LIMITS.depth} deep`);
  if (state.values <= 0 || path.length > LIMITS.depth) return null;
  if (isAlias(node)) return aliased(state, node.source, node, path);
  if (!state.positions.has(keyOf(path))) state.positions.set(keyOf(path), state.at(offsetOf(node)));
  if ((isScalar(node) || isMap(node) || isSeq(node)) && node.anchor !== undefined && !repeated) {
    state.anchors.set(node.anchor, node);
  }
  if (isScalar(node)) return node.value;
  if (isSeq(node)) return node.items.map((item, index) => plain(state, item, [...path, index], repeated));
  if (isMap(node)) return mapping(state, node, path, repeated);
  return null;
}

function aliased(state: Walk, name: string, node: unknown, path: Path): unknown {
  state.aliases--;
  if (state.aliases < 0) {
    if (state.aliases === -1) fail(state, node, path, `there are more than ${LIMITS.aliases} aliases; write them out`);
    return null;
  }
  if (!state.anchors.has(name)) {
    fail(state, node, path, `no anchor "&${name}" comes before the alias ${quote(`*${name}`)}`);
    return null;
  }
  if (!state.positions.has(keyOf(path))) state.positions.set(keyOf(path), state.at(offsetOf(node)));
  return plain(state, state.anchors.get(name), path, true);
}

function mapping(state: Walk, node: YAMLMap, path: Path, repeated: boolean): object {
  const result = Object.create(null) as Record<string, unknown>;
  for (const { key, value } of node.items) {
    const name = nameOf(key);
    if (name === undefined || UNUSABLE.has(name)) {
      fail(state, key, path, name === undefined ? 'a key is a plain word' : `${quote(name)} cannot be a key`);
      continue;
    }
    const inner = [...path, name];
    if (Object.hasOwn(result, name)) {
      const first = state.positions.get(keyOf(inner));
      fail(state, key, inner, `is written twice, first on line ${first?.line ?? '?'}; keep one`);
      continue;
    }
    state.positions.set(keyOf(inner), state.at(offsetOf(key)));
    result[name] = plain(state, value, inner, repeated);
  }
  return result;
}

/** A key as it is written: `01` stays `01`. */
function nameOf(key: unknown): string | undefined {
  if (!isScalar(key) || key.value === null) return undefined;
  return typeof key.value === 'string' ? key.value : key.source;
}

function offsetOf(node: unknown): number {
  return isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? (node.range?.[0] ?? 0) : 0;
}

function fail(state: Walk, node: unknown, path: Path, message: string): void {
  state.errors.push({ ...state.at(offsetOf(node)), path, message });
}

function controlError(text: string, { index, 0: character }: RegExpExecArray): SourceError {
  const before = text.slice(0, index).split('\n');
  const code = character.charCodeAt(0).toString(16).padStart(4, '0');
  const name = code === '0000' ? 'a NUL byte' : `the control character U+${code.toUpperCase()}`;
  const message = `${name} is in the text; write the file as plain text`;
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, path: [], message };
}

function syntaxMessage(fault: YAMLError): string {
  switch (fault.code) {
    case 'MULTIPLE_DOCS':
      return 'a second document begins here; write one document in one file';
    case 'TAB_AS_INDENT':
      return 'a tab indents this line; YAML indents with spaces';
    case 'TAG_RESOLVE_FAILED':
      return `${plainWords(fault.message)}; write the value without a tag`;
    default:
      return `not valid YAML: ${plainWords(fault.message)}`;
  }
}

/** The library's message without the source text that some of them end with after a colon: it may be long, or a secret. */
function plainWords(message: string): string {
  return printable(message.split(/(?<=token|stream|characters|value|sequence): |\n/)[0] ?? '').slice(0, 120);
}
