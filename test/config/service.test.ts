import { describe, expect, test } from 'vitest';
import { diffConfig } from '../../src/config/diff.ts';
import { proxyAs } from '../../src/config/proxy.ts';
import { configOf, crossed, errorsOf, warningsOf } from './sample.ts';

const text = (service: string): string => `${crossed}services:\n  web: { ${service} }\n`;
const BACKENDS = 'backends: [192.0.2.21:80]';
const serviceOf = (service: string) => configOf(text(`listen: [80], ${service}`)).services[0];
const checkOf = (check: string) => serviceOf(`check: { ${check} }, ${BACKENDS}`)?.check;

describe('a service', () => {
  test('listens on ports of all addresses or of one', () => {
    const listen = configOf(text(`listen: [80, "192.0.2.101:81", "[2001:db8::1]:81"], ${BACKENDS}`)).services[0]
      ?.listen;
    expect(listen).toEqual([
      { address: undefined, port: 80 },
      { address: '192.0.2.101', port: 81 },
      { address: '2001:db8::1', port: 81 },
    ]);
  });

  test('keeps its connections in tcp mode for one client, and sets no header there', () => {
    expect(serviceOf(`mode: tcp, ${BACKENDS}`)).toMatchObject({ keepAlive: 0, forwarded: false });
    expect(serviceOf(BACKENDS)).toMatchObject({ keepAlive: 32, forwarded: true });
  });

  test('may have no backends of its own when there are sources or a sorry', () => {
    expect(serviceOf('sources: [{ file: /etc/b.d/ }]')).toMatchObject({
      backends: [],
      sources: [{ kind: 'file', path: '/etc/b.d' }],
    });
    expect(serviceOf('sorry: { server: sorry.example.net:80 }')?.sorry).toEqual({
      kind: 'server',
      host: 'sorry.example.net',
      port: 80,
    });
  });

  test('a backend is an address or a host name, with its port beside or behind it', () => {
    const backends = serviceOf(
      'backends: [{ address: App.Example.Net., port: 81 }, { address: "2001:DB8::7", port: 82, name: six }]',
    )?.backends;
    expect(backends).toMatchObject([
      { host: 'app.example.net', port: 81, name: undefined },
      { host: '2001:db8::7', port: 82, name: 'six' },
    ]);
  });

  test.each([
    ['listen: [80, "192.0.2.101:80"]', 'listen[1]: 192.0.2.101:80 is in the list twice'],
    ['listen: ["192.0.2.101:99999"]', '"192.0.2.101:99999" is no port, nor address and port'],
    ['listen: ["2001:db8::1:80"]', 'is no port, nor address and port'],
    ['listen: [80], stick: sourc', '"sourc" is not "source"; write it, or { cookie: SRV }'],
    ['listen: [80], stick: { cookie: "a;b" }', '"a;b" is no plain name of a cookie'],
    ['listen: [80], mode: tcp, stick: { cookie: S }', 'stick: there are no cookies in "mode: tcp"; write "mode: http"'],
    ['listen: [80], mode: tcp, balance: uri', 'balance: there is no URI in "mode: tcp"'],
    ['listen: [80], mode: tcp, forwarded: true', 'forwarded: there are no headers in "mode: tcp"'],
    ['listen: [80], mode: tcp, health_path: /h', 'health_path: there are no paths'],
    ['listen: [80], mode: tcp, keep_alive: 5', 'keep_alive: a connection to a backend belongs to one client'],
    ['listen: [80], mode: tcp, sorry: soon', 'sorry: there are no pages'],
    ['listen: [80], proxy_protocol: 3', '3 is no version of the PROXY protocol; write 1 or 2'],
    ['listen: [80], tls: {}', 'tls.server_name: is missing; a certificate is verified for a name'],
    ['listen: [80], tls: { verify: false, ca_file: /a.pem }', 'tls.ca_file: has no effect with "verify: false"'],
    ['listen: [80], tls: { server_name: a, ca_file: "/a b" }', 'is no absolute path of plain characters'],
    ['listen: [80], tls: { server_name: a, ca_file: /x/../y }', 'is no absolute path of plain characters'],
    ['listen: [80], timeouts: { conect: 1s }', 'timeouts.conect: unknown key; did you mean "connect"?'],
    ['listen: [80], on_empty: sorry', 'sorry: is missing; "on_empty: sorry" needs a text or a server'],
    ['listen: [80], sorry: { server: 192.0.2.1 }', 'is no address and port'],
    ['listen: [80], health_path: "/h; }"', 'is no path of a URL'],
  ])('%s', (service, message) => {
    expect(errorsOf(text(`${service}, ${BACKENDS}`)).join('\n')).toContain(message);
  });

  test.each([
    ['{ address: 192.0.2.21:80, port: 81 }', 'port: stands beside an address with a port'],
    ['{ address: 192.0.2.21 }', 'address: "192.0.2.21" has no port; write it such as 192.0.2.21:8080'],
    ['{ address: 192.0.2.21:99999 }', 'is no address and port'],
    ['{ address: 192.0.2.21:80, name: "a;b" }', '"a;b" is no name of a backend'],
    ['{ address: 192.0.2.21:80, name: "a\\nb" }', 'is no name of a backend'],
    ['{ address: "a_b.example:80" }', 'is no IPv4 or IPv6 address'],
    ['{ address: "192.0.2.300:80" }', 'is no IPv4 or IPv6 address'],
    ['{ address: 192.0.2.21:80, name: a }, { address: 192.0.2.22:80, name: a }', 'a is the name of another backend'],
    ['{ address: 192.0.2.21:80, max_connections: 0 }', 'max_connections: 0 is not a whole number'],
    ['{ address: 192.0.2.21:80, slow_start: 30 }', '30 has no unit'],
  ])('a backend %s', (backend, message) => {
    expect(errorsOf(text(`listen: [80], backends: [${backend}]`)).join('\n')).toContain(message);
  });

  test('two services may share a port on different addresses only', () => {
    const two = (a: string, b: string): string =>
      `${text(`listen: [${a}], ${BACKENDS}`)}  api: { listen: [${b}], ${BACKENDS} }\n`;
    configOf(two('"192.0.2.101:80"', '"192.0.2.102:80"'));
    for (const other of ['80', '"0.0.0.0:80"', '"192.0.2.101:80"']) {
      expect(errorsOf(two('"192.0.2.101:80"', other)).join()).toContain('is a port of service "web" already');
    }
  });
});

describe('a check', () => {
  test('has its defaults', () => {
    const pace = { interval: 2000, jitter: 200, timeout: 2000, rise: 2, fall: 3, retry: 0, port: undefined };
    expect(checkOf('type: icmp')).toMatchObject({ type: 'icmp', ...pace });
    expect(checkOf('type: tcp, interval: 500ms')).toMatchObject({ jitter: 50, timeout: 500 });
    expect(checkOf('type: tcp, interval: 60s')).toMatchObject({ jitter: 6000, timeout: 2000 });
    expect(checkOf('type: exec, command: [/bin/true]')).toMatchObject({ command: ['/bin/true'], user: undefined });
    expect(checkOf('type: udp')).toMatchObject({ send: '', expect: undefined });
  });

  test('with https verifies as the service does', () => {
    const service = (tls: string): unknown => serviceOf(`${tls}check: { type: https }, ${BACKENDS}`)?.check;
    expect(service('')).toMatchObject({ verify: false, sni: undefined });
    expect(service('tls: { server_name: app, ca_file: /a.pem }, ')).toMatchObject({
      verify: true,
      sni: 'app',
      caFile: '/a.pem',
    });
  });

  test('reads status ranges and matches', () => {
    expect(checkOf('type: http, status: [200, 300-399], match: "/a\\\\/b/i"')).toMatchObject({
      status: [
        { from: 200, to: 200 },
        { from: 300, to: 399 },
      ],
      match: { kind: 'pattern', source: 'a\\/b', flags: 'i' },
    });
    expect(checkOf('type: http, match: ok')).toMatchObject({ match: { kind: 'text', text: 'ok' } });
  });

  test.each([
    ['type: exec', 'check.command: is missing'],
    ['type: exec, command: [check]', 'check.command[0]: "check" is no absolute path'],
    ['type: exec, command: [/bin/check], user: "root;"', 'is no user name'],
    ['type: icmp, port: 80', 'check.port: has no effect with "type: icmp"'],
    ['type: tcp, expect: x', 'check.expect: has no effect with "type: tcp"; write "type: udp", or no expect'],
    ['type: http, sni: x', 'check.sni: has no effect with "type: http"'],
    ['type: http, status: [99]', 'check.status[0]: 99 is not a whole number from 100 to 599'],
    ['type: http, status: [399-200]', '"399-200" is no range of status codes'],
    ['type: http, match: "/(/"', '"/(/" is no regular expression'],
    ['type: udp, send: "hex:abc"', 'has something else than pairs of hexadecimal digits'],
    ['type: tcp, jitter: 2s', 'check.jitter: 2s is not less than the interval of 2s'],
    ['type: tcp, delay_before_retry: 2s', 'delay_before_retry: has no effect without "retry"'],
    ['type: ftp', '"ftp" is not one of http, https, tcp, icmp, udp, exec'],
  ])('%s', (check, message) => {
    expect(errorsOf(text(`listen: [80], check: { ${check} }, ${BACKENDS}`)).join('\n')).toContain(message);
  });
});

describe('a source', () => {
  test.each([
    ['{}', 'sources[0]: is of no kind; write one of file, dns, url, etcd'],
    ['{ file: /a, url: "http://a/" }', 'is of two kinds, file and url'],
    ['{ file: a.yaml }', 'is no absolute path'],
    ['{ file: "/etc/*/a.yaml" }', 'has a pattern before its last part'],
    ['{ file: /a, interval: 5s }', 'sources[0].interval: has no effect with "file"'],
    ['{ file: /a }, { file: /a }', 'sources[1]: is in the list twice'],
    ['{ dns: app.example.net }', 'port: is missing; A records bring no port'],
    ['{ dns: app.example.net, type: SRV, port: 1 }', 'port: has no effect with "type: SRV"'],
    ['{ dns: "a b", port: 1 }', '"a b" is no host name'],
    ['{ dns: a.example, port: 1, resolver: [dns.example] }', 'is a name, which a resolver cannot have'],
    ['{ url: ftp://a/ }', 'is no http or https URL'],
    ['{ url: "http://u:p@a/" }', 'has a user name or password in the URL'],
    ['{ etcd: [http://192.0.2.31:2379] }', 'prefix: is missing'],
    ['{ etcd: [http://192.0.2.31:2379], prefix: /a, user: u }', 'password: is missing; "user" needs it'],
    [
      '{ etcd: [http://192.0.2.31:2379], prefix: /a, cert: /c, key: /k }',
      'has an http URL, which needs no certificate',
    ],
    ['{ fiel: /a }', 'sources[0].fiel: unknown key; did you mean "file"?'],
  ])('%s', (source, message) => {
    expect(errorsOf(text(`listen: [80], sources: [${source}]`)).join('\n')).toContain(message);
  });

  test('has its defaults, and a resolver on the host itself is right', () => {
    expect(serviceOf('sources: [{ dns: app.example.net, port: 80, resolver: [127.0.0.53, "::1"] }]')?.sources).toEqual([
      { kind: 'dns', name: 'app.example.net', type: 'A', port: 80, resolver: ['127.0.0.53:53', '[::1]:53'] },
    ]);
    expect(serviceOf('sources: [{ url: "http://192.0.2.40" }]')?.sources).toEqual([
      { kind: 'url', url: 'http://192.0.2.40/', interval: 5000, ca: undefined },
    ]);
  });

  test('a password is told by no message', () => {
    for (const secret of ['4711', '[4711]', '"4711\\n"']) {
      const source = `{ etcd: [http://192.0.2.31:2379], prefix: /a, user: u, password: ${secret} }`;
      const errors = errorsOf(text(`listen: [80], sources: [${source}]`)).join();
      expect(errors).toContain('password: is no password');
      expect(errors).not.toContain('4711');
    }
  });

  test('a password is told by no difference', () => {
    const etcd = (password: string): string =>
      text(`listen: [80], sources: [{ etcd: [http://192.0.2.31:2379], prefix: /a, user: u, password: ${password} }]`);
    const changes = diffConfig(configOf(etcd('hunter2')), configOf(etcd('hunter3')));
    expect(changes).toMatchObject([{ name: 'web', setting: 'sources' }]);
    expect(changes[0]?.text).not.toContain('hunter');
  });
});

describe('track.backends', () => {
  const track = (vip: string, more = `check: { type: tcp }, ${BACKENDS}`): string =>
    `${crossed.replace('vrid: 51', `vrid: 51, ${vip}`)}services: { web: { listen: [80], ${more} } }\n`;

  test('counts all checked services unless told otherwise', () => {
    expect(configOf(track('track: { backends: { weight: 50 } }')).vips.map((vip) => vip.trackBackends)).toEqual([
      { weight: 50, quorum: { kind: 'count', count: 1 }, hysteresis: 0, services: ['web'] },
      undefined,
    ]);
    const top = `track: { backends: { weight: 50, quorum: 50%, hysteresis: 1 } }\n${track('interval: 200ms')}`;
    expect(configOf(top).vips.map((vip) => vip.trackBackends?.quorum)).toEqual([
      { kind: 'share', percent: 50 },
      { kind: 'share', percent: 50 },
    ]);
  });

  test.each([
    ['track: { backends: {} }', 'track.backends.weight: is missing'],
    ['track: { backends: { weight: 1 } }', 'track.backends.weight: 1 is too small: lb1 would fall from 254 to 253'],
    ['track: { backends: { weight: 50, quorum: 0% } }', '"0%" is no share from 1% to 100%'],
    ['track: { backends: { weight: 50, services: [wbe] } }', 'no service is called "wbe"; did you mean "web"?'],
    ['track: { backends: { weight: 50, quota: 1 } }', 'track.backends.quota: unknown key'],
    ['preempt: false, track: { backends: { weight: 50 } }', 'moves nothing with "preempt: false"'],
  ])('%s', (vip, message) => {
    expect(errorsOf(track(vip)).join('\n')).toContain(message);
  });

  test('needs a check', () => {
    expect(errorsOf(track('track: { backends: { weight: 50 } }', BACKENDS)).join()).toContain(
      'has nothing to track: no service has a check',
    );
  });
});

describe('the proxy', () => {
  const proxy = (settings: string): string => crossed.replace('profile: nginx', `profile: nginx, ${settings}`);

  test('is adopted unless told otherwise', () => {
    expect(configOf(crossed).proxy?.mode).toBe('adopted');
    const services = 'services: { web: { listen: [80], backends: [192.0.2.21:80] } }\n';
    const managed = proxy('mode: managed, directory: /etc/vipair/x, managed: { user: www-data }') + services;
    expect(configOf(managed).proxy).toMatchObject({
      mode: 'managed',
      directory: '/etc/vipair/x',
      managed: { user: 'www-data', drain: 30_000 },
    });
  });

  test.each([
    ['mode: managd', '"managd" is not one of managed, adopted; did you mean "managed"?'],
    ['mode: managed, unit: x.service', 'proxy.unit: has no effect with "mode: managed"'],
    ['mode: managed, pid_file: /run/x.pid', 'proxy.pid_file: has no effect with "mode: managed"'],
    ['mode: managed, managed: { user: "a b" }', 'proxy.managed.user: "a b" is no name of a user; write it such as'],
    ['mode: managed', 'proxy.mode: managed renders the whole configuration, and there are no "services" to serve'],
    ['managed: { drain: 5s }', 'proxy.managed: has no effect without "mode: managed"; write that too'],
    ['drain: 5s', 'proxy.drain: unknown key; it belongs in "managed"'],
    ['unit: x', '"x" is no name of a service unit'],
    ['binary: x', '"x" is no absolute path'],
    ['include: ["/a;b"]', '"/a;b" is no absolute path of plain characters'],
    ['start: [nginx]', '"nginx" is no absolute path'],
    ['mode: managed, start: [/bin/x]', 'proxy.start: has no effect with "mode: managed"'],
    ['mode: managed, profiles: { haproxy: { unit: x.service } }', 'proxy.profiles.haproxy.unit: has no effect with'],
    ['profiles: { apache: {} }', '"apache" is no profile; write nginx or haproxy'],
    ['profiles: { nginx: {} }, directory: /x', 'proxy.directory: stands beside "profiles.nginx"'],
    ['profiles: { haproxy: { listen: [80] } }', 'proxy.profiles.haproxy.listen: unknown key'],
    ['switch: { bake: 5 }', 'proxy.switch.bake: 5 has no unit'],
  ])('%s', (settings, message) => {
    expect(errorsOf(proxy(settings)).join('\n')).toContain(message);
  });

  test('with the options of each profile under its name is the same whichever word says which one runs', () => {
    const both = 'profiles: { nginx: { directory: /etc/n }, haproxy: { directory: /etc/h, unit: h.service } }';
    const one = configOf(proxy(both)).proxy;
    const other = configOf(proxy(both).replace('profile: nginx', 'profile: haproxy')).proxy;
    expect(one).toMatchObject({
      profile: 'nginx',
      directory: '/etc/n',
      profiles: { haproxy: { directory: '/etc/h' } },
    });
    expect(other).toMatchObject({ profile: 'haproxy', directory: '/etc/h', unit: 'h.service' });
    expect(one && proxyAs(one, 'haproxy')).toEqual(other);
    expect(other && proxyAs(other, 'nginx')).toEqual(one);
  });

  test("that is switched to a profile of which the file says nothing has that one's own ways", () => {
    const { proxy: before } = configOf(proxy('directory: /etc/n'));
    const next = before && proxyAs(before, 'haproxy');
    expect(next).toMatchObject({
      profile: 'haproxy',
      directory: undefined,
      profiles: { nginx: { directory: '/etc/n' } },
    });
    expect(next && proxyAs(next, 'nginx')).toMatchObject({ profile: 'nginx', directory: '/etc/n' });
  });
});

test('more backends demanded than there are is a warning where nobody else brings any', () => {
  expect(warningsOf(text(`listen: [80], min_backends: 2, ${BACKENDS}`)).join()).toContain(
    '2 is more than the 1 backends',
  );
  expect(warningsOf(text(`listen: [80], min_backends: 2, ${BACKENDS}, sources: [{ file: /a }]`))).toEqual([]);
});
