import { describe, expect, test } from 'vitest';
import { configOf, errorsOf, warningsOf } from './sample.ts';

const BASE = `nodes:
  lb1: { address: 192.0.2.11 }
  lb2: { address: 192.0.2.12 }
interface: eth0
`;
const vips = (more = '', priority = 'prefer: [lb1, lb2]'): string => `vips:
  web-1: { vrid: 51, address: 192.0.2.101/24, ${priority}${more === '' ? '' : `, ${more}`} }
`;
const top = (checks: string): string => `${BASE}track: { checks: { ${checks} } }\n${vips()}`;

describe('checks of the host', () => {
  test('are of the kind that their key says, with defaults', () => {
    const { checks, vips: all } = configOf(
      top(
        'db: { command: [/usr/bin/check, x], weight: 20 }, lan: { interface: eth1 }, no: { file: /etc/no }, gw: { gateway: default, fall: 3 }, room: { headroom: 20% }',
      ),
    );
    expect(checks).toEqual([
      {
        kind: 'command',
        name: 'db',
        command: ['/usr/bin/check', 'x'],
        user: undefined,
        interval: 1000,
        timeout: 1000,
        rise: 2,
        fall: 2,
      },
      { kind: 'interface', name: 'lan', interfaces: { lb1: 'eth1', lb2: 'eth1' } },
      { kind: 'file', name: 'no', path: '/etc/no', when: 'present' },
      { kind: 'gateway', name: 'gw', address: undefined, interval: 1000, timeout: 1000, rise: 2, fall: 3 },
      { kind: 'headroom', name: 'room', percent: 20, interval: 1000, timeout: 1000, rise: 2, fall: 2 },
    ]);
    expect(all[0]?.track).toEqual([
      { check: 'db', weight: 20 },
      { check: 'lan', weight: undefined },
      { check: 'no', weight: undefined },
      { check: 'gw', weight: undefined },
      { check: 'room', weight: undefined },
    ]);
  });

  test('of a VIP are its own and those of the top level, whose weight it may change', () => {
    const { checks, vips: all } = configOf(
      `${BASE}track: { checks: { no: { file: /etc/no, weight: 20 } } }\n${vips('track: { checks: { no: { weight: 30 }, db: { command: [/bin/db] } } }')}`,
    );
    expect(checks.map(({ name }) => name)).toEqual(['no', 'db']);
    expect(all[0]?.track).toEqual([
      { check: 'no', weight: 30 },
      { check: 'db', weight: undefined },
    ]);
  });

  test.each([
    ['no: { weight: 20 }', 'says not what to look at; write one of command, interface, file, gateway, headroom'],
    ['no: { file: /etc/no, gateway: default }', 'stands beside "file"; a check looks at one thing'],
    ['no: { file: /etc/no, interval: 1s }', 'has no effect with "file"'],
    ['no: { command: [check] }', 'is no absolute path'],
    ['no: { command: [/bin/x], interval: 1s, timeout: 2s }', 'is longer than the interval'],
    ['no: { interface: { lb1: eth1 } }', 'is missing for lb2'],
    ['no: { gateway: gw.example.net }', 'is no address'],
    ['no: { headroom: 100% }', 'is no share from 1% to 99%'],
  ])('%s is refused', (check, message) => {
    expect(errorsOf(top(check)).join('\n')).toContain(message);
  });

  test('one name is one check', () => {
    const text = `${BASE}track: { checks: { no: { file: /etc/no } } }\n${vips('track: { checks: { no: { file: /etc/yes } } }')}`;
    expect(errorsOf(text).join('\n')).toContain('is another check in the top level; give it another name');
  });

  test('a weight that never moves the VIP is refused, with the numbers', () => {
    const text = `${BASE}track: { checks: { no: { file: /etc/no, weight: 20 } } }\n${vips('', 'priority: { lb1: 200, lb2: 150 }')}`;
    expect(errorsOf(text).join('\n')).toContain(
      'track.checks.no.weight: 20 is too small for VIP "web-1": lb1 would fall from 200 to 180, and lb2 has 150, so no fault would ever move the VIP; write 51 or more',
    );
  });

  test('one that moves it only together with others is a warning', () => {
    const text = `${BASE}track: { checks: { a: { file: /etc/a, weight: 30 }, b: { file: /etc/b, weight: 30 } } }\n${vips('', 'priority: { lb1: 200, lb2: 150 }')}`;
    expect(warningsOf(text).join('\n')).toContain(
      'so it moves the VIP only together with other failures; write 51 or more',
    );
  });

  test('a weight without preemption moves nothing', () => {
    const text = `${BASE}track: { checks: { no: { file: /etc/no, weight: 20 } } }\n${vips('preempt: false')}`;
    expect(errorsOf(text).join('\n')).toContain('a lower priority moves nothing with "preempt: false"');
  });
});

describe('the probe of the proxy', () => {
  const probe = (text: string): string => `${BASE}proxy: { profile: nginx, probe: ${text} }\n${vips()}`;

  test.each([
    [
      '{ url: http://127.0.0.1/up }',
      { scheme: 'http', address: '127.0.0.1', port: 80, path: '/up', host: '127.0.0.1:80' },
    ],
    [
      '{ url: "tls://[::1]:443", host: www.example.net }',
      { scheme: 'tls', address: '::1', port: 443, path: '/', host: 'www.example.net' },
    ],
    ['{ url: "tcp://localhost:25" }', { scheme: 'tcp', address: '127.0.0.1', port: 25 }],
  ])('%s', (text, url) => {
    expect(configOf(probe(text)).proxy?.probe?.urls).toMatchObject([url]);
  });

  test('may be switched off', () => {
    expect(configOf(probe('{ enabled: false }')).proxy?.probe).toBeUndefined();
  });

  test.each([
    ['{ url: http://www.example.net/ }', 'is no address; write one of this host, and the name as "host"'],
    ['{ url: "tcp://127.0.0.1" }', 'has no port'],
    ['{ url: "tcp://127.0.0.1:25/x" }', 'has a path'],
    ['{ url: "ftp://127.0.0.1/" }', 'is no url of a probe'],
    ['{ period: 100ms, timeout: 200ms }', 'is longer than the period'],
    ['{ host: www.example.net }', 'has no effect without "url"'],
    ['{ enabled: false, fall: 3 }', 'has no effect with "enabled: false"'],
  ])('%s is refused', (text, message) => {
    expect(errorsOf(probe(text)).join('\n')).toContain(message);
  });
});
