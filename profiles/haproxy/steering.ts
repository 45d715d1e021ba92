import { posix } from 'node:path';
import type {
  ConfigurationTree,
  Endpoint,
  Finding,
  Launch,
  Place,
  Start,
  Steering,
  Validation,
} from '../../src/proxy/steering.ts';
import { parseAddress } from '../../src/wire/address.ts';
import { milliseconds } from '../../src/wire/units.ts';
import { plan } from './change.ts';
import { reports } from './reports.ts';
import { askMain, openRuntime } from './runtime.ts';

/**
 * Steering HAProxy. SIGUSR2 makes the main process execute itself anew with the arguments it was started with, so those
 * are the configuration. A reload that finds an address it cannot bind pauses the old listeners for 2 s before it gives
 * up, which is why what is bound is tried first. A reload that failed leaves the old worker serving and is counted.
 */
export const steering: Steering = {
  binary: '/usr/sbin/haproxy',
  directory: '/etc/haproxy/vipair',
  mainName: 'haproxy.cfg',
  start: startWith,
  users: ['haproxy', 'nobody'],
  drainSignal: 'SIGUSR1',
  reloadSignal: 'SIGUSR2',
  unit: 'haproxy.service',
  // As Debian's unit does; without a terminal it need not go to the background.
  packaged: (binary) => [binary, '-W', '-f', MAIN, '-p', '/run/haproxy.pid', '-S', '/run/haproxy-master.sock'],
  patience: milliseconds(15_000),
  ownEnvironment: /^HAPROXY_/,
  launch,
  validation,
  findings,
  logs: () => [],
  binds,
  evidence: { ask: (socket, limit) => askMain(socket, 'show proc', limit), read: readProcesses },
  runtime: { socket: statsSocket, plan, open: openRuntime, reports },
};

const MAIN = '/etc/haproxy/haproxy.cfg';

/** With a main process, and with its socket, which says whether a reload worked, where the path is not too long. */
function startWith(binary: string, { main, directory, include }: Place): Start {
  const socket = posix.join(directory, 'main.sock');
  return {
    command: [
      ...[binary, '-W'],
      ...(socket.length <= 90 ? ['-S', `${socket},mode,600`] : []),
      ...[main, ...include].flatMap((file) => ['-f', file]),
    ],
    environment: {},
  };
}

/** Options with a value of their own that the checker has to know too. */
const PASSED = new Set(['-C', '-L', '-n', '-N', '-m']);

/** Options with a value that the checker must not get. */
const SKIPPED = new Set(['-p', '-S', '-x', '-D', '-G']);

function launch(commandLine: readonly string[] | undefined): Launch {
  if (commandLine === undefined) return { files: [MAIN], arguments: [], mainSocket: undefined };
  const files: string[] = [];
  const options: string[] = [];
  let mainSocket: string | undefined;
  for (let at = 1; at < commandLine.length; at++) {
    const word = commandLine[at] ?? '';
    const value = commandLine[at + 1] ?? '';
    if (word === '--') {
      files.push(...commandLine.slice(at + 1));
      break;
    }
    if (word === '-f') files.push(value);
    if (word === '-S') mainSocket = value.split(',')[0];
    if (PASSED.has(word)) options.push(word, value);
    if (word === '-f' || PASSED.has(word) || (SKIPPED.has(word) && word !== '-D')) at++;
  }
  return { files, arguments: options, mainSocket: mainSocket?.startsWith('/') === true ? mainSocket : undefined };
}

/** The files that are read, in their order: those of a directory are its `*.cfg` by name. */
function filesOf({ files }: Launch, tree: ConfigurationTree, more: readonly string[]): string[] {
  return files.flatMap((file) => {
    const ours = more.filter((path) => posix.dirname(path) === posix.resolve(file));
    const names = new Set([...tree.list(file), ...ours.map((path) => posix.basename(path))]);
    if (names.size === 0) return [file];
    return [...names]
      .filter((name) => name.endsWith('.cfg') && !name.startsWith('.'))
      .toSorted()
      .map((name) => posix.join(file, name));
  });
}

function validation(
  binary: string,
  start: Launch,
  candidates: ReadonlyMap<string, string>,
  tree: ConfigurationTree,
): Validation {
  const files = filesOf(start, tree, [...candidates.keys()]);
  const missing = [...candidates.keys()].find((path) => !files.includes(path));
  if (missing !== undefined)
    return {
      path: missing,
      untaken:
        `HAProxy is not started with ${missing}; start it with "-f ${missing}" behind its other files, ` +
        'in Debian by EXTRAOPTS in /etc/default/haproxy',
    };
  return {
    files: [],
    command: [...[binary, '-c', ...start.arguments], ...files.flatMap((file) => ['-f', candidates.get(file) ?? file])],
  };
}

/** `[ALERT]    (123) : config : parsing [/path:3] : message`, with or without `parsing`, with or without a place. */
const SAID = /^\[(ALERT|WARNING)\]\s+\(\d+\) : (?:config : )?(?:parsing )?(?:\[([^\]]+):(\d+)\]\s*:? ?)?(.*)$/gm;

/** What follows from the errors before it, and what the state file does, which is there from the first start on. */
const ECHO =
  /^(?:Can't open global server state file|Error\(s\) found in configuration|Fatal errors found in configuration|Loading failure|Proxy '[^']*': backend ID mismatch|Server \S+ is (?:UP|DOWN), changed from server-state)/;

function findings(output: string): Finding[] {
  return [...output.matchAll(SAID)]
    .map(([, level, file, line, message = '']) => ({
      isError: level === 'ALERT',
      file,
      line: line === undefined ? undefined : Number(line),
      message,
    }))
    .filter(({ message }) => !ECHO.test(message))
    .toSorted((a, b) => Number(b.isError) - Number(a.isError));
}

/** The addresses of `bind` lines; what is inherited, abstract, a name or a range of ports is not looked at. */
function binds(start: Launch, tree: ConfigurationTree): Endpoint[] {
  return filesOf(start, tree, []).flatMap((file) => {
    const lines = (tree.read(file) ?? '').matchAll(/^[ \t]*bind[ \t]+(\S+)(.*)$/gm);
    return [...lines].flatMap(([, words = '', rest = '']) => {
      if (/\b(?:transparent|namespace|interface)\b/.test(rest)) return [];
      return words.split(',').flatMap((word): Endpoint[] => {
        const [, address = '', port] = /^(?:ipv[46]@)?\[?([^@\]]*)\]?:(\d+)$/.exec(word) ?? [];
        const isPlain = port !== undefined && parseAddress(address) !== undefined;
        return isPlain ? [{ address, port: Number(port) }] : [];
      });
    });
  });
}

/** The first `stats socket` with the right to change things; only its first word and its level are of interest. */
function statsSocket(start: Launch, tree: ConfigurationTree): string | undefined {
  for (const file of filesOf(start, tree, [])) {
    for (const [, path, rest = ''] of (tree.read(file) ?? '').matchAll(
      /^[ \t]*stats[ \t]+socket[ \t]+(?:unix@)?(\/\S+)(.*)$/gm,
    ))
      if (/\blevel[ \t]+admin\b/.test(rest)) return path;
  }
  return undefined;
}

/** The table of `show proc` (management guide 9.4): a worker with reloads 0 is of the last reload that worked. */
function readProcesses(answer: string): { workers: number[]; failed: number } | undefined {
  const failed = /^\d+\s+master\s+\d+\s+\[failed: (\d+)\]/m.exec(answer)?.[1];
  if (failed === undefined) return undefined;
  const [current = ''] = answer.split('# old workers');
  const workers = [...current.matchAll(/^(\d+)\s+worker\s/gm)].map(([, pid]) => Number(pid));
  return { workers, failed: Number(failed) };
}
