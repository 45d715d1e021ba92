import { endpoint } from '../../src/proxy/bind.ts';
import type { ServerModel, ServiceModel } from '../../src/proxy/model.ts';
import { parseAddress } from '../../src/wire/address.ts';
import { checkWords, verification } from './check.ts';
import { word } from './word.ts';

/**
 * The `server` lines of a backend. A server under maintenance is `disabled`. That it is dead stands in the state file, and
 * so does that it drains where the configuration is ours as a whole; elsewhere a draining server has no weight.
 */
export function serverLines(service: ServiceModel, isWhole: boolean): string[] {
  const { sorry, servers, keepAlive } = service;
  const common = [
    ...transport(service),
    ...checkWords(service),
    ...(keepAlive > 0 ? ['pool-max-conn', String(Math.max(1, Math.ceil(keepAlive / servers.length)))] : []),
  ];
  const lines = servers.map((server) => ['server', server.name, ...own(service, server, isWhole), ...common].join(' '));
  // As the last of the backup servers it is used when there is no other. No server of a model is called so.
  if (sorry?.kind === 'server') lines.push(`server vipair:sorry ${target(sorry.host, sorry.port)} backup`);
  return lines;
}

/** Resolvers are needed where a host is a name. */
export const hasNames = ({ servers, sorry }: ServiceModel): boolean =>
  [...servers, ...(sorry?.kind === 'server' ? [sorry] : [])].some(({ host }) => parseAddress(host) === undefined);

/** A name is resolved again while HAProxy runs; one that cannot be resolved is no reason not to start. */
function target(host: string, port: number): string {
  const named = parseAddress(host) === undefined ? ' resolvers vipair init-addr last,libc,none' : '';
  return `${endpoint(host, port)}${named}`;
}

function own({ stickiness, serverTls }: ServiceModel, server: ServerModel, isWhole: boolean): string[] {
  const { name, host, port, weight, backup, maxConnections, slowStart, admin } = server;
  return [
    target(host, port),
    ...['weight', String(admin === 'drain' && !isWhole ? 0 : weight)],
    ...(stickiness?.kind === 'cookie' ? ['cookie', name] : []),
    ...(maxConnections === undefined ? [] : ['maxconn', String(maxConnections)]),
    ...(slowStart === undefined ? [] : ['slowstart', `${slowStart}ms`]),
    ...(backup ? ['backup'] : []),
    ...(admin === 'maint' ? ['disabled'] : []),
    ...(serverTls === undefined ? [] : nameOf(serverTls, host)),
  ];
}

/** The name that is asked for, and that a verified certificate must have. */
function nameOf({ verify, serverName }: NonNullable<ServiceModel['serverTls']>, host: string): string[] {
  const name = serverName ?? (parseAddress(host) === undefined ? host : undefined);
  if (name === undefined) return [];
  return ['sni', `str(${word(name)})`, ...(verify ? ['verifyhost', word(name)] : [])];
}

function transport({ serverTls, proxyProtocol }: ServiceModel): string[] {
  return [
    ...(serverTls === undefined ? [] : ['ssl', ...verification(serverTls.verify, serverTls.caFile)]),
    ...(proxyProtocol === undefined ? [] : [proxyProtocol === 1 ? 'send-proxy' : 'send-proxy-v2']),
  ];
}
