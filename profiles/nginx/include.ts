import { posix } from 'node:path';
import type { ConfigurationTree } from '../../src/proxy/steering.ts';

/**
 * Follows the `include` directives of a configuration that somebody else wrote, without changing a byte of anything
 * else: a copy of a file differs from it only in the words behind the includes that lead to our files. The words are
 * found by nginx's own rules (ngx_conf_read_token()); what stands in a Lua block may be taken for directives, which does
 * no harm, because only words that lead to our files are replaced.
 */
export interface Redirected {
  /** The copies, by the path they are for; only those of files that lead to a candidate. */
  readonly copies: ReadonlyMap<string, string>;
  /** The candidates that were reached. */
  readonly reached: ReadonlySet<string>;
}

/** A copy of `path` that lies at `copyOf(path)`, and of whatever stands between it and the candidates. */
export function redirect(
  main: string,
  candidates: ReadonlyMap<string, string>,
  tree: ConfigurationTree,
  copyOf: (path: string) => string,
): Redirected {
  const root = posix.dirname(main);
  const copies = new Map<string, string>();
  const reached = new Set<string>();
  // BOUNDED: by the files of the configuration; one that includes itself is followed once.
  const seen = new Map<string, string>();
  visit(main);
  return { copies, reached };

  /** The path to read instead of `path`: itself unless it leads to a candidate. */
  function visit(path: string): string {
    const candidate = candidates.get(path);
    if (candidate !== undefined) {
      reached.add(path);
      return candidate;
    }
    const known = seen.get(path);
    if (known !== undefined) return known;
    seen.set(path, path);
    const text = tree.read(path);
    if (text === undefined) return path;
    const copy = replaceIncludes(text, (word) => {
      const targets = matches(posix.resolve(root, word), tree, candidates);
      const instead = targets.map(visit);
      return instead.some((target, index) => target !== targets[index]) ? instead : undefined;
    });
    if (copy === text) return path;
    copies.set(path, copy);
    seen.set(path, copyOf(path));
    return copyOf(path);
  }
}

/** The files that an include names: glob(3), as far as configurations use it, with the candidates as if in place. */
function matches(pattern: string, tree: ConfigurationTree, candidates: ReadonlyMap<string, string>): string[] {
  if (!/[*?[]/.test(pattern)) return [pattern];
  let found = ['/'];
  for (const part of pattern.split('/').slice(1)) {
    found = found.flatMap((directory) => {
      if (!/[*?[]/.test(part)) return [posix.join(directory, part)];
      const ours = [...candidates.keys()].filter((path) => posix.dirname(path) === directory);
      const names = new Set([...tree.list(directory), ...ours.map((path) => posix.basename(path))]);
      return [...names]
        .filter((name) => isMatch(name, part))
        .toSorted()
        .map((name) => posix.join(directory, name));
    });
  }
  return found;
}

function isMatch(name: string, pattern: string): boolean {
  if (name.startsWith('.') && !pattern.startsWith('.')) return false;
  const source = pattern
    .replaceAll(/[.+^${}()|\\]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
    .replaceAll('[!', '[^');
  try {
    return new RegExp(`^${source}$`).test(name);
  } catch {
    return false;
  }
}

/** A quoted word, a plain one, the end of a directive or block, or a comment. */
const TOKEN =
  /"(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*'|[;{}]|#[^\n]*|(?:[^\s;{}"'#\\]|\\[^])(?:[^\s;{\\]|\\[^]|(?<=\$)\{)*/g;

/** The text with every include of which `instead` knows better in other words. */
function replaceIncludes(text: string, instead: (word: string) => readonly string[] | undefined): string {
  let copy = '';
  let done = 0;
  let words: { readonly text: string; readonly at: number }[] = [];
  for (const { 0: token, index: at } of text.matchAll(TOKEN)) {
    if (token.startsWith('#')) continue;
    if (token !== ';' && token !== '{' && token !== '}') {
      words.push({ text: token, at });
      continue;
    }
    const [name, path] = words;
    if (token === ';' && words.length === 2 && name?.text === 'include' && path !== undefined) {
      const paths = instead(plain(path.text));
      if (paths !== undefined) {
        copy += text.slice(done, name.at) + paths.map((each) => `include "${escape(each)}"`).join('; ');
        done = at;
      }
    }
    words = [];
  }
  return copy + text.slice(done);
}

/** What a word means. */
function plain(word: string): string {
  const inner = /^(["'])([^]*)\1$/.exec(word)?.[2] ?? word;
  return inner.replaceAll(/\\([^])/g, '$1');
}

const escape = (path: string): string => path.replaceAll(/[\\"]/g, String.raw`\$&`);

/** The first argument of the first directive of a name that stands outside all blocks; `undefined` for none. */
export function topDirective(text: string, name: string): string | undefined {
  let depth = 0;
  let words: string[] = [];
  for (const [token] of text.matchAll(TOKEN)) {
    if (token.startsWith('#')) continue;
    if (token === ';' || token === '{' || token === '}') {
      if (depth === 0 && token === ';' && words[0] === name && words[1] !== undefined) return plain(words[1]);
      depth += token === '{' ? 1 : token === '}' ? -1 : 0;
      words = [];
    } else words.push(token);
  }
  return undefined;
}
