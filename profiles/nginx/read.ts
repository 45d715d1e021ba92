import { NginxConfFile } from 'nginx-conf';
import type { ReadGroup, Reading, ReadProblem, ReadServer } from '../../src/proxy/reading.ts';

/**
 * Reads the upstream blocks of an nginx configuration that somebody else wrote, with nginx-conf.
 *
 * nginx-conf takes a comment behind a directive, `a;<tab>#b`, for a directive and loses what follows it; so comments
 * are blanked out first, by nginx's own rules for words. What it still cannot read (a quote inside a word, Lua blocks
 * whose braces do not match) is a problem of the whole text and not a wrong result. Includes are not followed.
 */
export function read(text: string): Reading {
  const problems: ReadProblem[] = [];
  const root = parse(withoutComments(text), problems);
  if (root === undefined) return { groups: [], problems };
  const groups = [
    ...blocks(root, 'upstream').map((block) => groupOf(block, undefined, problems)),
    ...(['http', 'stream'] as const).flatMap((context) =>
      blocks(root, context).flatMap((outer) =>
        blocks(outer, 'upstream').map((block) => groupOf(block, context === 'http' ? 'http' : 'tcp', problems)),
      ),
    ),
  ];
  return { groups, problems };
}

/** What this file uses of an item of nginx-conf's tree. */
type Item = Readonly<Record<string, unknown>>;

/** The words behind a directive's name; nginx-conf gives numbers as numbers. */
function valueOf(item: Item): string {
  const value = item['_value'];
  return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
}

const blocks = (item: object, name: string): Item[] => {
  const found = (item as Readonly<Record<string, unknown>>)[name];
  return Object.hasOwn(item, name) && Array.isArray(found) ? (found as Item[]) : [];
};

function parse(text: string, problems: ReadProblem[]): object | undefined {
  let root: object | undefined;
  // It reports some mistakes to the callback and throws others; some of both are no Error.
  const fail = (error: unknown): void => {
    const { message, line } = Object(error) as { message?: unknown; line?: unknown };
    const reason = `nginx-conf cannot read it: ${typeof message === 'string' ? message : String(error)}`;
    problems.push({ line: typeof line === 'number' ? line : undefined, reason });
  };
  try {
    NginxConfFile.createFromSource(text, (error, file) => {
      if (error) fail(error);
      else root = file?.nginx;
    });
  } catch (error) {
    fail(error);
  }
  return root;
}

/** The same text with blanks for comments, so that lines keep their numbers. */
export function withoutComments(text: string): string {
  // A quoted word, an escaped character or variable in a plain one, the plain word itself, or a comment.
  const word = /"(?:[^"\\]|\\[^])*"|'(?:[^'\\]|\\[^])*'|(?:[^\s;{}"'#\\]|\\[^])(?:[^\s;{\\]|\\[^]|(?<=\$)\{)*|#[^\n]*/g;
  return text.replaceAll(word, (found) => (found.startsWith('#') ? ' '.repeat(found.length) : found));
}

const balances = new Map<string, ReadGroup['balance']>([
  ['least_conn', 'leastconn'],
  ['ip_hash', 'source'],
  ['random', 'random'],
]);

/** A key of the source is the address; one of the URI is not exactly what a model hashes, and near enough. */
const hashes: readonly (readonly [RegExp, ReadGroup['balance']])[] = [
  [/^\$(?:binary_)?remote_addr\b/, 'source'],
  [/^\$(?:request_)?uri\b/, 'uri'],
];

function groupOf(block: Item, mode: ReadGroup['mode'], problems: ReadProblem[]): ReadGroup {
  const name = unquoted(valueOf(block));
  const ignored: string[] = [];
  const servers: ReadServer[] = [];
  let balance: ReadGroup['balance'] = 'roundrobin';
  for (const [directive, items] of Object.entries(block)) {
    if (directive.startsWith('_') || !Array.isArray(items)) continue;
    for (const item of items as Item[]) {
      const value = valueOf(item);
      if (directive === 'server') {
        const server = serverOf(value, ignored);
        if (typeof server === 'string') problems.push({ line: undefined, reason: `upstream "${name}": ${server}` });
        else servers.push(server);
      } else if (directive === 'hash') {
        balance = hashes.find(([key]) => key.test(unquoted(value)))?.[1];
        if (balance === undefined) ignored.push(`hash ${value}`);
      } else if (balances.has(directive)) balance = balances.get(directive);
      else ignored.push(`${directive} ${value}`.trim());
    }
  }
  return { name, mode, balance, servers, ignored };
}

/** One server, or why it is none. */
function serverOf(value: string, ignored: string[]): ReadServer | string {
  const [address = '', ...parameters] = value.split(/\s+/).map((word) => unquoted(word));
  const [, six, plain, digits = '80'] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(address) ?? [];
  const host = six ?? plain;
  if (host === undefined || host === '') return `server "${address}" is no host and port`;
  const server = { name: undefined, host, port: Number(digits), weight: 1, backup: false, disabled: false };
  let maxConnections: number | undefined;
  for (const parameter of parameters) {
    const [, key = parameter, number] = /^(weight|max_conns)=(\d+)$/.exec(parameter) ?? [];
    if (key === 'weight') server.weight = Number(number);
    else if (key === 'max_conns') maxConnections = Number(number) || undefined;
    else if (parameter === 'backup') server.backup = true;
    else if (parameter === 'down') server.disabled = true;
    else ignored.push(`server ${address} ${parameter}`);
  }
  return { ...server, maxConnections };
}

/** nginx-conf leaves the quotes of a word in its value. */
function unquoted(word: string): string {
  const [, , inner] = /^(["'])([^]*)\1$/.exec(word) ?? [];
  return inner === undefined ? word : inner.replaceAll(/\\(["'\\])/g, '$1');
}
