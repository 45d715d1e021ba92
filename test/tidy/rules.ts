import { posix } from 'node:path';
import { engineClosure, exceptions, type FolderName, folders, impureGlobals } from './arrows.ts';
import { codeOnly, folderOf, type Import, importsOf, resolved, type Source } from './sources.ts';

/**
 * The rules of the house as functions from sources to complaints. Each complaint starts with the path, so that a
 * failing test reads like a compiler's message.
 */
export type Rule = (sources: readonly Source[]) => string[];

const isRelative = (specifier: string): boolean => specifier.startsWith('.');
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
const isFolder = (name: string | undefined): name is FolderName => name !== undefined && Object.hasOwn(folders, name);
const each = (sources: readonly Source[], check: (source: Source) => readonly (string | undefined)[]): string[] =>
  sources.flatMap((source) =>
    check(source)
      .filter((complaint) => complaint !== undefined)
      .map((complaint) => `${source.path}: ${complaint}`),
  );

/** Folders import along the arrows only. */
export const arrows: Rule = (sources) =>
  each(sources, (source) => {
    const own = folderOf(source.path);
    if (!isFolder(own)) return ['lies in a folder that the table of arrows does not know'];
    return importsOf(source.text).map((entry) => arrowComplaint(source, own, entry));
  });

function arrowComplaint(source: Source, own: FolderName, { specifier, typeOnly }: Import): string | undefined {
  if (!isRelative(specifier)) return undefined;
  const target = folderOf(resolved(source, specifier));
  if (target === own) return undefined;
  const { values, types } = folders[own];
  const allowed: readonly string[] = [
    ...values,
    ...(exceptions[source.path]?.values ?? []),
    ...(typeOnly ? types : []),
  ];
  if (target !== undefined && allowed.includes(target)) return undefined;
  const sees = types.length === 0 ? '' : `, types of ${types.join(', ')}`;
  return `imports "${specifier}", but ${own} sees only ${values.join(', ') || 'itself'}${sees}`;
}

/** Folders import only the npm packages that the table grants them. */
export const packages: Rule = (sources) =>
  each(sources, (source) => {
    const own = folderOf(source.path);
    if (!isFolder(own)) return [];
    const granted = folders[own].packages;
    return importsOf(source.text)
      .filter(({ specifier }) => !isRelative(specifier) && !specifier.startsWith('node:'))
      .map(({ specifier }) =>
        granted === 'any' || granted.includes(packageOf(specifier))
          ? undefined
          : `imports the package "${specifier}", which ${own} may not`,
      );
  });

/** Pure folders use no Node module and no global that is not a function of its arguments. */
export const purity: Rule = (sources) =>
  each(sources, (source) => {
    const own = folderOf(source.path);
    if (!isFolder(own) || !folders[own].pure) return [];
    const granted = exceptions[source.path]?.builtins ?? [];
    const code = codeOnly(source.text);
    return [
      ...importsOf(source.text)
        .filter(({ specifier }) => specifier.startsWith('node:') && !granted.includes(specifier))
        .map(({ specifier }) => `imports "${specifier}", but ${own} is pure`),
      ...[...impureGlobals, 'Math.random']
        .filter((name) => usesGlobal(code, name))
        .map((name) => `uses ${name}, but ${own} is pure`),
    ];
  });

/** Whether the code calls, constructs or reads a member of a global; a property of the same name is none. */
const usesGlobal = (code: string, name: string): boolean =>
  new RegExp(`(?<![.\\w$])(?:new\\s+${name}\\b|${name.replace('.', '\\.')}\\s*(?:[.(]|\\?\\.))`).test(code);

/** No file imports itself through others. `import type` leaves nothing behind and makes no cycle. */
export const cycles: Rule = (sources) => {
  const graph = valueGraph(sources);
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) found.push([...trail.slice(start), path].join(' -> '));
    if (start >= 0 || done.has(path)) return;
    for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return found;
};

/** What the engine loads, directly or through others, stays within its closure. */
export const engineStaysSmall: Rule = (sources) => {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const graph = valueGraph(sources);
  const reached = new Set([...graph.keys()].filter((path) => folderOf(path) === 'engine'));
  // A Set's iteration also visits what is added on the way: this is the whole closure.
  for (const path of reached) for (const next of graph.get(path) ?? []) reached.add(next);
  return each(
    [...reached].map((path) => byPath.get(path)).filter((source) => source !== undefined),
    (source) => [
      isFolder(folderOf(source.path)) && engineClosure.folders.some((name) => name === folderOf(source.path))
        ? undefined
        : 'is loaded by the engine',
      ...importsOf(source.text)
        .filter(({ specifier, typeOnly }) => !typeOnly && !isRelative(specifier) && !specifier.startsWith('node:'))
        .filter(({ specifier }) => !engineClosure.packages.includes(packageOf(specifier)))
        .map(({ specifier }) => `brings the package "${specifier}" into the engine`),
    ],
  );
};

function valueGraph(sources: readonly Source[]): Map<string, string[]> {
  return new Map(
    sources.map((source) => [
      source.path,
      importsOf(source.text)
        .filter(({ specifier, typeOnly }) => !typeOnly && isRelative(specifier))
        .map(({ specifier }) => resolved(source, specifier)),
    ]),
  );
}

/** Relative imports name the file as it is. */
export const specifiers: Rule = (sources) =>
  each(sources, (source) =>
    importsOf(source.text).map(({ specifier }) => {
      if (specifier.startsWith('/')) return `imports the absolute path "${specifier}"`;
      return isRelative(specifier) && !/\.(ts|json)$/.test(specifier)
        ? `imports "${specifier}" without .ts`
        : undefined;
    }),
  );

const lineLimit = 300;

/** Files stay within what a reader holds in mind. */
export const sizes: Rule = (sources) =>
  each(sources, ({ text }) => {
    const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
    return [lines > lineLimit ? `has ${lines} lines, more than ${lineLimit}` : undefined];
  });

const bannedNames = /^(utils?|helpers?|index|common|misc|shared|lib|stuff)$/;

/** Files and folders are lower-case nouns, none of them a drawer for everything. */
export const names: Rule = (sources) =>
  each(sources, ({ path }) =>
    path.split('/').map((name) => {
      const bare = name.replace(/(\.test|\.config|\.d)?\.ts$/, '');
      if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(bare)) return `"${name}" is not lower case`;
      return bannedNames.test(bare) ? `"${name}" says nothing about what is in it` : undefined;
    }),
  );

/** Exports are named, and come from the file that has them. */
export const exportsByName: Rule = (sources) =>
  each(sources, ({ text }) => {
    const code = codeOnly(text);
    return [
      /(^|\n)\s*export\s+default\b|\bas\s+default\s*[,}]/.test(code) ? 'has a default export' : undefined,
      /(^|\n)\s*export\s+(type\s+)?\*/.test(code) ? 're-exports a whole file' : undefined,
    ];
  });

// Spelled so that this file does not hold the words itself.
const leftOver = /\b(TO[D]O|FIX[M]E|X[X]X)\b/;

/** Nothing is left for later. */
export const nothingLeft: Rule = (sources) =>
  each(sources, ({ text }) =>
    text.split('\n').map((line, index) => {
      const word = leftOver.exec(line)?.[0];
      return word === undefined ? undefined : `line ${index + 1} has a ${word}`;
    }),
  );

/** The names at the top of the repository that the list does not have. */
export const strangers = (found: readonly string[], allowed: readonly string[]): string[] =>
  found.filter((name) => !allowed.includes(posix.basename(name)));
