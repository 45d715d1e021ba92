import type { ReadGroup, Reading, ReadProblem, ReadServer } from '../../src/proxy/reading.ts';

/**
 * Reads the servers of the `backend` and `listen` sections of a HAProxy configuration that somebody else wrote. What a
 * section takes from `defaults` is its mode and its balance; everything else about traffic stays with the section.
 * Conditional blocks (`.if`) and variables of the environment are problems and not guesses.
 */
export function read(text: string): Reading {
  const state: State = {
    groups: [],
    problems: [],
    current: undefined,
    defaults: { mode: 'tcp', balance: 'roundrobin' },
  };
  for (const [index, line] of text.split('\n').entries()) {
    const words = wordsOf(line.replace(/\r$/, ''));
    if (typeof words === 'string') state.problems.push({ line: index + 1, reason: words });
    else if (words.length > 0) readLine(words, index + 1, state);
  }
  return { groups: state.groups, problems: state.problems };
}

type Mutable<T> = { -readonly [key in keyof T]: T[key] };
type Group = Mutable<ReadGroup> & { servers: ReadServer[]; ignored: string[] };

interface State {
  readonly groups: Group[];
  readonly problems: ReadProblem[];
  /** The section that lines belong to; `undefined` in one of no interest. */
  current: Group | 'defaults' | undefined;
  defaults: Pick<ReadGroup, 'mode' | 'balance'>;
}

const sections = new Set(
  'global defaults frontend backend listen peers resolvers userlist mailers ring cache program http-errors fcgi-app log-forward'.split(
    ' ',
  ),
);

function readLine(words: readonly string[], line: number, state: State): void {
  const [keyword = '', ...rest] = words;
  if (/^\.(if|elif|else|endif)$/.test(keyword)) {
    state.problems.push({
      line,
      reason: 'conditional blocks are not evaluated; what stands in them is taken as it is',
    });
    return;
  }
  if (sections.has(keyword)) {
    startSection(keyword, rest[0] ?? '', state);
    return;
  }
  const { current } = state;
  if (current === undefined) return;
  if (keyword === 'mode') {
    const mode = rest[0] === 'http' || rest[0] === 'tcp' ? rest[0] : undefined;
    if (current === 'defaults') state.defaults = { ...state.defaults, mode };
    else current.mode = mode;
  } else if (keyword === 'balance') {
    const balance = balanceOf(rest[0] ?? '');
    if (current === 'defaults') state.defaults = { ...state.defaults, balance };
    else current.balance = balance;
    if (balance === undefined && current !== 'defaults') current.ignored.push(words.join(' '));
  } else if (current === 'defaults') return;
  else if (keyword === 'server') {
    const server = serverOf(rest, current.ignored);
    if (typeof server === 'string') state.problems.push({ line, reason: `backend "${current.name}": ${server}` });
    else current.servers.push(server);
  } else current.ignored.push(words.join(' '));
}

function startSection(keyword: string, name: string, state: State): void {
  state.current = keyword === 'defaults' ? 'defaults' : undefined;
  // A new section of defaults starts from nothing.
  if (keyword === 'defaults') state.defaults = { mode: 'tcp', balance: 'roundrobin' };
  if (keyword !== 'backend' && keyword !== 'listen') return;
  const group: Group = { name, ...state.defaults, servers: [], ignored: [] };
  state.groups.push(group);
  state.current = group;
}

function balanceOf(word: string): ReadGroup['balance'] {
  if (word === 'static-rr') return 'roundrobin';
  if (word.startsWith('random')) return 'random';
  return word === 'roundrobin' || word === 'leastconn' || word === 'source' || word === 'uri' ? word : undefined;
}

/** Keywords of a server that take a word behind them and mean nothing to a model. */
const taking = new Set(
  (
    'inter fastinter downinter rise fall port addr cookie sni verify ca-file verifyhost check-sni resolvers init-addr slowstart ' +
    'alpn check-alpn proto check-proto crt crl-file ciphers ciphersuites maxqueue minconn pool-max-conn pool-low-conn ' +
    'pool-purge-delay track redir on-error on-marked-down on-marked-up error-limit observe agent-port agent-inter agent-addr ' +
    'agent-send source interface namespace tcp-ut id ssl-min-ver ssl-max-ver resolve-prefer resolve-net resolve-opts ws ' +
    'max-reuse shard set-proxy-v2-tlv-fmt proxy-v2-options socks4 usesrc task log-bufsize'
  ).split(' '),
);

/** One server, or why it is none. */
function serverOf([name = '', address = '', ...parameters]: readonly string[], ignored: string[]): ReadServer | string {
  const [, six, plain, digits] =
    /^(?:ipv[46]@)?(?:\[([^\]]*)\]|([^:@]*)):(\d{1,5})$/.exec(address) ?? looseIpv6(address);
  const host = six ?? plain;
  if (host === undefined || host === '' || digits === undefined) return `server "${address}" is no host and port`;
  const server = { name, host, port: Number(digits), weight: 1, backup: false, disabled: false };
  let maxConnections: number | undefined;
  for (let at = 0; at < parameters.length; at++) {
    const key = parameters[at] ?? '';
    const next = parameters[at + 1] ?? '';
    if (key === 'weight') server.weight = Number(next);
    else if (key === 'maxconn') maxConnections = Number(next) || undefined;
    else if (key === 'backup') server.backup = true;
    else if (key === 'disabled') server.disabled = true;
    else ignored.push([`server ${name}`, key, ...(taking.has(key) ? [next] : [])].join(' '));
    if (key === 'weight' || key === 'maxconn' || taking.has(key)) at++;
  }
  return { ...server, maxConnections };
}

/** HAProxy also takes an IPv6 address without brackets: the port is behind the last colon. */
const looseIpv6 = (address: string): string[] => {
  const at = address.lastIndexOf(':');
  const isSix = address.indexOf(':') !== at && !address.startsWith('/');
  return isSix && /^[\da-f:.]+$/i.test(address) ? ['', address.slice(0, at), '', address.slice(at + 1)] : [];
};

/** The words of a line by HAProxy's rules (configuration manual 2.2), or why they cannot be told. */
function wordsOf(line: string): string[] | string {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < line.length; at++) {
    const character = line[at] ?? '';
    if (quote === '' && character === '#') break;
    if (character === quote) quote = '';
    else if (quote === '' && (character === '"' || character === "'")) [quote, word] = [character, word ?? ''];
    else if (quote === '' && (character === ' ' || character === '\t')) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (quote === '"' && character === '$') return 'a variable of the environment is not known here';
    else if (quote !== "'" && character === '\\') {
      at++;
      word = (word ?? '') + (line[at] ?? '');
    } else word = (word ?? '') + character;
  }
  if (quote !== '') return 'a quote is not closed';
  if (word !== undefined) words.push(word);
  return words;
}
