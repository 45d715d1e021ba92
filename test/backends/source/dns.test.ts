import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/backends/clock.ts';
import type { Clock } from '../../../src/backends/clock.ts';
import { dnsSource } from '../../../src/backends/source/dns.ts';
import type { BackendSource } from '../../../src/backends/source/source.ts';
import { milliseconds } from '../../../src/wire/units.ts';
import { shown } from '../sample.ts';
import { until } from '../until.ts';
import { startNameServer } from './nameserver.ts';
import type { NameServer } from './nameserver.ts';

let server: NameServer;
let source: BackendSource | undefined;
/** How long the source wanted to wait, in the order in which it did. */
let waits: number[];

/** The real clock, on which seconds pass in milliseconds, apart from time-outs. */
const hurried: Clock = {
  ...systemClock,
  after(delay, run) {
    if (delay === 1500) return systemClock.after(milliseconds(100), run);
    waits.push(delay);
    return systemClock.after(milliseconds(delay / 50), run);
  },
};

beforeEach(async () => {
  server = await startNameServer();
  waits = [];
});
afterEach(() => {
  source?.close();
  server.close();
});

const state = () => (source as BackendSource).state();
const now = (): string => shown(state().backends).join(' ');
function follow(
  type: 'A' | 'AAAA' | 'SRV',
  name = 'app.example',
  resolver: readonly string[] = [server.address],
): void {
  source = dnsSource({ kind: 'dns', name, type, port: type === 'SRV' ? undefined : 8080, resolver }, hurried);
  source.start(() => {});
}
const says = (text: string): Promise<true> =>
  until(`it says "${text}"`, () => (state().age !== undefined && now() === text ? true : undefined));
const complains = (text: string): Promise<true> =>
  until(`a complaint "${text}"`, () => (state().error?.includes(text) === true ? true : undefined));

describe('addresses of a name', () => {
  test('are the backends, in an order of their own, asked again when the least TTL ends', async () => {
    server.zone.set('A app.example', {
      answers: [
        ['app.example', 60, 'A', '192.0.2.2'],
        ['app.example', 20, 'A', '192.0.2.1'],
      ],
    });
    follow('A');
    await says('192.0.2.1:8080 192.0.2.2:8080');
    await until('a wait of 20 s', () => waits.includes(20_000));
    server.zone.set('A app.example', { answers: [['app.example', 60, 'A', '192.0.2.3']] });
    await says('192.0.2.3:8080');
  });

  test('IPv6, and by way of aliases, whose TTL counts', async () => {
    server.zone.set('AAAA app.example', {
      answers: [
        ['app.example', 5, 'CNAME', 'a.example'],
        ['a.example', 50, 'CNAME', 'b.example'],
        ['b.example', 60, 'AAAA', '2001:db8:0:0:0:0:0:7'],
        ['evil.example', 60, 'AAAA', '2001:db8:0:0:0:0:0:66'],
      ],
    });
    follow('AAAA');
    await says('[2001:db8::7]:8080');
    await until('a wait of 5 s', () => waits.includes(5000));
  });

  test('an answer without records is an answer, and holds as long as its SOA says', async () => {
    server.zone.set('A app.example', { authority: [['example', 300, 'SOA', '7']] });
    follow('A');
    await says('');
    expect(state().error).toBeUndefined();
    await until('a wait of 7 s', () => waits.includes(7000));
  });

  test('a TTL of nothing does not make it ask without end, one of a week does not make it wait', async () => {
    server.zone.set('A app.example', { answers: [['app.example', 0, 'A', '192.0.2.1']] });
    follow('A');
    await until('a wait of 1 s', () => waits.includes(1000));
    server.zone.set('A app.example', { answers: [['app.example', 604_800, 'A', '192.0.2.1']] });
    await until('a wait of 1 h', () => waits.includes(3_600_000));
  });

  test.each([
    ['NXDOMAIN', { rcode: 3 }, 'app.example does not exist (NXDOMAIN)'],
    ['SERVFAIL', { rcode: 2 }, 'SERVFAIL'],
    ['REFUSED', { rcode: 5 }, 'REFUSED'],
    ['nothing at all', { silent: true }, 'no answer'],
  ])('with %s keeps the last good answer, and asks again less and less often', async (_, script, complaint) => {
    server.zone.set('A app.example', { answers: [['app.example', 1, 'A', '192.0.2.1']] });
    follow('A');
    await says('192.0.2.1:8080');
    server.zone.set('A app.example', script);
    await complains(complaint);
    expect(now()).toBe('192.0.2.1:8080');
    await until('longer waits', () => waits.includes(2000) && waits.includes(4000));
    server.zone.set('A app.example', { answers: [['app.example', 1, 'A', '192.0.2.2']] });
    await says('192.0.2.2:8080');
    expect(state().error).toBeUndefined();
  });

  test('an answer that does not fit is fetched over TCP', async () => {
    const many = Array.from({ length: 200 }, (_, at) => ['app.example', 60, 'A', `192.0.2.${at + 1}`] as const);
    server.zone.set('A app.example', { answers: many, truncated: true });
    follow('A');
    await until('all of them', () => state().backends.length === 200);
    expect(server.asked).toEqual(['udp A app.example', 'tcp A app.example']);
  });

  test('an answer with another id is not believed', async () => {
    server.zone.set('A app.example', {
      forged: [['app.example', 60, 'A', '192.0.2.66']],
      answers: [['app.example', 60, 'A', '192.0.2.1']],
    });
    follow('A');
    await says('192.0.2.1:8080');
  });

  test('a server that does not know EDNS is asked without it', async () => {
    server.zone.set('A app.example', { old: true, answers: [['app.example', 60, 'A', '192.0.2.1']] });
    follow('A');
    await says('192.0.2.1:8080');
  });

  test('the next server is asked when one is silent, closed or fails', async () => {
    const other = await startNameServer();
    try {
      other.zone.set('A app.example', { silent: true });
      server.zone.set('A app.example', { answers: [['app.example', 60, 'A', '192.0.2.1']] });
      follow('A', 'app.example', [other.address, '127.0.0.1:1', server.address]);
      await says('192.0.2.1:8080');
      source?.close();
      other.zone.set('A app.example', { rcode: 2 });
      follow('A', 'app.example', [other.address, server.address]);
      await says('192.0.2.1:8080');
    } finally {
      other.close();
    }
  });
});

describe('services of a name', () => {
  const srv = 'SRV _http._tcp.example';

  test('have ports, weights in proportion, and backups of a worse priority', async () => {
    server.zone.set(srv, {
      answers: [
        ['_http._tcp.example', 60, 'SRV', '10 1000 8080 a.example'],
        ['_http._tcp.example', 60, 'SRV', '10 500 8081 b.example'],
        ['_http._tcp.example', 60, 'SRV', '20 0 8082 c.example'],
      ],
      additional: [
        ['a.example', 60, 'A', '192.0.2.1'],
        ['b.example', 60, 'A', '192.0.2.2'],
        ['b.example', 60, 'AAAA', '2001:db8:0:0:0:0:0:2'],
      ],
    });
    server.zone.set('A c.example', { answers: [['c.example', 9, 'A', '192.0.2.3']] });
    server.zone.set('AAAA c.example', {});
    follow('SRV', '_http._tcp.example');
    await says(
      '192.0.2.1:8080 weight=256 192.0.2.2:8081 weight=128 192.0.2.3:8082 backup=true [2001:db8::2]:8081 weight=128',
    );
    expect(server.asked).not.toContain('udp A a.example');
    await until('a wait of 9 s, the least TTL', () => waits.includes(9000));
  });

  test('without a target: there is none', async () => {
    server.zone.set(srv, { answers: [['_http._tcp.example', 60, 'SRV', '0 0 0 .']] });
    follow('SRV', '_http._tcp.example');
    await says('');
    expect(state().error).toBeUndefined();
  });

  test('a target that does not exist is told; one whose server fails keeps the last good answer', async () => {
    const answers = [
      ['_http._tcp.example', 1, 'SRV', '10 1 8080 a.example'],
      ['_http._tcp.example', 1, 'SRV', '10 1 8080 b.example'],
    ] as const;
    server.zone.set(srv, { answers });
    server.zone.set('A a.example', { answers: [['a.example', 60, 'A', '192.0.2.1']] });
    server.zone.set('AAAA a.example', {});
    follow('SRV', '_http._tcp.example');
    await says('192.0.2.1:8080');
    expect(state().error).toBe('b.example has no address');
    server.zone.set('A a.example', { rcode: 2 });
    await complains('SERVFAIL');
    expect(now()).toBe('192.0.2.1:8080');
  });
});

test('a source that is closed asks no more', async () => {
  server.zone.set('A app.example', { answers: [['app.example', 1, 'A', '192.0.2.1']] });
  follow('A');
  await says('192.0.2.1:8080');
  source?.close();
  const count = server.asked.length;
  await new Promise((resolve) => {
    setTimeout(resolve, 100);
  });
  expect(server.asked.length).toBe(count);
});
