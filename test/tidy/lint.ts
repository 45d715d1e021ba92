import { exceptions, type FolderName, folders, impureGlobals } from './arrows.ts';

/** One entry of `overrides` in `.oxlintrc.json`. */
export interface Override {
  readonly files: readonly string[];
  readonly rules: Readonly<Record<string, unknown>>;
}

interface Pattern {
  readonly regex?: string;
  readonly group?: readonly string[];
  readonly allowTypeImports?: true;
  readonly message: string;
}

/**
 * The table of arrows in the linter's words. The linter replaces a rule's options and does not merge them, so a file
 * with an exception gets the whole rule once more. Its regular expressions know no look-ahead, so what is not allowed is
 * listed; `dependencies` are the packages there are to list.
 */
export function lintOverrides(dependencies: readonly string[]): Override[] {
  const files = Object.keys(exceptions).map((path) => ({ path, folder: folderNamed(path) }));
  return [
    ...Object.keys(folders).map((name) => override(name as FolderName, undefined, dependencies)),
    ...files.map(({ path, folder }) => override(folder, path, dependencies)),
  ];
}

const folderNamed = (path: string): FolderName => path.split('/')[1] as FolderName;

function override(name: FolderName, path: string | undefined, dependencies: readonly string[]): Override {
  const rule = folders[name];
  const patterns = importPatterns(name, path, dependencies);
  return {
    files: [path ?? (name === 'profiles' ? 'profiles/**' : `src/${name}/**`)],
    rules: {
      'no-restricted-imports': ['error', { patterns }],
      ...(rule.pure && path === undefined
        ? {
            'no-restricted-globals': ['error', ...impureGlobals],
            'no-restricted-properties': ['error', { object: 'Math', property: 'random' }],
          }
        : {}),
    },
  };
}

function importPatterns(name: FolderName, path: string | undefined, dependencies: readonly string[]): Pattern[] {
  const { values, types, packages, pure } = folders[name];
  const exception = path === undefined ? undefined : exceptions[path];
  const seen: readonly string[] = [name, ...values, ...(exception?.values ?? [])];
  const rest = Object.keys(folders).filter((other) => !seen.includes(other));
  const hidden = rest.filter((other) => !(types as readonly string[]).includes(other));
  const shapes = rest.filter((other) => (types as readonly string[]).includes(other));
  const refused = packages === 'any' ? [] : dependencies.filter((other) => !packages.includes(other));
  return [
    ...(hidden.length > 0 ? [{ regex: parentFolders(hidden), message: `${name} may not see this folder` }] : []),
    ...(shapes.length > 0
      ? [{ regex: parentFolders(shapes), allowTypeImports: true as const, message: `${name} sees types only here` }]
      : []),
    ...(refused.length > 0
      ? [{ regex: `^(${refused.join('|')})(/|$)`, message: `${name} may not import this package` }]
      : []),
    ...(pure
      ? [
          {
            group: ['node:*', 'node:*/**', ...(exception?.builtins ?? []).map((builtin) => `!${builtin}`)],
            message: `${name} is pure`,
          },
        ]
      : []),
  ];
}

const parentFolders = (names: readonly string[]): string => `^(\\.\\./)+(src/)?(${names.join('|')})/`;
