import { posix } from 'node:path';
import type {
  ConfigurationTree,
  Finding,
  Launch,
  Place,
  Start,
  Steering,
  Validation,
} from '../../src/proxy/steering.ts';
import { milliseconds } from '../../src/wire/units.ts';
import { redirect, topDirective } from './include.ts';

/**
 * Steering nginx. A reload is asked for with SIGHUP, which always "succeeds"; that it worked is seen in the processes:
 * new workers serve, and no old one does. The main process waits 100 ms before it tells the old ones, so one answer of
 * the new configuration proves nothing. A port that is taken is tried for 2.5 s.
 */
export const steering: Steering = {
  binary: '/usr/sbin/nginx',
  directory: '/etc/nginx/vipair',
  mainName: 'nginx.conf',
  start: startWith,
  users: ['www-data', 'nginx', 'nobody'],
  drainSignal: 'SIGQUIT',
  reloadSignal: 'SIGHUP',
  unit: 'nginx.service',
  packaged: (binary) => [binary, '-c', MAIN],
  patience: milliseconds(6000),
  ownEnvironment: /^NGINX(?:_BPF_MAPS)?$/,
  launch,
  validation,
  findings,
  logs,
  binds: undefined,
  evidence: undefined,
  runtime: undefined,
};

/**
 * A list of descriptors in NGINX is what nginx's own binary upgrade passes on. With it nginx stays in the foreground and
 * in its session, and takes each listening socket whose address the configuration has.
 */
function startWith(binary: string, { main, directory, logs: place, sockets }: Place): Start {
  return {
    // Without -e nginx opens the log file of the package before it has read the configuration.
    command: [binary, '-e', posix.join(place, 'error.log'), '-p', directory, '-c', main],
    environment:
      sockets === 0 ? {} : { NGINX: Array.from({ length: sockets }, (_, index) => `${3 + index};`).join('') },
  };
}

const MAIN = '/etc/nginx/nginx.conf';

/** The title of the main process is its command line in one piece: `nginx: master process /usr/sbin/nginx -c a.conf`. */
function launch(commandLine: readonly string[] | undefined): Launch {
  const title = (commandLine?.[0] ?? '').replace(/^nginx: master process \S+ ?/, '');
  const words = commandLine !== undefined && commandLine.length > 1 ? commandLine.slice(1) : title.split(' ');
  const options = new Map<string, string>();
  let option = '';
  for (const word of words) {
    const [, letter, rest = ''] = /^-([cepg])(.*)$/.exec(word) ?? [];
    if (letter !== undefined) {
      option = letter;
      options.set(letter, rest);
    } else if (/^-[qtTsvVh?]/.test(word)) option = '';
    else if (option !== '') options.set(option, `${options.get(option) ?? ''} ${word}`.trim());
  }
  const prefix = options.get('p');
  const file = options.get('c') ?? MAIN;
  return {
    files: [prefix !== undefined && !file.startsWith('/') ? posix.join(prefix, file) : file],
    arguments: (['p', 'e', 'g'] as const).flatMap((letter) => {
      const value = options.get(letter);
      return value === undefined ? [] : [`-${letter}`, value];
    }),
    mainSocket: undefined,
  };
}

function validation(
  binary: string,
  { files: [main = MAIN], arguments: options }: Launch,
  candidates: ReadonlyMap<string, string>,
  tree: ConfigurationTree,
): Validation {
  const { copies, reached } = redirect(main, candidates, tree, copyOf);
  const missing = [...candidates.keys()].filter((path) => !reached.has(path));
  const [first] = missing;
  if (first !== undefined) return { untaken: untaken(first, main), path: first };
  // The file itself is the candidate when the whole configuration is ours.
  const start = candidates.get(main) ?? (copies.has(main) ? copyOf(main) : main);
  return {
    files: [...copies].map(([path, text]) => ({ path: copyOf(path), text })),
    command: [binary, '-t', ...options, '-c', start],
  };
}

/** Beside the file, so that what it names by a relative path is found, and hidden from every pattern. */
const copyOf = (path: string): string => posix.join(posix.dirname(path), `.${posix.basename(path)}.vipair-check`);

function untaken(path: string, main: string): string {
  const context = path.endsWith('-stream.conf') ? 'stream' : 'http';
  return `${main} does not take in ${path}; write "include ${path};" into its ${context} { }`;
}

/** `2026/01/02 03:04:05 [emerg] 12#12: message in /path:3`, or `nginx: [emerg] message in /path:3`. */
const SAID = /^.*?\[(emerg|alert|crit|error|warn)\] (?:\d+#\d+: )?(.*?)(?: in (\/\S*):(\d+))?$/gm;

function findings(output: string): Finding[] {
  const found = new Map<string, Finding>();
  for (const [, level = '', message = '', file, line] of output.matchAll(SAID)) {
    const finding = { isError: level !== 'warn', file, line: line === undefined ? undefined : Number(line), message };
    found.set(JSON.stringify(finding), finding);
  }
  return [...found.values()].toSorted((a, b) => Number(b.isError) - Number(a.isError));
}

function logs({ files: [main = MAIN], arguments: options }: Launch, tree: ConfigurationTree): string[] {
  const written = topDirective(tree.read(main) ?? '', 'error_log');
  const early = options[options.indexOf('-e') + 1];
  return [
    ...(written?.startsWith('/') === true ? [written] : []),
    ...(options.includes('-e') && early?.startsWith('/') === true ? [early] : []),
    '/var/log/nginx/error.log',
  ];
}
