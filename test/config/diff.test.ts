import { describe, expect, test } from 'vitest';
import type { VipConfig } from '../../src/config/config.ts';
import { milliseconds, seconds } from '../../src/wire/units.ts';
import { diffConfig } from '../../src/config/diff.ts';
import { generateText } from './generated.ts';
import { GOOD, configOf, crossed, pairWith } from './sample.ts';

const texts = (from: string, to: string): string[] =>
  diffConfig(configOf(from), configOf(to)).map((change) => change.text);

describe('diffConfig', () => {
  test('nothing changed, however it is written', () => {
    for (let seed = 1; seed <= 50; seed++) {
      expect(diffConfig(configOf(generateText(seed)), configOf(generateText(seed)))).toEqual([]);
    }
    const lines = crossed.split('\n');
    const swapped = [lines[0], lines[2], lines[1], lines[3], lines[4], lines[6], lines[5], ...lines.slice(7)].join(
      '\n',
    );
    expect(texts(crossed, swapped)).toEqual([]);
    expect(texts(crossed, crossed.replace('vrid: 51', 'vrid: 51, interval: 0.2s, preempt: true'))).toEqual([]);
  });

  test('added, removed and changed', () => {
    const next = crossed
      .replace('lb2: { address: 192.0.2.12 }', 'lb2: { address: 192.0.2.13 }')
      .replace('web-2', 'web-3')
      .replace('vrid: 51', 'vrid: 53, interval: 1s')
      .replace(
        'proxy: { profile: nginx }',
        'sysctl: apply\nservices: { web: { listen: [80], backends: [192.0.2.21:80] } }',
      );
    expect(diffConfig(configOf(crossed), configOf(next))).toEqual([
      {
        subject: 'node',
        kind: 'changed',
        name: 'lb2',
        setting: 'addresses',
        text: 'node lb2: addresses [192.0.2.12] -> [192.0.2.13]',
      },
      { subject: 'vip', kind: 'removed', name: 'web-2', setting: undefined, text: 'vip web-2: removed' },
      { subject: 'vip', kind: 'changed', name: 'web-1', setting: 'vrid', text: 'vip web-1: vrid 51 -> 53' },
      { subject: 'vip', kind: 'changed', name: 'web-1', setting: 'interval', text: 'vip web-1: interval 200ms -> 1s' },
      { subject: 'vip', kind: 'changed', name: 'web-1', setting: 'lease', text: 'vip web-1: lease 2s -> 3s' },
      { subject: 'vip', kind: 'added', name: 'web-3', setting: undefined, text: 'vip web-3: added' },
      { subject: 'service', kind: 'added', name: 'web', setting: undefined, text: 'service web: added' },
      { subject: 'proxy', kind: 'removed', name: undefined, setting: undefined, text: 'proxy: removed' },
      { subject: 'sysctl', kind: 'changed', name: undefined, setting: 'value', text: 'sysctl: check -> apply' },
    ]);
  });

  test('a changed proxy, and one that is new', () => {
    expect(texts(crossed, crossed.replace('nginx', 'haproxy'))).toEqual(['proxy: profile nginx -> haproxy']);
    expect(texts(crossed.replace('proxy: { profile: nginx }', ''), crossed)).toEqual(['proxy: added']);
  });

  test('the order of the addresses of a VIP is on the wire, so it counts', () => {
    const text = (list: string): string => pairWith(`vrid: 51, addresses: [${list}], prefer: [lb1, lb2]`);
    expect(texts(text('192.0.2.101, 192.0.2.102'), text('192.0.2.102, 192.0.2.101'))).toHaveLength(1);
  });

  test('no password is ever told', () => {
    const text = (password: string): string => pairWith(`${GOOD}, version: 2, auth: ${password}`);
    expect(texts(text('hunter2'), text('hunter3'))).toEqual(['vip web-1: auth changed']);
  });

  test('every setting of a VIP is compared', () => {
    const config = configOf(crossed);
    const [vip, ...others] = config.vips;
    const garp = { repeat: 7, delay: milliseconds(1), interval: milliseconds(1), refresh: milliseconds(1) };
    const quorum = { kind: 'count', count: 1 } as const;
    const all: Required<Omit<VipConfig, 'name'>> = {
      vrid: 99,
      interfaces: { lb1: 'eth9' },
      addresses: [],
      prefer: ['lb2'],
      priorities: { lb1: 7 },
      version: 2,
      interval: milliseconds(990),
      transport: 'unicast',
      password: 'hunter2',
      preempt: false,
      preemptDelay: milliseconds(990),
      preemptFast: false,
      checksum: 'message',
      accept: false,
      onFailure: { reaction: 'lower', weight: 9 },
      recoverAfter: milliseconds(990),
      recoverMax: milliseconds(990),
      lease: seconds(9),
      garp,
      trackBackends: { weight: 9, quorum, hysteresis: 1, services: ['web'] },
      track: [{ check: 'db', weight: 9 }],
    };
    expect(Object.keys(all)).toEqual(Object.keys(vip ?? {}).filter((name) => name !== 'name'));
    const told = Object.entries(all).map(([key, value]) => {
      const changed = { ...vip, [key]: value } as VipConfig;
      const changes = diffConfig(config, { ...config, vips: [changed, ...others] });
      expect(changes).toMatchObject([{ name: 'web-1', setting: key }]);
      return changes[0]?.text ?? '';
    });
    expect(told).toMatchInlineSnapshot(`
      [
        "vip web-1: vrid 51 -> 99",
        "vip web-1: interface eth0 -> eth9",
        "vip web-1: addresses [192.0.2.101/24] -> []",
        "vip web-1: prefer [lb1, lb2] -> none, priority none -> { lb1: 254, lb2: 253 }",
        "vip web-1: prefer [lb1, lb2] -> none, priority none -> { lb1: 7 }",
        "vip web-1: version 3 -> 2",
        "vip web-1: interval 200ms -> 990ms",
        "vip web-1: transport multicast -> unicast",
        "vip web-1: auth changed",
        "vip web-1: preempt true -> false",
        "vip web-1: preempt_delay 0ms -> 990ms",
        "vip web-1: preempt_fast true -> false",
        "vip web-1: checksum pseudo-header -> message",
        "vip web-1: accept true -> false",
        "vip web-1: on_failure resign -> lower, weight none -> 9",
        "vip web-1: recover_after 10s -> 990ms",
        "vip web-1: recover_max 120s -> 990ms",
        "vip web-1: lease 2s -> 9s",
        "vip web-1: garp.repeat 5 -> 7, garp.delay 5s -> 1ms, garp.interval 0ms -> 1ms, garp.refresh 60s -> 1ms",
        "vip web-1: track none -> { backends: { weight: 9, quorum: 1, hysteresis: 1, services: [web] } }",
        "vip web-1: track none -> { checks: { db: { weight: 9 } } }",
      ]
    `);
  });

  test('settings of services are told as they are written', () => {
    const service = (more: string): string => `${crossed}services: { web: { listen: [80], ${more} } }\n`;
    const one = service('backends: [192.0.2.21:80, 192.0.2.22:80], timeouts: { connect: 5s }');
    expect(texts(one, service('backends: [192.0.2.21:80, 192.0.2.23:80], timeouts: { connect: 2s }'))).toEqual([
      'service web: timeouts.connect 5s -> 2s',
      'service web: backends without { address: 192.0.2.22:80, weight: 1 }, backends with { address: 192.0.2.23:80, weight: 1 }',
    ]);
    expect(texts(one, service('backends: [192.0.2.22:80, 192.0.2.21:80], timeouts: { connect: 5s }'))).toEqual([
      'service web: backends in another order',
    ]);
    const etcd = (password: string): string =>
      service(`sources: [{ etcd: ["http://192.0.2.31:2379"], prefix: /a/, user: u, password: ${password} }]`);
    expect(texts(etcd('hunter2'), etcd('hunter3')).join()).not.toContain('hunter');
  });
});
