import type { BackendStatus, ServiceStatus } from '../../src/control/backends.ts';
import type { ControlHandlers } from '../../src/control/server.ts';
import type { Status, VipStatus } from '../../src/control/status.ts';

/** One VIP of a status, `web-1` on lb1 unless told otherwise. */
export const vipStatus = (more: Partial<VipStatus> = {}): VipStatus => ({
  vip: 'web-1',
  family: 'ipv4',
  addresses: ['192.0.2.101/24'],
  interface: 'eth0',
  vrid: 51,
  version: 3,
  state: 'active',
  holder: 'lb1',
  priority: 254,
  basePriority: 254,
  reason: 'no other router was heard',
  since: '2026-01-02T03:04:05.000Z',
  sinceMs: 3_723_000,
  addressesInstalled: true,
  counters: { advertisementsSent: 18_615 },
  refused: {},
  remarks: {},
  ...more,
});

/** The other VIP of a crossed pair, seen from lb1. */
export const peerVip = (more: Partial<VipStatus> = {}): VipStatus =>
  vipStatus({
    vip: 'web-2',
    addresses: ['192.0.2.102/24'],
    vrid: 52,
    state: 'backup',
    holder: 'lb2',
    priority: 253,
    basePriority: 253,
    reason: 'lb2 is active with priority 254',
    addressesInstalled: false,
    ...more,
  });

/** One backend, up unless told otherwise. */
export const backendStatus = (more: Partial<BackendStatus> = {}): BackendStatus => ({
  backend: '192.0.2.21:8080',
  name: 'app-1',
  state: 'up',
  health: 'up',
  admin: 'ready',
  reason: '200 OK',
  since: '2026-01-02T03:04:05.000Z',
  sinceMs: 3_723_000,
  weight: 1,
  backup: false,
  sources: ['configuration'],
  lastCheck: { at: '2026-01-02T04:06:07.000Z', agoMs: 1000, result: 'good', reason: '200 OK', durationMs: 1.2 },
  ...more,
});

/** The service `web` with two backends that are well. */
export const serviceStatus = (more: Partial<ServiceStatus> = {}): ServiceStatus => ({
  service: 'web',
  state: 'well',
  reason: null,
  counts: { total: 2, up: 2, down: 0, unknown: 0, drain: 0, maint: 0 },
  isHoping: false,
  supply: 'enough',
  checkedBy: 'vipair',
  sources: [{ source: 'configuration', backends: 2, ageMs: 0, error: null }],
  conflicts: [],
  backends: [backendStatus(), backendStatus({ backend: '192.0.2.22:8080', name: 'app-2' })],
  ...more,
});

/** The part of the handlers for a daemon that renders nothing. */
export const idle: Pick<
  ControlHandlers,
  'explain' | 'applies' | 'apply' | 'rollback' | 'switch' | 'backends' | 'order' | 'events' | 'testNotify'
> = {
  explain: () => Promise.reject(new RangeError('"x" is no hypothesis')),
  applies: () => ({ inForce: null, applies: [] }),
  apply: () => Promise.resolve(undefined),
  rollback: () => Promise.resolve(undefined),
  switch: () => Promise.reject(new Error('there is no proxy with services')),
  backends: () => ({ services: [] }),
  order: () => ({ accepted: false, message: 'the configuration has no services', backend: null }),
  events: { last: 0, after: () => ({ missed: 0, records: [] }), listen: () => () => {} },
  testNotify: () => Promise.resolve([]),
};

/** The status of lb1 in a crossed pair in which all is well. */
export const status = (more: Partial<Status> = {}): Status => ({
  version: '0.1.0',
  apply: null,
  reach: 'unasked',
  switching: null,
  pair: null,
  services: [],
  node: 'lb1',
  at: '2026-01-02T04:06:08.000Z',
  engine: {
    pid: 4711,
    since: '2026-01-02T03:04:04.000Z',
    realtime: { priority: 50, refused: null },
    timerLateness: { worstMs: 1.27, worstAt: '2026-01-02T03:10:00.000Z', over10ms: 0, wakes: 40_000 },
    droppedEvents: 0,
  },
  manager: { pid: 4712, restarts: 0 },
  config: { file: '/etc/vipair/pair.yaml', loadedAt: '2026-01-02T03:04:04.000Z', digest: '0badcafe', error: null },
  proxy: {
    profile: 'front',
    state: 'well',
    reason: 'Front runs: main process 812, worker 813',
    since: '2026-01-02T03:04:04.000Z',
    pid: 812,
    workers: [813],
    notes: [],
    levels: [],
  },
  checks: [],
  vips: [vipStatus(), peerVip()],
  interfaces: [{ interface: 'eth0/ipv4', state: 'up', detail: 'from 192.0.2.11', refused: {}, foreign: [] }],
  notify: [],
  events: { last: 42, counts: { transition: 3, started: 1 } },
  warnings: [],
  ifHostDied: [
    { host: 'lb1', consequences: ['lb2 takes over web-1 within 602 ms, if it is well'] },
    { host: 'lb2', consequences: ['lb1 takes over web-2 within 602 ms'] },
  ],
  ...more,
});
