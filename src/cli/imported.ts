import { stringify } from 'yaml';
import type { BackendConfig } from '../config/backendconfig.ts';
import { parseBackend } from '../config/backendlist.ts';
import { formatEndpoint } from '../config/endpoint.ts';
import { refuseName, refuseServerName } from '../config/name.ts';
import type { ReadGroup, Reading, ReadServer } from '../proxy/reading.ts';

/** Backends of somebody else's configuration in the words of ours. Pure. */

export interface ImportedService {
  readonly name: string;
  /** `undefined` for the default. */
  readonly mode: 'http' | 'tcp' | undefined;
  readonly balance: string | undefined;
  /** As they would be written. */
  readonly backends: readonly (string | Readonly<Record<string, string | number | boolean>>)[];
  /** What could not be taken over, in words. */
  readonly lost: readonly string[];
}

export interface Imported {
  readonly services: readonly ImportedService[];
  /** What could not be read, as `file:line: reason`. */
  readonly problems: readonly string[];
}

/** The services of all files together; groups of one name in two files are one service each. */
export function importedFrom(files: readonly { readonly file: string; readonly reading: Reading }[]): Imported {
  const taken = new Set<string>();
  const services = files.flatMap(({ reading }) => reading.groups.map((group) => serviceOf(group, taken)));
  const problems = files.flatMap(({ file, reading }) =>
    reading.problems.map(({ line, reason }) => `${file}${line === undefined ? '' : `:${line}`}: ${reason}`),
  );
  return { services: services.filter(({ backends, lost }) => backends.length + lost.length > 0), problems };
}

/** A fragment for pair.yaml. Where a service listens is not written beside its backends. */
export function servicesText(services: readonly ImportedService[]): string {
  const parts = services.map(({ name, mode, balance, backends, lost }) => {
    const body = { mode, balance, backends };
    const text = stringify({ [name]: body }, { version: '1.2', lineWidth: 0, aliasDuplicateObjects: false });
    const [head = '', ...rest] = text.trimEnd().split('\n');
    return [
      `  ${head}`,
      '    listen: []  # write the ports of this service, such as [80]',
      ...rest.map((line) => `  ${line}`),
      ...lost.map((words) => `    # not taken over: ${oneLine(words)}`),
    ].join('\n');
  });
  return `services:\n${parts.join('\n')}\n`;
}

/** A file for `sources: [{ file: ... }]`. */
export function listText({ backends, lost }: ImportedService): string {
  const comments = lost.map((words) => `# not taken over: ${oneLine(words)}\n`).join('');
  return `${comments}${stringify({ backends }, { version: '1.2', lineWidth: 0, aliasDuplicateObjects: false })}`;
}

const oneLine = (words: string): string => words.replaceAll(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ');

function serviceOf({ name, mode, balance, servers, ignored }: ReadGroup, taken: Set<string>): ImportedService {
  const own = freeName(name, taken);
  const lost: string[] = own === name ? [] : [`the name ${JSON.stringify(name)}`];
  const seen = new Set<string>();
  const backends = servers.flatMap((server) => backendOf(server, seen, lost));
  return {
    name: own,
    mode: mode === 'tcp' ? mode : undefined,
    balance: balance === 'roundrobin' ? undefined : balance,
    backends,
    lost: [...lost, ...ignored],
  };
}

function freeName(name: string, taken: Set<string>): string {
  const plain = name
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 50);
  const base = refuseName(plain) === undefined ? plain : `service-${plain}`.replace(/-+$/, '');
  let own = base;
  for (let suffix = 2; taken.has(own); suffix++) own = `${base}-${suffix}`;
  taken.add(own);
  return own;
}

/** The most a weight can be here. */
const MOST_WEIGHT = 256;

/** One backend as it would be written; nothing, with the reason in `lost`, when our rules refuse it. */
function backendOf(server: ReadServer, seen: Set<string>, lost: string[]): ImportedService['backends'] {
  const { host, port, backup, maxConnections, disabled } = server;
  const address = formatEndpoint({ host, port });
  if (disabled) {
    lost.push(`${address} is out of service there; drain it here when it is back`);
    return [];
  }
  const weight = Math.min(MOST_WEIGHT, Math.max(1, server.weight));
  if (weight !== server.weight) lost.push(`weight ${server.weight} of ${address}; here it is 1 to ${MOST_WEIGHT}`);
  const isNamed = server.name !== undefined && refuseServerName(server.name) === undefined;
  if (server.name !== undefined && !isNamed) lost.push(`the name ${JSON.stringify(server.name)} of ${address}`);
  const written = {
    address,
    ...(isNamed ? { name: server.name } : {}),
    ...(weight === 1 ? {} : { weight }),
    ...(backup ? { backup } : {}),
    ...(maxConnections === undefined ? {} : { max_connections: maxConnections }),
  };
  const judged = parseBackend(JSON.stringify(written), 'backend');
  if ('errors' in judged) {
    lost.push(`${address}: ${judged.errors.map((error) => error.replace(/^backend:\d+:\d+: /, '')).join('; ')}`);
    return [];
  }
  const id = formatEndpoint(judged.backends[0] as BackendConfig);
  if (seen.has(id)) {
    lost.push(`${id} once more`);
    return [];
  }
  seen.add(id);
  return Object.keys(written).length === 1 ? [address] : [written];
}
