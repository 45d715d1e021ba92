import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** A source file of the repository, or one that a test made up. */
export interface Source {
  /** Relative to the top of the repository, with `/`. */
  readonly path: string;
  readonly text: string;
}

export interface Import {
  /** As written between the quotes. */
  readonly specifier: string;
  /**
   * `import type` and `export type` only. A statement that marks single names with `type` still loads the module at
   * run time, so it counts as an ordinary one.
   */
  readonly typeOnly: boolean;
}

/** Every TypeScript file below `folder`, in a stable order. */
export function readSources(root: string, folder: string): Source[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
    .map((name) => posix.join(folder, name))
    .toSorted()
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

const commentOrText = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;

/** The text without its comments; strings stay. */
const withoutComments = (text: string): string =>
  text.replace(commentOrText, (piece) => (piece.startsWith('/') ? ' ' : piece));

/** The text without comments and strings. Of a template only what stands in `${}` stays. */
export const codeOnly = (text: string): string =>
  text.replace(commentOrText, (piece) =>
    piece.startsWith('`')
      ? `'' ${(piece.match(/\$\{[^}]*\}/g) ?? []).map((code) => code.slice(2, -1)).join(' ')} `
      : "''",
  );

/** All imports, re-exports and dynamic imports with a literal specifier. */
export function importsOf(text: string): Import[] {
  const code = withoutComments(text);
  const statement =
    /(?:^|[;\n])\s*(?:import|export)\s+(type\s+(?!from\b))?(?:[\w*${},\s]*?\bfrom\s*)?['"]([^'"\n]+)['"]/g;
  const dynamic = /\b(?:import|require)\(\s*['"]([^'"\n]+)['"]/g;
  return [
    ...Array.from(code.matchAll(statement), ([, type, specifier = '']) => ({
      specifier,
      typeOnly: type !== undefined,
    })),
    ...Array.from(code.matchAll(dynamic), ([, specifier = '']) => ({ specifier, typeOnly: false })),
  ];
}

/** The path that a relative specifier means, seen from `source`. */
export const resolved = (source: Source, specifier: string): string =>
  posix.join(posix.dirname(source.path), specifier);

/** The folder a path belongs to: the name below `src/`, or `profiles`; `undefined` for everything else. */
export function folderOf(path: string): string | undefined {
  const [top, name, rest] = path.split('/');
  if (top === 'profiles') return top;
  return top === 'src' && rest !== undefined ? name : undefined;
}
