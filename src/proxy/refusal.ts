import type { CheckConfig, MatchConfig } from '../config/checkconfig.ts';
import { parseAddress } from '../wire/address.ts';
import { bindsOf, endpoint } from './bind.ts';
import type { FrontModel, ServerModel, ServiceModel } from './model.ts';

/**
 * What a proxy is not asked to serve. These rules hold for every proxy: what things may be called, which values there
 * are, what has no meaning in any of them. A profile adds what its own proxy cannot express. They stand here once more,
 * beside those of the configuration file, because a model's servers also come from sources that nobody checked, and
 * because whatever passes them is written into another program's configuration.
 */
export interface Refusal {
  /** The service's name; `undefined` when the reason lies outside all services. */
  readonly service: string | undefined;
  /** Where, in the words of the configuration file: `services.web.balance`. */
  readonly path: string;
  readonly reason: string;
}

/** Refuses something of one service: the keys below the service, then why. */
export type Refuse = (keys: string, reason: string) => void;

const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;

/** RFC 6265 4.1.1: a cookie's name is a token (RFC 9110 5.6.2). */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;

/** RFC 3986 3.3 without percent-encoding, which proxies decode before they compare or not. */
const PATH = /^(?:\/[\w\-.~!$&'()*+,;=:@]+)+\/?$|^\/$/;

/** Half a character; it has no form in UTF-8. */
const LONE = /[\ud800-\udfff]/u;

/** Longest sorry page in bytes: with its header it fits into the smallest buffer that a proxy has for an answer. */
const MOST_PAGE = 8000;

/** 24 days: proxies count milliseconds in 31 bits. */
const MOST_MILLISECONDS = 2_073_600_000;

/** Why the services of a model are refused whatever the proxy is; empty when they are not. */
export function refuseModel(model: FrontModel): Refusal[] {
  const refusals = [...model.services.flatMap((service) => refuseService(service)), ...refuseDoubles(model)];
  return refusals;
}

/** Collects what is refused of one service. */
export function refusalsOf(service: ServiceModel, judge: (refuse: Refuse) => void): Refusal[] {
  const refusals: Refusal[] = [];
  const root = `services.${spelled(service.name)}`;
  judge((keys, reason) => {
    refusals.push({ service: service.name, path: keys === '' ? root : `${root}.${keys}`, reason });
  });
  return refusals;
}

/** A name as part of a path; one that is no name is quoted, so that it cannot be mistaken for more than one word. */
export const spelled = (name: string): string => (NAME.test(name) ? name : JSON.stringify(name));

/** A host that may stand in a configuration: an address without a zone, or a DNS name (RFC 1123 2.1). */
export function isHost(host: string): boolean {
  if (parseAddress(host) !== undefined) return true;
  return host.length <= 253 && isName(host) && /[A-Za-z]/.test(host.split('.').at(-1) ?? '');
}

const isName = (host: string): boolean =>
  host.split('.').every((label) => /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/.test(label));

const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65_535;

const isWhole = (value: number, least: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most;

/** An absolute path that survives in any configuration: no control characters, no line end, not too long. */
export const isPlainPath = (path: string): boolean =>
  path.startsWith('/') &&
  new TextEncoder().encode(path).length <= 1000 &&
  !/[\u0000-\u001f\u007f]/.test(path) &&
  !LONE.test(path);

function refuseService(service: ServiceModel): Refusal[] {
  return refusalsOf(service, (refuse) => {
    if (!NAME.test(service.name)) refuse('', 'is no name; write letters, digits and "-", "_" or ".", at most 63');
    if (service.listen.length === 0) refuse('listen', 'is empty; a service listens somewhere');
    for (const { address, port } of service.listen) {
      const isWrong = !isPort(port) || (address !== undefined && parseAddress(address) === undefined);
      if (isWrong) refuse('listen', `${JSON.stringify(`${address ?? '*'}:${port}`)} is no address and port`);
    }
    refuseMode(service, refuse);
    refuseWords(service, refuse);
    for (const [name, value] of Object.entries(service.timeouts)) {
      if (!isWhole(value, 1, MOST_MILLISECONDS)) refuse(`timeouts.${name}`, `${value} ms is no time-out`);
    }
    if (!isWhole(service.keepAlive, 0, 100_000))
      refuse('keep_alive', `${service.keepAlive} is no number of connections`);
    if (service.check !== undefined) refuseCheck(service.check, refuse);
    refuseServers(service, refuse);
  });
}

/** What has a meaning in HTTP only. */
function refuseMode(
  { mode, balance, stickiness, healthPath, forwarded, keepAlive, sorry }: ServiceModel,
  refuse: Refuse,
): void {
  if (mode === 'http') return;
  const needs = 'needs "mode: http"';
  if (balance === 'uri') refuse('balance', `uri ${needs}: there is no URI in a TCP stream`);
  if (stickiness?.kind === 'cookie') refuse('stick', `a cookie ${needs}`);
  if (healthPath !== undefined) refuse('health_path', needs);
  if (forwarded) refuse('forwarded', needs);
  if (keepAlive > 0) refuse('keep_alive', `${needs}: a TCP connection belongs to one client`);
  if (sorry?.kind === 'page') refuse('sorry', `a page ${needs}`);
}

/** Texts that reach the proxy's configuration. */
function refuseWords({ stickiness, serverTls, healthPath, sorry }: ServiceModel, refuse: Refuse): void {
  if (stickiness?.kind === 'cookie' && !TOKEN.test(stickiness.name))
    refuse('stick.cookie', `${JSON.stringify(stickiness.name)} is no name of a cookie`);
  if (serverTls?.caFile !== undefined && !isPlainPath(serverTls.caFile))
    refuse('tls.ca_file', `${JSON.stringify(serverTls.caFile)} is no absolute path`);
  const serverName = serverTls?.serverName;
  if (serverName !== undefined && (parseAddress(serverName) !== undefined || !isHost(serverName)))
    refuse('tls.server_name', `${JSON.stringify(serverName)} is no host name`);
  if (healthPath !== undefined && !isHealthPath(healthPath))
    refuse('health_path', `${JSON.stringify(healthPath)} is no plain path, such as /healthz`);
  if (sorry?.kind === 'server' && !(isHost(sorry.host) && isPort(sorry.port)))
    refuse('sorry.server', `${JSON.stringify(endpoint(sorry.host, sorry.port))} is no host and port`);
  if (sorry?.kind !== 'page') return;
  const size = new TextEncoder().encode(sorry.text).length;
  if (size === 0 || size > MOST_PAGE) refuse('sorry', `the page has ${size} bytes; 1 to ${MOST_PAGE} are possible`);
  if (!isText(sorry.text)) refuse('sorry', 'the page has control characters');
}

/** Text with line ends and tabs, and no other control characters. */
const isText = (text: string): boolean =>
  !LONE.test(text) && !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(text);

/** Proxies resolve "." and ".." and merge slashes before they compare, or do not; such a path means nothing sure. */
const isHealthPath = (path: string): boolean =>
  path.length <= 200 && PATH.test(path) && !/\/\.{1,2}(?:\/|$)/.test(path);

/** What of a check reaches the proxy's configuration; the rest is between the configuration and the checker. */
function refuseCheck(check: CheckConfig, refuse: Refuse): void {
  for (const [name, value] of [
    ['interval', check.interval],
    ['timeout', check.timeout],
  ] as const)
    if (!isWhole(value, 1, MOST_MILLISECONDS)) refuse(`check.${name}`, `${value} ms is no duration`);
  for (const [name, value] of [
    ['rise', check.rise],
    ['fall', check.fall],
  ] as const)
    if (!isWhole(value, 1, 100)) refuse(`check.${name}`, `${value} is not from 1 to 100`);
  if (check.port !== undefined && !isPort(check.port)) refuse('check.port', `${check.port} is no port`);
  if (check.type !== 'http' && check.type !== 'https') return;
  if (!/^\/[\w\-.~!$&'()*+,;=:@%/?]{0,1000}$/.test(check.path))
    refuse('check.path', `${JSON.stringify(check.path)} is no path of a URL`);
  if (check.host !== undefined && !isAuthority(check.host))
    refuse('check.host', `${JSON.stringify(check.host)} is no host, with a port or without`);
  for (const { from, to } of check.status)
    if (!isWhole(from, 100, 599) || !isWhole(to, from, 599))
      refuse('check.status', `${from}-${to} are no status codes`);
  if (check.match !== undefined && !isText(textOf(check.match))) refuse('check.match', 'has control characters');
  if (check.type === 'http') return;
  if (check.sni !== undefined && (parseAddress(check.sni) !== undefined || !isHost(check.sni)))
    refuse('check.sni', `${JSON.stringify(check.sni)} is no host name`);
  if (check.caFile !== undefined && !isPlainPath(check.caFile))
    refuse('check', `${JSON.stringify(check.caFile)} is no absolute path`);
}

const textOf = (match: MatchConfig): string => (match.kind === 'text' ? match.text : match.source);

/** RFC 9110 7.2: host, and port if it is not the scheme's. */
function isAuthority(text: string): boolean {
  const [, six, name, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
  return isHost(six ?? name ?? '') && (port === undefined || isPort(Number(port)));
}

function refuseServers({ servers }: ServiceModel, refuse: Refuse): void {
  const seen = new Set<string>();
  for (const server of servers) {
    const path = `backends.${spelled(server.name)}`;
    if (!NAME.test(server.name)) refuse(path, 'is no name of a backend');
    if (seen.has(server.name)) refuse(path, 'is the name of two backends');
    seen.add(server.name);
    refuseServer(server, path, refuse);
  }
}

function refuseServer(
  { host, port, weight, maxConnections, slowStart }: ServerModel,
  path: string,
  refuse: Refuse,
): void {
  if (!isHost(host)) refuse(`${path}.address`, `${JSON.stringify(host)} is neither an address nor a host name`);
  if (!isPort(port)) refuse(`${path}.address`, `${port} is no port`);
  if (!isWhole(weight, 1, 256)) refuse(`${path}.weight`, `${weight} is not from 1 to 256`);
  if (maxConnections !== undefined && !isWhole(maxConnections, 1, 1_000_000))
    refuse(`${path}.max_connections`, `${maxConnections} is no number of connections`);
  if (slowStart !== undefined && !isWhole(slowStart, 1, MOST_MILLISECONDS))
    refuse(`${path}.slow_start`, `${slowStart} ms is no duration`);
}

/** Two services of one name, or on one socket. All addresses and one of them together are one socket too. */
function refuseDoubles(model: FrontModel): Refusal[] {
  const names = new Set<string>();
  const sockets = new Map<string, string>();
  const twice = model.services.flatMap((service) => {
    const again = names.has(service.name);
    names.add(service.name);
    return again ? refusalsOf(service, (refuse) => refuse('', 'is the name of two services')) : [];
  });
  if (
    model.services.some(({ listen }) => listen.some(({ address }) => address !== undefined && !parseAddress(address)))
  )
    return twice;
  const binds = bindsOf(model);
  const clashes = binds.flatMap((bind): Refusal[] => {
    const { service, address, port, family } = bind;
    const key = endpoint(address, port);
    const all = endpoint(family === 'ipv4' ? '0.0.0.0' : '::', port);
    const other = sockets.get(key) ?? (key === all ? undefined : allOf(binds, all));
    sockets.set(key, service);
    if (other === undefined) return [];
    const reason = `${key} is taken by "${other}", or is one of its addresses`;
    return [{ service, path: `services.${spelled(service)}.listen`, reason }];
  });
  return [...twice, ...clashes];
}

const allOf = (binds: ReturnType<typeof bindsOf>, all: string): string | undefined =>
  binds.find(({ address, port }) => endpoint(address, port) === all)?.service;
