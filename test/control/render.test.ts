import { describe, expect, it } from 'vitest';
import { renderStatus } from '../../src/control/render.ts';
import type { Status } from '../../src/control/status.ts';
import { backendStatus, peerVip, serviceStatus, status, vipStatus } from './status.ts';

const dead = 'Front main process 812 was killed (SIGKILL)';

/** Read the files under test/golden/control as one reads the screen. Re-record with `vitest -u`. */
const screens: Readonly<Record<string, Status>> = {
  'crossed-pair': status(),
  'no-proxy': status({ proxy: null }),
  'proxy-dead': status({
    proxy: {
      ...status().proxy!,
      state: 'dead',
      reason: dead,
      pid: null,
      workers: [],
      notes: ['Front worker 813 stopped'],
    },
    vips: [
      vipStatus({
        state: 'backup',
        holder: 'lb2',
        priority: 1,
        reason: `lb2 is active with priority 253; ${dead}`,
        sinceMs: 2400,
        addressesInstalled: false,
      }),
      peerVip({ priority: 1, reason: `lb2 is active with priority 254; ${dead}` }),
    ],
    ifHostDied: [
      {
        host: 'lb2',
        consequences: ['web-1', 'web-2'].map((vip) => `lb1 takes over ${vip} within 799 ms, although it is not well`),
      },
    ],
  }),
  'link-down': status({
    vips: [vipStatus(), peerVip()].map((vip) => ({
      ...vip,
      state: 'initialize' as const,
      holder: null,
      priority: 0,
      reason: 'interface "eth0" has no link',
      sinceMs: 130_000,
      addressesInstalled: false,
    })),
    interfaces: [
      { interface: 'eth0/ipv4', state: 'down', detail: 'interface "eth0" has no link', refused: {}, foreign: [] },
    ],
    ifHostDied: [],
  }),
  'foreign-vrid': status({
    interfaces: [
      {
        ...status().interfaces[0]!,
        refused: { vrid: 900, checksum: 1 },
        foreign: [{ vrid: 7, source: '192.0.2.77', version: 2, count: 900 }],
      },
    ],
    warnings: [
      {
        code: 'foreign-vrid',
        text: 'eth0/ipv4: another VRRP router uses VRID 7 from 192.0.2.77; keep to VRIDs of your own',
        since: '2026-01-02T04:00:08.000Z',
      },
    ],
  }),
  warnings: status({
    engine: {
      ...status().engine,
      realtime: { priority: 0, refused: 'EPERM' },
      timerLateness: { worstMs: 812.3, worstAt: '2026-01-02T04:06:05.000Z', over10ms: 3, wakes: 40_000 },
    },
    manager: { pid: 4720, restarts: 1 },
    vips: [vipStatus({ refused: { ttl: 1, 'auth-data': 2 } }), peerVip({ remarks: { interval: 4 } })],
    warnings: [
      {
        code: 'config-refused',
        text: 'the configuration file is not in force: pair.yaml:7:12: vips.web-2.vrid: 51 is the VRID of VIP "web-1" on eth0 already; write another from 1 to 255',
        since: '2026-01-02T04:06:05.000Z',
      },
      {
        code: 'sysctl',
        text: 'sysctl net.ipv4.ip_nonlocal_bind is "0" and should be "1": a proxy that listens on a VIP cannot start on the host that does not hold it; run `sysctl -w net.ipv4.ip_nonlocal_bind=1` or set `sysctl: apply`',
        since: '2026-01-02T03:04:05.000Z',
      },
    ],
  }),
  ipv6: status({
    vips: [
      vipStatus({ refused: { ttl: 1 } }),
      vipStatus({ family: 'ipv6', addresses: ['fe80::101/64', '2001:db8::101/64'], refused: { length: 2 } }),
    ],
    interfaces: [
      { interface: 'eth0/ipv4', state: 'up', detail: 'from 192.0.2.11', refused: {}, foreign: [] },
      { interface: 'eth0/ipv6', state: 'up', detail: 'from fe80::11', refused: {}, foreign: [] },
    ],
    ifHostDied: [
      {
        host: 'lb1',
        consequences: ['ipv4', 'ipv6'].map((family) => `lb2 takes over web-1/${family} within 602 ms, if it is well`),
      },
    ],
  }),
  services: status({
    services: [
      serviceStatus({
        state: 'degraded',
        reason: '1 of 3 backends are down; file /etc/vipair/backends.d: /etc/vipair/backends.d/a.yaml is missing',
        counts: { total: 3, up: 1, down: 1, unknown: 0, drain: 1, maint: 0 },
        sources: [
          { source: 'configuration', backends: 2, ageMs: 0, error: null },
          {
            source: 'file /etc/vipair/backends.d',
            backends: 1,
            ageMs: 95_000,
            error: '/etc/vipair/backends.d/a.yaml is missing',
          },
          { source: 'command line', backends: 0, ageMs: 0, error: null },
        ],
        backends: [
          backendStatus(),
          backendStatus({
            backend: '192.0.2.22:8080',
            name: 'app-2',
            state: 'down',
            health: 'down',
            reason: 'connection refused',
            sinceMs: 42_000,
          }),
          backendStatus({
            backend: '192.0.2.23:8080',
            name: 'app-3',
            state: 'drain',
            admin: 'drain',
            reason: 'drained from the command line',
          }),
        ],
      }),
      serviceStatus({
        service: 'mail',
        checkedBy: null,
        counts: { total: 1, up: 0, down: 0, unknown: 1, drain: 0, maint: 0 },
        backends: [
          backendStatus({
            backend: '192.0.2.25:25',
            name: 'mx',
            state: 'unknown',
            health: 'unknown',
            reason: 'nobody checks it',
            since: null,
            sinceMs: null,
            lastCheck: null,
          }),
        ],
      }),
    ],
  }),
  'many-backends': status({
    services: [
      serviceStatus({
        state: 'degraded',
        reason: '40 of 2000 backends are down',
        counts: { total: 2000, up: 1959, down: 40, unknown: 1, drain: 0, maint: 0 },
        sources: [{ source: 'etcd /vipair/web/', backends: 2000, ageMs: 0, error: null }],
        backends: Array.from({ length: 20 }, (_, index) =>
          backendStatus({
            backend: `192.0.2.${index}:8080`,
            name: `app-${index}`,
            state: 'down',
            health: 'down',
            reason: 'no answer within 2 s',
            sinceMs: 42_000,
          }),
        ),
      }),
    ],
  }),
  'addresses-missing': status({
    vips: [
      vipStatus({
        reason: 'no other router was heard; its addresses are not installed, see the log',
        addressesInstalled: false,
      }),
      peerVip(),
    ],
  }),
};

describe('the screen', () => {
  it.each(Object.entries(screens))('%s', async (name, one) => {
    await expect(renderStatus(one, false)).toMatchFileSnapshot(`../golden/control/${name}.txt`);
  });

  it.each(Object.entries(screens).filter(([name]) => name !== 'warnings'))(
    'of a pair fits 24 lines of 160 columns: %s',
    (_, one) => {
      const lines = renderStatus(one, false).trimEnd().split('\n');
      expect(lines.length).toBeLessThanOrEqual(24);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(160);
    },
  );

  it('has the same words in colour', () => {
    for (const one of Object.values(screens)) {
      expect(renderStatus(one, true).replaceAll(/\u001b\[\d+m/g, '')).toBe(renderStatus(one, false));
    }
  });

  it('marks an active router without its addresses as bad, not as good', () => {
    const row = (one: Status): string =>
      renderStatus(one, true)
        .split('\n')
        .find((line) => line.includes('web-1')) ?? '';
    expect(row(screens['crossed-pair']!)).toMatch(/^\u001b\[32m/);
    expect(row(screens['addresses-missing']!)).toMatch(/^\u001b\[31m/);
  });

  it('says nothing of a counter that is 0, and of many counters in one line each', () => {
    const vips = [vipStatus({ refused: { ttl: 0, checksum: 3, length: 4 } })];
    const lines = renderStatus(status({ vips }), false).split('\n');
    expect(lines.filter((line) => line.includes('refused'))).toEqual([
      'Warning  web-1: 7 advertisements refused: checksum 3, length 4',
    ]);
  });

  it.each([
    [0, '0.0 s'],
    [9_940, '9.9 s'],
    [61_000, '61 s'],
    [600_000, '10 min'],
    [8_000_000, '2 h'],
    [400_000_000, '5 d'],
  ])('tells %i ms as %s', (sinceMs, words) => {
    expect(renderStatus(status({ vips: [vipStatus({ sinceMs })] }), false)).toContain(`  ${words}`);
  });
});
