import { describe, expect, test } from 'vitest';
import { otherServer, sampleAddress, sampleCheck, sampleServer, sampleService } from '../../profiles/sample.ts';
import { bindsOf } from '../../src/proxy/bind.ts';
import { isHost, refuseModel } from '../../src/proxy/refusal.ts';
import type { ServiceModel } from '../../src/proxy/model.ts';
import { addressOf } from '../../src/wire/address.ts';
import { milliseconds } from '../../src/wire/units.ts';

const pathsOf = (...services: readonly Partial<ServiceModel>[]): string[] =>
  refuseModel({ services: services.map((change) => sampleService(change)) }).map(({ path }) => path);

const server = (change: Parameters<typeof sampleServer>[0]): Partial<ServiceModel> => ({
  servers: [sampleServer(change)],
});
const none = milliseconds(0);
const timeouts = { connect: milliseconds(1), client: milliseconds(1), server: milliseconds(1) };

describe('every proxy is spared', () => {
  const wrong: readonly (readonly [string, Partial<ServiceModel>, string])[] = [
    ['a name with a semicolon', { name: 'a;b' }, 'services."a;b"'],
    ['a name of two lines', { name: 'a\nb' }, 'services."a\\nb"'],
    ['an empty name', { name: '' }, 'services.""'],
    ['a name that is too long', { name: 'a'.repeat(64) }, `services."${'a'.repeat(64)}"`],
    ['a service that listens nowhere', { listen: [] }, 'services.web.listen'],
    ['port 0', { listen: [{ address: undefined, port: 0 }] }, 'services.web.listen'],
    ['half a port', { listen: [{ address: undefined, port: 80.5 }] }, 'services.web.listen'],
    ['an address that is none', { listen: [{ address: '1.2.3' as never, port: 80 }] }, 'services.web.listen'],
    ['a URI in a TCP stream', { mode: 'tcp', balance: 'uri' }, 'services.web.balance'],
    ['a cookie in a TCP stream', { mode: 'tcp', stickiness: { kind: 'cookie', name: 'A' } }, 'services.web.stick'],
    ['a health path in a TCP stream', { mode: 'tcp', healthPath: '/' }, 'services.web.health_path'],
    ['forwarding in a TCP stream', { mode: 'tcp', forwarded: true }, 'services.web.forwarded'],
    ['kept TCP connections', { mode: 'tcp', keepAlive: 1 }, 'services.web.keep_alive'],
    ['a page in a TCP stream', { mode: 'tcp', sorry: { kind: 'page', text: 'a' } }, 'services.web.sorry'],
    ['a cookie with a blank', { stickiness: { kind: 'cookie', name: 'a b' } }, 'services.web.stick.cookie'],
    ['a relative file', { serverTls: { verify: true, caFile: 'a', serverName: 'a' } }, 'services.web.tls.ca_file'],
    [
      'a file of two lines',
      { serverTls: { verify: true, caFile: '/a\n', serverName: 'a' } },
      'services.web.tls.ca_file',
    ],
    [
      'an address as a name',
      { serverTls: { verify: true, caFile: undefined, serverName: '192.0.2.1' } },
      'services.web.tls.server_name',
    ],
    ['a health path with a blank', { healthPath: '/a b' }, 'services.web.health_path'],
    ['a health path that is encoded', { healthPath: '/a%20b' }, 'services.web.health_path'],
    ['a health path with dots', { healthPath: '/a/../b' }, 'services.web.health_path'],
    ['a health path with two slashes', { healthPath: '//a' }, 'services.web.health_path'],
    ['a health path with a query', { healthPath: '/a?b' }, 'services.web.health_path'],
    ['a sorry server without a host', { sorry: { kind: 'server', host: '', port: 80 } }, 'services.web.sorry.server'],
    ['an empty page', { sorry: { kind: 'page', text: '' } }, 'services.web.sorry'],
    ['a page with NUL', { sorry: { kind: 'page', text: 'a\0' } }, 'services.web.sorry'],
    ['half a character', { sorry: { kind: 'page', text: '\ud800' } }, 'services.web.sorry'],
    ['a page that is too long', { sorry: { kind: 'page', text: 'é'.repeat(4001) } }, 'services.web.sorry'],
    ['no time', { timeouts: { ...timeouts, client: none } }, 'services.web.timeouts.client'],
    ['half a millisecond', { timeouts: { ...timeouts, server: milliseconds(1.5) } }, 'services.web.timeouts.server'],
    ['a check without an interval', { check: sampleCheck({ interval: none }) }, 'services.web.check.interval'],
    ['a check of two lines', { check: sampleCheck({ path: '/a\r\nB: c' }) }, 'services.web.check.path'],
    ['a check with a host of two lines', { check: sampleCheck({ host: 'a\nb' }) }, 'services.web.check.host'],
    ['a check of status 99', { check: sampleCheck({ status: [{ from: 99, to: 200 }] }) }, 'services.web.check.status'],
    ['a check for NUL', { check: sampleCheck({ match: { kind: 'text', text: '\0' } }) }, 'services.web.check.match'],
    ['a server’s name with a brace', server({ name: 'a{' }), 'services.web.backends."a{"'],
    ['two servers of one name', { servers: [sampleServer(), otherServer({ name: 'b1' })] }, 'services.web.backends.b1'],
    ['a host that injects', server({ host: '192.0.2.1; }' }), 'services.web.backends.b1.address'],
    ['an address with a zone', server({ host: 'fe80::1%eth0' }), 'services.web.backends.b1.address'],
    ['port 99999', server({ port: 99_999 }), 'services.web.backends.b1.address'],
    ['weight 0', server({ weight: 0 }), 'services.web.backends.b1.weight'],
    ['weight 257', server({ weight: 257 }), 'services.web.backends.b1.weight'],
    ['no connections', server({ maxConnections: 0 }), 'services.web.backends.b1.max_connections'],
    ['slow start in no time', server({ slowStart: none }), 'services.web.backends.b1.slow_start'],
  ];
  test.each(wrong)('%s', (_, change, path) => {
    expect(pathsOf(change)).toEqual([path]);
  });

  test('two services of one name, or on one socket', () => {
    const listen = [{ address: undefined, port: 81 }];
    expect(pathsOf({}, { listen })).toEqual(['services.web']);
    expect(pathsOf({}, { name: 'b' })).toEqual(['services.b.listen', 'services.b.listen']);
    expect(pathsOf({}, { name: 'b', listen: [{ address: sampleAddress, port: 80 }] })).toEqual(['services.b.listen']);
    expect(pathsOf({}, { name: 'b', listen: [{ address: sampleAddress, port: 81 }] })).toEqual([]);
  });
});

test('every kind of service that is right is not refused', () => {
  expect(pathsOf({})).toEqual([]);
  expect(pathsOf({ mode: 'tcp' })).toEqual([]);
  expect(pathsOf({ servers: [], sorry: { kind: 'page', text: 'a\n\tb\r\n' } })).toEqual([]);
  expect(pathsOf({ healthPath: '/' })).toEqual([]);
  expect(pathsOf({ servers: [] })).toEqual([]);
});

test('a host is an address or a name', () => {
  for (const host of ['192.0.2.1', '2001:db8::1', 'a', 'app.example.net', '_http.app', '1.a', 'xn--bcher-kva'])
    expect(isHost(host), host).toBe(true);
  for (const host of [
    '',
    '.',
    'a.',
    '.a',
    '1.2.3',
    '1',
    '-a',
    'a-',
    'a b',
    'a;',
    'a/b',
    'a:1',
    '[::1]',
    'unix:',
    'bücher',
    'a'.repeat(64),
  ])
    expect(isHost(host), host).toBe(false);
});

test('sockets have their descriptors in the order of the model', () => {
  const listen = [
    { address: undefined, port: 80 },
    { address: addressOf('2001:db8::101'), port: 81 },
  ];
  const other = sampleService({ name: 'b', listen: [{ address: sampleAddress, port: 82 }] });
  expect(bindsOf({ services: [sampleService({ listen }), other] })).toEqual([
    { service: 'web', address: '0.0.0.0', family: 'ipv4', port: 80, descriptor: 3 },
    { service: 'web', address: '::', family: 'ipv6', port: 80, descriptor: 4 },
    { service: 'web', address: '2001:db8::101', family: 'ipv6', port: 81, descriptor: 5 },
    { service: 'b', address: '192.0.2.101', family: 'ipv4', port: 82, descriptor: 6 },
  ]);
});
