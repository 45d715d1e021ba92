import { otherServer, sampleCheck, sampleServer, sampleService } from '../../profiles/sample.ts';
import type { FrontModel, ServiceModel } from '../../src/proxy/model.ts';
import { addressOf } from '../../src/wire/address.ts';
import { milliseconds } from '../../src/wire/units.ts';

/** Whom a model is for; one that a profile refuses has no golden file of it. */
export interface Sample {
  readonly name: string;
  readonly model: FrontModel;
  readonly for: readonly string[];
}

const both = ['haproxy', 'nginx'];

/** Ports far from those of real services, because nginx binds them when it checks a configuration. */
const at = (port: number, change: Partial<ServiceModel> = {}): ServiceModel =>
  sampleService({ listen: [{ address: undefined, port }], ...change });

const of = (name: string, services: readonly ServiceModel[], whose: readonly string[] = both): Sample => ({
  name,
  model: { services },
  for: whose,
});

const tls = { verify: true, caFile: undefined, serverName: 'app.example.net' };
const noServers: Partial<ServiceModel> = { servers: [], sorry: { kind: 'page', text: '<h1>Back soon</h1>\n' } };

/** One for each thing that a model can say. */
export const samples: readonly Sample[] = [
  of('plain', [at(28_180)]),
  of('nothing', []),
  of('everything-http', [
    at(28_180, {
      healthPath: '/healthz',
      check: sampleCheck({
        status: [
          { from: 200, to: 299 },
          { from: 404, to: 404 },
        ],
        host: 'app.example.net',
        match: { kind: 'text', text: 'a "b" \'c\' $d \\ #e' },
      }),
      timeouts: { connect: milliseconds(500), client: milliseconds(1500), server: milliseconds(60_000) },
      servers: [sampleServer({ weight: 256, maxConnections: 100 }), otherServer({ backup: true })],
    }),
  ]),
  of('without-extras', [at(28_180, { forwarded: false, keepAlive: 0 })]),
  of('two-services', [
    at(28_180),
    at(28_181, { name: 'db', mode: 'tcp', balance: 'leastconn', check: { ...sampleCheck(), type: 'tcp' } }),
  ]),
  of('addresses', [
    at(28_180, {
      listen: [
        { address: addressOf('127.0.0.1'), port: 28_180 },
        { address: addressOf('::1'), port: 28_180 },
        { address: undefined, port: 28_181 },
      ],
    }),
  ]),
  of('ipv6-servers', [
    at(28_180, {
      check: sampleCheck(),
      servers: [sampleServer({ host: '2001:db8::21' }), otherServer({ host: '2001:db8::22' })],
    }),
  ]),
  of('host-names', [
    at(28_180, { check: sampleCheck(), servers: [sampleServer({ host: 'localhost' }), otherServer()] }),
  ]),
  ...(['leastconn', 'source', 'uri', 'random'] as const).map((balance) =>
    of(`balance-${balance}`, [
      at(28_180, { balance, servers: [sampleServer({ weight: 2 }), otherServer({ weight: 4 })] }),
    ]),
  ),
  of('stick-cookie', [
    at(28_180, {
      stickiness: { kind: 'cookie', name: 'SRV' },
      servers: [
        sampleServer({ name: 'default' }),
        otherServer({ admin: 'drain' }),
        otherServer({ name: 'a-name-of-a-server-that-is-much-longer-than-others', host: '2001:db8::23' }),
        otherServer({ name: 'b4', host: '192.0.2.24', health: 'down' }),
      ],
    }),
  ]),
  of('stick-source', [at(28_180, { stickiness: { kind: 'source' } })]),
  of('stick-source-leastconn', [at(28_180, { stickiness: { kind: 'source' }, balance: 'leastconn' })], ['haproxy']),
  of('tls', [
    at(28_180, {
      serverTls: tls,
      check: { ...sampleCheck(), type: 'https', sni: 'app.example.net', verify: true, caFile: undefined },
    }),
    at(28_181, {
      name: 'loose',
      serverTls: { verify: false, caFile: undefined, serverName: undefined },
      check: { ...sampleCheck(), type: 'tcp' },
    }),
    at(28_182, {
      name: 'check-only',
      check: { ...sampleCheck(), type: 'https', sni: undefined, verify: false, caFile: undefined },
    }),
  ]),
  of(
    'tls-per-host',
    [at(28_180, { serverTls: { ...tls, serverName: undefined }, servers: [sampleServer({ host: 'localhost' })] })],
    ['haproxy'],
  ),
  of('proxy-protocol-http', [at(28_180, { proxyProtocol: 2 })], ['haproxy']),
  of('slow-start', [at(28_180, { servers: [sampleServer({ slowStart: milliseconds(30_000) })] })], ['haproxy']),
  of('tcp-extras', [
    at(28_181, {
      name: 'db',
      mode: 'tcp',
      balance: 'source',
      proxyProtocol: 1,
      serverTls: tls,
      sorry: { kind: 'server', host: '192.0.2.99', port: 5432 },
    }),
  ]),
  of('tcp-all-down', [
    at(28_181, {
      name: 'db',
      mode: 'tcp',
      sorry: { kind: 'server', host: '2001:db8::99', port: 5432 },
      servers: [sampleServer({ health: 'down' }), otherServer({ admin: 'maint' })],
    }),
  ]),
  of('states', [
    at(28_180, {
      check: sampleCheck(),
      servers: [
        sampleServer({ health: 'unknown' }),
        otherServer({ admin: 'drain' }),
        otherServer({ name: 'b3', host: '192.0.2.23', admin: 'maint' }),
        otherServer({ name: 'b4', host: 'localhost', health: 'down', weight: 7 }),
        otherServer({ name: 'b5', host: '2001:db8::25', health: 'down', admin: 'drain' }),
      ],
    }),
  ]),
  of('all-down', [at(28_180, { servers: [sampleServer({ health: 'down' }), otherServer({ health: 'down' })] })]),
  of('only-backups', [at(28_180, { servers: [sampleServer({ backup: true }), otherServer({ backup: true })] })]),
  of('sorry-page', [
    at(28_180, { sorry: { kind: 'page', text: `<p>It's "$5 \\ 50%" {now}; # é\n\t${'x'.repeat(3000)}</p>\r\n` } }),
  ]),
  of('sorry-server', [at(28_180, { sorry: { kind: 'server', host: '192.0.2.99', port: 80 } })]),
  of('no-servers', [at(28_180, noServers)]),
  of('nobody', [at(28_180, { servers: [] }), at(28_181, { name: 'db', mode: 'tcp', servers: [] })]),
  of('cookie-and-sorry', [
    at(28_180, { stickiness: { kind: 'cookie', name: 'SRV' }, sorry: { kind: 'page', text: 'Back soon' } }),
  ]),
];
