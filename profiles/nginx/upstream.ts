import { endpoint } from '../../src/proxy/bind.ts';
import { can } from '../../src/proxy/features.ts';
import type { Features } from '../../src/proxy/features.ts';
import { isLive } from '../../src/proxy/model.ts';
import type { ServerModel, ServiceModel } from '../../src/proxy/model.ts';
import { parseAddress } from '../../src/wire/address.ts';
import { block } from './word.ts';

/**
 * Upstream blocks. One never loses its last server, because nginx refuses an empty one: a server that is not to be used
 * is marked `down`, and a reload in which all of them are down is a valid one. The blocks are plain text and not built
 * with nginx-conf; docs/proxies.md has the figures.
 */
export function upstream(service: ServiceModel, features: Features): string[] {
  const { name, servers } = service;
  const hashed = method(service).startsWith('hash ');
  const divisor = hashed ? servers.reduce((sum, { weight }) => greatestDivisor(sum, weight), 0) : 1;
  // A block of backup servers alone would have no servers for nginx; alone they are the servers.
  const hasPrimary = servers.some(({ backup }) => !backup);
  return block(`upstream ${name}`, [
    ...zone(`vipair.${name}`, servers, features),
    ...[method(service)].filter((line) => line !== ''),
    ...servers.map((server) => serverLine({ ...server, backup: server.backup && hasPrimary }, server.weight / divisor)),
    ...(service.keepAlive > 0 ? [`keepalive ${service.keepAlive};`] : []),
  ]);
}

/** The upstream block of a single server, for clients that a cookie ties to it. */
export function pinned(service: ServiceModel, server: ServerModel): string[] {
  const { keepAlive } = service;
  return block(`upstream ${pinnedName(service, server)}`, [
    `server ${endpoint(server.host, server.port)};`,
    ...(keepAlive > 0 ? [`keepalive ${Math.ceil(keepAlive / service.servers.length)};`] : []),
  ]);
}

/** No service is called so: names have no tilde. */
export const pinnedName = (service: ServiceModel, server: ServerModel): string => `${service.name}~${server.name}`;

/** Shared memory makes limits and least connections count for all workers together. */
function zone(name: string, servers: readonly ServerModel[], features: Features): string[] {
  if (!can(features, 'zone')) return [];
  // 770 bytes a server are needed in 1.22 for short addresses. A name may stand for several addresses.
  const addresses = servers.reduce((sum, { host }) => sum + (parseAddress(host) === undefined ? 8 : 1), 0);
  return [`zone ${name} ${2 ** Math.ceil(Math.log2(128 + 2 * addresses))}k;`];
}

/**
 * The directive that names the method; empty for round robin. A consistent hash has 160 points for each unit of
 * weight in every worker, so with very much weight the simple one has to do.
 */
function method({ balance, stickiness, servers, mode }: ServiceModel): string {
  const total = servers.reduce((sum, { weight }) => sum + weight, 0);
  const divisor = servers.reduce((sum, { weight }) => greatestDivisor(sum, weight), 0);
  const consistent = total / divisor <= 4096 ? ' consistent' : '';
  switch (stickiness?.kind === 'source' ? 'source' : balance) {
    case 'roundrobin':
      return '';
    case 'leastconn':
      return 'least_conn;';
    case 'source':
      return `hash $remote_addr${consistent};`;
    case 'uri':
      return mode === 'http' ? `hash $uri${consistent};` : '';
    case 'random':
      return 'random two least_conn;';
  }
}

function serverLine(server: ServerModel, weight: number): string {
  const { name, host, port, backup, maxConnections, admin, health } = server;
  const down = isLive(server) ? '' : ' down';
  const why = down === '' ? '' : ` # ${name}: ${admin === 'ready' ? health : admin}`;
  const weighted = weight === 1 ? '' : ` weight=${weight}`;
  const limited = maxConnections === undefined ? '' : ` max_conns=${maxConnections}`;
  return `server ${endpoint(host, port)}${weighted}${limited}${backup ? ' backup' : ''}${down};${why}`;
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}
