import { formatEndpoint } from './endpoint.ts';
import type { HeartbeatConfig, HeartbeatPath, NodeConfig, VipConfig } from './config.ts';
import type { RawConfig, RawPath, RawPlace } from './raw.ts';
import type { Path, Report } from './report.ts';
import { unknownNode } from './suggestion.ts';

/** Where the shared key is unless the file says otherwise, and the port unless it does. */
const KEY_FILE = '/etc/vipair/pair.key';
const PORT = 5112;

/** Looks up and checks the paths of the heartbeat. */
export function resolveHeartbeat(
  { heartbeat }: Pick<RawConfig, 'heartbeat'>,
  nodes: readonly NodeConfig[],
  vips: readonly VipConfig[],
  report: Report,
): HeartbeatConfig | undefined {
  if (heartbeat === undefined) return undefined;
  const isList = Array.isArray(heartbeat);
  const raw = 'paths' in heartbeat ? heartbeat : { paths: heartbeat };
  const top: Path = isList ? ['heartbeat'] : ['heartbeat', 'paths'];
  const port = raw.port ?? PORT;
  if (nodes.length < 2) report.error(['heartbeat'], 'has nobody to hear, with one node; leave it out');
  const paths = raw.paths.flatMap((path, index) => {
    const place = [...top, index];
    return (isByNode(path) ? byNode(path, nodes, port, place, report) : common(path, nodes, port, place, report)) ?? [];
  });
  for (const [index, path] of paths.entries()) {
    const like = paths.findIndex(({ name }) => name === path.name);
    if (like < index) report.error([...top, index], `is the path ${path.name}, which is in the list already`);
  }
  if (paths.length > 0 && paths.every((path) => isShared(path, vips))) {
    report.warn(
      ['heartbeat'],
      'goes over the interfaces of the VIPs only: it tells a filter from a dead host, but a cut cable cuts both; add ' +
        'another interface',
    );
  }
  return { keyFile: raw.key_file ?? KEY_FILE, port, paths };
}

/** One word for all nodes: an interface, or the address of a node, which means those of all. */
function common(
  place: RawPlace,
  nodes: readonly NodeConfig[],
  port: number,
  path: Path,
  report: Report,
): HeartbeatPath | undefined {
  if (place.interface !== undefined) {
    const name = place.interface;
    return { name, kind: 'interface', interfaces: record(nodes.map((node) => [node.name, name])), port };
  }
  const { address } = place;
  const family = address.includes(':');
  const written = formatEndpoint({ host: address, port: place.port ?? port });
  if (!nodes.some((node) => node.addresses.includes(address))) {
    const example = nodes.map((node) => `${node.name}: ...`).join(', ');
    report.error(path, `${address} is no address of a node; write one, or those of all nodes as "{ ${example} }"`);
    return undefined;
  }
  const found = nodes.flatMap((node): [string, (typeof node.addresses)[number]][] => {
    const own = node.addresses.find((candidate) => candidate.includes(':') === family);
    if (own === undefined) report.error(path, `node ${node.name} has no address of the family of ${written}; add it`);
    return own === undefined ? [] : [[node.name, own]];
  });
  const name = found.map(([, own]) => own).join('/');
  return { name, kind: 'address', addresses: record(found), port: place.port ?? port };
}

/** A word for each node: all interfaces, or all addresses. */
function byNode(
  places: Readonly<Record<string, RawPlace>>,
  nodes: readonly NodeConfig[],
  port: number,
  path: Path,
  report: Report,
): HeartbeatPath | undefined {
  const known = nodes.map((node) => node.name);
  for (const node of Object.keys(places))
    if (!known.includes(node)) report.error([...path, node], unknownNode(node, known));
  const entries = Object.entries(places).filter(([node]) => known.includes(node));
  const interfaces = entries.flatMap(([node, { interface: name }]): [string, string][] => (name ? [[node, name]] : []));
  const addresses = entries.flatMap(([node, { address }]): [string, NonNullable<typeof address>][] =>
    address === undefined ? [] : [[node, address]],
  );
  const ports = new Set(entries.flatMap(([, place]) => place.port ?? []));
  if (interfaces.length > 0 && addresses.length > 0) {
    report.error(path, 'has interfaces and addresses; write one kind for all nodes');
    return undefined;
  }
  const missing = known.filter((node) => !Object.hasOwn(places, node));
  if (missing.length > 0) report.error(path, `is missing for ${missing.join(', ')}; write a place for every node`);
  if (ports.size > 1) report.error(path, `has the ports ${[...ports].join(', ')}; write one for all nodes`);
  if (interfaces.length > 0) {
    const name = [...new Set(interfaces.map(([, each]) => each))].join('/');
    return { name, kind: 'interface', interfaces: record(interfaces), port };
  }
  if (new Set(addresses.map(([, address]) => address.includes(':'))).size > 1)
    report.error(path, 'has addresses of both families; write one family for all nodes');
  const name = addresses.map(([, address]) => address).join('/');
  return { name, kind: 'address', addresses: record(addresses), port: [...ports][0] ?? port };
}

const isByNode = (path: RawPath): path is Readonly<Record<string, RawPlace>> =>
  !('interface' in path && typeof path.interface === 'string') &&
  !('address' in path && typeof path.address === 'string');

/** Whether a path certainly goes over the interface of a VIP on some node. */
const isShared = (path: HeartbeatPath, vips: readonly VipConfig[]): boolean =>
  path.kind === 'interface' &&
  vips.some((vip) => Object.entries(path.interfaces).some(([node, name]) => vip.interfaces[node] === name));

const record = <T>(entries: readonly (readonly [string, T])[]): Readonly<Record<string, T>> =>
  Object.fromEntries(entries);
