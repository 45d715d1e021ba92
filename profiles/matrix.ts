import type { CheckConfig } from '../src/config/checkconfig.ts';
import type { ServerModel, ServiceModel } from '../src/proxy/model.ts';
import type { Profile } from '../src/proxy/profile.ts';
import { milliseconds } from '../src/wire/units.ts';
import type { Feature } from './feature.ts';
import { haproxy } from './haproxy.ts';
import { how as haproxyHow } from './haproxy/how.ts';
import { nginx } from './nginx.ts';
import { how as nginxHow } from './nginx/how.ts';
import { otherServer, sampleCheck, sampleServer, sampleService } from './sample.ts';

/**
 * What each proxy can, as a table for people. Whether is asked of the profile: each feature is a model, and a profile
 * that refuses it says why in the table's words. Only how it is done is written by hand, beside the code that does it.
 */

const withServers = (...servers: readonly ServerModel[]): Partial<ServiceModel> => ({ servers });
const tls = { verify: true, caFile: undefined, serverName: 'app.example.net' };
const tcp: Partial<ServiceModel> = { mode: 'tcp' };
const second = (value: number): ServiceModel['timeouts']['client'] => milliseconds(value * 1000);
const backup = otherServer({ backup: true });

/** A service that has the feature, by what it differs in from a plain one; the names are those of the table. */
const models: Readonly<Record<Feature, Partial<ServiceModel>>> = {
  'http services': {},
  'tcp services': tcp,
  weights: withServers(sampleServer({ weight: 2 }), otherServer()),
  'backup servers': withServers(sampleServer(), backup),
  'slow start': withServers(sampleServer({ slowStart: second(30) })),
  'most connections of a server': withServers(sampleServer({ maxConnections: 100 })),
  'balance: roundrobin': { balance: 'roundrobin' },
  'balance: leastconn': { balance: 'leastconn' },
  'balance: source': { balance: 'source' },
  'balance: uri': { balance: 'uri' },
  'balance: random': { balance: 'random' },
  'source, uri or random with backup servers': { balance: 'source', servers: [sampleServer(), backup] },
  'stick by cookie': { stickiness: { kind: 'cookie', name: 'SRV' } },
  'stick by a cookie with "-" in its name': { stickiness: { kind: 'cookie', name: 'my-srv' } },
  'stick by cookie to host names': {
    stickiness: { kind: 'cookie', name: 'SRV' },
    servers: [sampleServer({ host: 'app.example.net' })],
  },
  'stick by source': { stickiness: { kind: 'source' } },
  'stick by source, balance: leastconn, uri or random': { stickiness: { kind: 'source' }, balance: 'leastconn' },
  'TLS to the backends': { serverTls: { ...tls, verify: false } },
  'TLS to the backends, verified': { serverTls: tls },
  'TLS to the backends, each verified by its host name': {
    serverTls: { ...tls, serverName: undefined },
    servers: [sampleServer({ host: 'app.example.net' })],
  },
  'TLS to the backends, tcp': { ...tcp, serverTls: tls },
  'PROXY protocol 1, http': { proxyProtocol: 1 },
  'PROXY protocol 2, http': { proxyProtocol: 2 },
  'PROXY protocol 1, tcp': { ...tcp, proxyProtocol: 1 },
  'PROXY protocol 2, tcp': { ...tcp, proxyProtocol: 2 },
  'IPv6 backends': withServers(sampleServer({ host: '2001:db8::21' })),
  'host names': withServers(sampleServer({ host: 'app.example.net' })),
  'health path': { healthPath: '/healthz' },
  'X-Forwarded-For, -Proto, -Host': { forwarded: true },
  'time-outs': { timeouts: { connect: second(1), client: second(5), server: second(60) } },
  'time-outs of the two sides that differ, tcp': {
    ...tcp,
    timeouts: { connect: second(1), client: second(5), server: second(60) },
  },
  'idle connections to the backends': { keepAlive: 32 },
  'sorry page': { sorry: { kind: 'page', text: 'Back soon' } },
  'sorry server': { sorry: { kind: 'server', host: '192.0.2.99', port: 80 } },
  'sorry server, tcp': { ...tcp, sorry: { kind: 'server', host: '192.0.2.99', port: 80 } },
  'sorry server beside two backup servers': {
    sorry: { kind: 'server', host: '192.0.2.99', port: 80 },
    servers: [sampleServer(), backup, otherServer({ name: 'b3', backup: true })],
  },
  'draining server': withServers(sampleServer(), otherServer({ admin: 'drain' })),
  'server under maintenance': withServers(sampleServer(), otherServer({ admin: 'maint' })),
  'server known to be dead': withServers(sampleServer(), otherServer({ health: 'down' })),
  'no server left': withServers(sampleServer({ health: 'down' })),
  'no server at all': { servers: [] },
  'no server at all, tcp': { ...tcp, servers: [] },
};

/** Kinds of checks, by the names of the table. */
const checks: Readonly<Record<string, CheckConfig>> = {
  tcp: { ...sampleCheck(), type: 'tcp' },
  'http, https': sampleCheck({ match: { kind: 'text', text: 'ok' } }),
  'http, https with a pattern': sampleCheck({ match: { kind: 'pattern', source: 'ok', flags: '' } }),
  'any with "retry"': sampleCheck({ retry: 1 }),
  icmp: { ...sampleCheck(), type: 'icmp' },
  udp: { ...sampleCheck(), type: 'udp', send: 'ping', expect: undefined },
  exec: { ...sampleCheck(), type: 'exec', command: ['/bin/true'], user: undefined },
};

interface Column {
  readonly profile: Profile;
  /** What the oldest supported program says of itself, with everything that Debian packages for it. */
  readonly oldest: string;
  readonly how: Readonly<Record<Feature, string | undefined>>;
}

const columns: readonly Column[] = [
  {
    profile: nginx,
    oldest:
      'nginx version: nginx/1.22.0\nconfigure arguments: --with-stream=dynamic --with-stream_ssl_module --with-http_ssl_module\n' +
      '/usr/lib/nginx/modules/ngx_stream_module.so\n',
    how: nginxHow,
  },
  { profile: haproxy, oldest: 'HAProxy version 2.6.0\nFeature list : +OPENSSL\n', how: haproxyHow },
];

/** One cell of the table: whether a profile expresses a feature, and how or why not. */
export interface Cell {
  readonly feature: Feature;
  readonly profile: string;
  readonly refused: string | undefined;
  /** Abilities without which it is refused. */
  readonly needs: readonly string[];
  readonly how: string | undefined;
}

/** Every cell, feature by feature. */
export function cells(): Cell[] {
  return (Object.keys(models) as Feature[]).flatMap((feature) => columns.map((column) => cell(feature, column)));
}

function cell(feature: Feature, { profile, oldest, how }: Column): Cell {
  const model = { services: [sampleService(models[feature])] };
  const features = profile.features(oldest);
  const { abilities } = features;
  const refused = profile.refuse(model, features).map(({ reason }) => reason)[0];
  const isMissed = (ability: string): boolean => {
    const rest = Object.fromEntries(Object.entries(abilities).filter(([other]) => other !== ability));
    return profile.refuse(model, { ...features, abilities: rest }).length > 0;
  };
  const needs = refused === undefined ? Object.keys(abilities).filter((ability) => isMissed(ability)) : [];
  return { feature, profile: profile.name, refused, needs, how: how[feature] };
}

/** The tables in Markdown. */
export function matrix(): string {
  const titles = columns.map(({ profile, oldest }) => {
    const { release } = profile.features(oldest);
    return `${profile.title} ${release.slice(0, 2).join('.')} and newer`;
  });
  const all = cells();
  const rows = (Object.keys(models) as Feature[]).map((feature) => {
    const own = all.filter((each) => each.feature === feature);
    return [feature, ...own.map((each) => shown(each))];
  });
  const checkRows = Object.entries(checks).map(([name, check]) => [
    name,
    ...columns.map(({ profile }) => (profile.checksItself(check) ? `by ${profile.title}` : 'by vipair')),
  ]);
  return `${table(['', ...titles], rows)}\n${table(['check', ...columns.map(({ profile }) => profile.title)], checkRows)}`;
}

function shown({ refused, needs, how }: Cell): string {
  if (refused !== undefined) return `**refused**: ${refused}`;
  return `${how ?? ''}${needs.length > 0 ? `; if built with ${needs.join(', ')}` : ''}`;
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((row) => `| ${row.map((each) => each.replaceAll('|', '\\|')).join(' | ')} |\n`)
    .join('');
