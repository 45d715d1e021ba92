import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config/parse.ts';
import { GOOD, configOf, crossed, errorsOf, pairWith } from './sample.ts';

const services = `services:
  web:
    listen: [80]
    mode: http
    balance: roundrobin
    check: { type: http, path: /healthz, interval: 2s, rise: 2, fall: 3 }
    backends:
      - 192.0.2.21:8080
      - { address: 192.0.2.22:8080, weight: 2 }
`;

describe('parseConfig', () => {
  test('the file of the design, with its defaults', () => {
    const vip = {
      name: 'web-1',
      vrid: 51,
      interfaces: { lb1: 'eth0', lb2: 'eth0' },
      addresses: [{ family: 'ipv4', address: '192.0.2.101', prefixLength: 24 }],
      prefer: ['lb1', 'lb2'],
      priorities: { lb1: 254, lb2: 253 },
      version: 3,
      interval: 200,
      transport: 'multicast',
      password: undefined,
      preempt: true,
      preemptDelay: 0,
      preemptFast: true,
      checksum: 'pseudo-header',
      accept: true,
      onFailure: { reaction: 'resign' },
      recoverAfter: 10_000,
      recoverMax: 120_000,
      lease: 2,
      garp: { repeat: 5, delay: 5000, interval: 0, refresh: 60_000 },
      trackBackends: undefined,
      track: [],
    };
    const pace = {
      interval: 2000,
      jitter: 200,
      timeout: 2000,
      rise: 2,
      fall: 3,
      retry: 0,
      delayBeforeRetry: 1000,
      port: undefined,
    };
    const backend = { name: undefined, backup: false, maxConnections: undefined, slowStart: undefined };
    expect(parseConfig(`${crossed}${services}`, 'pair.yaml', { profiles: ['nginx'] })).toEqual({
      config: {
        nodes: [
          { name: 'lb1', addresses: ['192.0.2.11'] },
          { name: 'lb2', addresses: ['192.0.2.12'] },
        ],
        vips: [
          vip,
          {
            ...vip,
            name: 'web-2',
            vrid: 52,
            addresses: [{ family: 'ipv4', address: '192.0.2.102', prefixLength: 24 }],
            prefer: ['lb2', 'lb1'],
            priorities: { lb2: 254, lb1: 253 },
          },
        ],
        proxy: {
          profile: 'nginx',
          mode: 'adopted',
          binary: undefined,
          unit: undefined,
          start: undefined,
          directory: undefined,
          include: [],
          pidFile: undefined,
          process: undefined,
          listen: [80],
          profiles: {},
          switching: { bake: 5000, drain: 30_000 },
          probe: { urls: [], period: 250, timeout: 250, rise: 2, fall: 2 },
          apply: {
            quiet: 200,
            ceiling: 2000,
            spacing: 1000,
            reloads: 10,
            refill: 10_000,
            retry: 30_000,
            checkTimeout: 30_000,
          },
          managed: undefined,
        },
        services: [
          {
            name: 'web',
            listen: [{ address: undefined, port: 80 }],
            mode: 'http',
            balance: 'roundrobin',
            stick: undefined,
            tls: undefined,
            proxyProtocol: undefined,
            healthPath: undefined,
            forwarded: true,
            timeouts: { connect: 5000, client: 60_000, server: 60_000 },
            keepAlive: 32,
            check: {
              type: 'http',
              path: '/healthz',
              host: undefined,
              status: [{ from: 200, to: 399 }],
              match: undefined,
              ...pace,
            },
            minBackends: 1,
            onEmpty: 'keep',
            sorry: undefined,
            sources: [],
            backends: [
              { ...backend, host: '192.0.2.21', port: 8080, weight: 1 },
              { ...backend, host: '192.0.2.22', port: 8080, weight: 2 },
            ],
          },
        ],
        gateway: undefined,
        witnesses: [],
        checks: [],
        sysctl: 'check',
        notify: [],
        listen: undefined,
      },
      warnings: [],
    });
  });

  test('the result is deeply frozen', () => {
    const config = configOf(crossed);
    expect(Object.isFrozen(config) && Object.isFrozen(config.vips[0]?.garp)).toBe(true);
  });

  test.each([
    ['200ms', 2],
    ['500ms', 2],
    ['510ms', 3],
    ['1s', 3],
    ['40.95s', 83],
  ])(
    'the lease at an interval of %s is %d s: two intervals and a second, rounded up, at least two',
    (interval, lease) => {
      expect(configOf(pairWith(`${GOOD}, interval: ${interval}`)).vips[0]?.lease).toBe(lease);
    },
  );

  test('version 2 advertises every second unless told otherwise, and may have a password', () => {
    const vip = configOf(pairWith(`${GOOD}, version: 2, auth: s3cretpw`)).vips[0];
    expect(vip).toMatchObject({ version: 2, interval: 1000, lease: 3, password: 's3cretpw' });
    expect(configOf(pairWith(`${GOOD}, version: 2, auth: { password: "1234" }`)).vips[0]?.password).toBe('1234');
  });

  test("a VIP's own setting comes before the top level's, key by key within garp", () => {
    const top = 'interval: 100ms\non_failure: stop\ngarp: { repeat: 9, refresh: 0s }';
    expect(configOf(pairWith(`${GOOD}, interval: 50ms, garp: { repeat: 2 }`, top)).vips[0]).toMatchObject({
      interval: 50,
      onFailure: { reaction: 'stop' },
      garp: { repeat: 2, refresh: 0 },
    });
  });

  test("an interface is the VIP's, else the node's, else the top level's; one name or one for each node", () => {
    const text = crossed.replace('192.0.2.12 }', '192.0.2.12, interface: ens3 }');
    expect(configOf(text).vips[0]?.interfaces).toEqual({ lb1: 'eth0', lb2: 'ens3' });
    expect(configOf(text.replace('vrid: 51', 'vrid: 51, interface: br0')).vips[0]?.interfaces).toEqual({
      lb1: 'br0',
      lb2: 'br0',
    });
    expect(configOf(text.replace('vrid: 51', 'vrid: 51, interface: { lb1: br1 }')).vips[0]?.interfaces).toEqual({
      lb1: 'br1',
      lb2: 'ens3',
    });
  });

  test('explicit priorities order the nodes; a node that is not listed takes no part', () => {
    const vip = configOf(pairWith('vrid: 51, address: 192.0.2.101, priority: { lb2: 150, lb1: 100 }')).vips[0];
    expect(vip).toMatchObject({ prefer: ['lb2', 'lb1'], priorities: { lb2: 150, lb1: 100 } });
    expect(configOf(crossed.replace('[lb1, lb2]', '[lb2]')).vips[0]?.interfaces).toEqual({ lb2: 'eth0' });
  });

  test('addresses are canonical, of both families, several of each', () => {
    const text = pairWith('vrid: 51, addresses: [192.0.2.101, "2001:DB8:0:0::101/64", "fe80::7"], prefer: [lb1, lb2]');
    expect(configOf(text).vips[0]?.addresses).toEqual([
      { family: 'ipv4', address: '192.0.2.101', prefixLength: 32 },
      { family: 'ipv6', address: '2001:db8::101', prefixLength: 64 },
      { family: 'ipv6', address: 'fe80::7', prefixLength: 128 },
    ]);
  });

  test('without profiles any profile name is accepted', () => {
    expect(parseConfig(crossed, 'pair.yaml', { profiles: [] })).toHaveProperty('config.proxy.profile', 'nginx');
  });

  test('a byte order mark and Windows line ends change nothing', () => {
    expect(configOf(`\uFEFF${crossed.replaceAll('\n', '\r\n')}`)).toEqual(configOf(crossed));
    expect(errorsOf(`\uFEFF${crossed.replaceAll('\n', '\r\n').replace('vrid: 52', 'vrid: 0')}`)[0]).toMatch(/:7:12: /);
  });

  test('all mistakes of a stage are told at once, in the order of the file', () => {
    const text = crossed
      .replace('192.0.2.11 ', '192.0.2.999 ')
      .replace('vrid: 51', 'vird: 51')
      .replace('profile: nginx', 'profile: 7');
    expect(errorsOf(text).map((error) => error.split(': ').slice(0, 2).join(' '))).toEqual([
      'pair.yaml:2:10 nodes.lb1.address',
      'pair.yaml:6:3 vips.web-1.vrid',
      'pair.yaml:6:12 vips.web-1.vird',
      'pair.yaml:8:10 proxy.profile',
    ]);
  });

  test('a report ends after 100 mistakes', () => {
    const list = Array.from({ length: 500 }, (_, at) => `k${at}: 1`).join('\n');
    expect(errorsOf(`${crossed}${list}\n`)).toHaveLength(100);
  });
});
