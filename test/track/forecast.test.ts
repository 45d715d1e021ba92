import { describe, expect, test } from 'vitest';
import type { Config, VipConfig } from '../../src/config/config.ts';
import { FAULTS, REACTION } from '../../src/track/fault.ts';
import type { Fault, Outage } from '../../src/track/fault.ts';
import { forecast } from '../../src/track/forecast.ts';
import { addressOf } from '../../src/wire/address.ts';
import { milliseconds, seconds } from '../../src/wire/units.ts';

const VIP: VipConfig = {
  name: 'web-1',
  vrid: 51,
  interfaces: { lb1: 'eth0', lb2: 'eth0' },
  addresses: [{ family: 'ipv4', address: addressOf('192.0.2.101'), prefixLength: 24 }],
  prefer: ['lb1', 'lb2'],
  priorities: { lb1: 254, lb2: 253 },
  version: 3,
  interval: milliseconds(200),
  transport: 'multicast',
  password: undefined,
  preempt: true,
  preemptDelay: milliseconds(0),
  preemptFast: true,
  checksum: 'pseudo-header',
  accept: true,
  onFailure: { reaction: 'resign' },
  recoverAfter: milliseconds(3000),
  recoverMax: milliseconds(3000),
  track: [],
  lease: seconds(2),
  garp: { repeat: 5, delay: milliseconds(5000), interval: milliseconds(0), refresh: milliseconds(60_000) },
  trackBackends: undefined,
};

const config = (vip: Partial<VipConfig>, more: Partial<Config> = {}): Config => ({
  nodes: [
    { name: 'lb1', addresses: [addressOf('192.0.2.11')] },
    { name: 'lb2', addresses: [addressOf('192.0.2.12')] },
  ],
  vips: [{ ...VIP, ...vip }],
  checks: [],
  proxy: {
    profile: 'some',
    mode: 'adopted',
    binary: undefined,
    unit: undefined,
    start: undefined,
    directory: undefined,
    include: [],
    pidFile: undefined,
    process: undefined,
    listen: [],
    profiles: {},
    switching: { bake: milliseconds(5000), drain: milliseconds(30_000) },
    probe: { urls: [], period: milliseconds(250), timeout: milliseconds(250), rise: 2, fall: 2 },
    apply: {
      quiet: milliseconds(200),
      ceiling: milliseconds(2000),
      spacing: milliseconds(1000),
      reloads: 10,
      refill: milliseconds(10_000),
      retry: milliseconds(30_000),
      checkTimeout: milliseconds(30_000),
    },
    restart: undefined,
    managed: undefined,
  },
  services: [],
  notify: [],
  listen: undefined,
  sysctl: 'check',
  heartbeat: undefined,
  gateway: undefined,
  witnesses: [],
  ...more,
});

const outageOf = (vip: Partial<VipConfig>, fault: Fault, order = 0): Outage | undefined =>
  forecast(config(vip))[0]?.nodes[order]?.faults.find((one) => one.fault === fault)?.outage;

const warningsOf = (vip: Partial<VipConfig>, more: Partial<Config> = {}, realtime = false): readonly string[] =>
  forecast(config(vip, more), { realtime })[0]?.warnings ?? [];

const LOWER: Partial<VipConfig> = { onFailure: { reaction: 'lower', weight: 50 } };

/** Skew time of priority 253 at 200 ms: 3/256 of it. */
const SKEW = (3 / 256) * 200;

describe('forecast', () => {
  test('roles, priorities and successors in the order of the nodes', () => {
    const three = config({ prefer: ['lb1', 'lb2', 'lb3'], priorities: { lb1: 254, lb2: 253, lb3: 252 } });
    expect(forecast(three)).toMatchObject([
      {
        vip: 'web-1',
        nodes: [
          { node: 'lb1', role: 'active', order: 0, priority: 254, successor: 'lb2' },
          { node: 'lb2', role: 'backup', order: 1, priority: 253, successor: 'lb3' },
          { node: 'lb3', role: 'backup', order: 2, priority: 252, successor: undefined },
        ],
        warnings: [],
      },
    ]);
    expect(forecast(three)[0]?.nodes[0]?.faults.map(({ fault }) => fault)).toEqual(FAULTS);
  });

  test('the default pair: milliseconds, and three intervals for a host that says nothing', () => {
    expect(outageOf({}, 'proxy-dead')).toEqual({ best: SKEW, worst: SKEW + REACTION });
    // Two questions, a quarter of a second apart, and as long for the answer to the second.
    expect(outageOf({}, 'proxy-hung')).toEqual({ best: 500 + SKEW, worst: 750 + SKEW + REACTION });
    expect(outageOf({}, 'daemon-stopped')).toEqual({ best: SKEW, worst: SKEW + REACTION });
    expect(outageOf({}, 'host-lost')).toEqual({ best: 400 + SKEW, worst: 600 + SKEW + REACTION });
    expect(outageOf({}, 'daemon-killed')).toEqual({ best: 0, worst: 0 });
    expect(outageOf({}, 'vip-deleted')).toEqual({ best: 0, worst: 50 });
  });

  test('a killed or frozen daemon: one holder again when the lease has ended', () => {
    const faults = forecast(config({ lease: seconds(4) }))[0]?.nodes[0]?.faults ?? [];
    expect(faults.map(({ singleHolderWithin }) => singleHolderWithin)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      5000,
      undefined,
    ]);
  });

  test.each([
    ['proxy-dead', 0.648 * 1000, 0.648 * 1000],
    ['daemon-stopped', 0.648 * 1000, 0.648 * 1000],
    ['host-lost', 2648, 3648],
  ] as const)("keepalived's version 2 at 1 s with priorities 100 and 90, %s: %d to %d ms", (fault, best, worst) => {
    const outage = outageOf({ version: 2, interval: milliseconds(1000), priorities: { lb1: 100, lb2: 90 } }, fault);
    expect(outage?.best).toBeCloseTo(best, -1);
    expect((outage?.worst ?? 0) - REACTION).toBeCloseTo(worst, -1);
  });

  test('lowering with preempt_fast costs a skew time, without it the successor waits its timer out', () => {
    expect(outageOf(LOWER, 'proxy-dead')).toEqual({ best: SKEW, worst: SKEW + REACTION });
    expect(outageOf({ ...LOWER, preemptFast: false }, 'proxy-dead')).toEqual({
      best: 400 + SKEW,
      worst: 600 + SKEW + REACTION,
    });
  });

  test('preempt_delay delays a take-over from a lowered node, but not from one at the floor', () => {
    const delayed = { preemptDelay: milliseconds(5000) };
    expect(outageOf({ ...LOWER, ...delayed }, 'proxy-dead')).toEqual({
      best: 5000 + SKEW,
      worst: 5200 + SKEW + REACTION,
    });
    expect(outageOf({ ...delayed, onFailure: { reaction: 'lower', weight: 253 } }, 'proxy-dead')?.worst).toBe(
      SKEW + REACTION,
    );
    expect(outageOf(delayed, 'proxy-dead')?.worst).toBe(SKEW + REACTION);
  });

  test('a weight that does not reach, or that nobody preempts on, moves nothing', () => {
    expect(outageOf({ onFailure: { reaction: 'lower', weight: 1 } }, 'proxy-dead')).toBeUndefined();
    expect(outageOf({ ...LOWER, preempt: false }, 'proxy-dead')).toBeUndefined();
  });

  test('the last node has no successor, so its faults last; a deleted VIP it repairs itself', () => {
    expect(outageOf({}, 'host-lost', 1)).toBeUndefined();
    expect(outageOf({}, 'vip-deleted', 1)).toEqual({ best: 0, worst: 50 });
  });

  test('without preemption the best node waits behind whoever holds the VIP', () => {
    expect(forecast(config({ preempt: false }))[0]?.nodes[1]).toMatchObject({ successor: 'lb1' });
    expect(outageOf({ preempt: false }, 'daemon-stopped', 1)?.best).toBe((2 / 256) * 200);
  });

  test('a lease that ends before the take-over leaves a gap', () => {
    const slow = { interval: milliseconds(10_000), lease: seconds(21) };
    const skew = (3 / 256) * 10_000;
    expect(outageOf(slow, 'daemon-killed')).toEqual({ best: 8000 + skew, worst: 9000 + skew });
  });

  test('no proxy, no reaction to its death', () => {
    const [vip] = forecast(config({}, { proxy: undefined }));
    expect(vip?.nodes[0]?.faults[0]).toMatchObject({ outage: undefined, reaction: 'no proxy is watched' });
  });
});

describe('warnings', () => {
  test.each<[string, Partial<VipConfig>, string]>([
    [
      'version 2',
      { version: 2, interval: milliseconds(1000), lease: seconds(4) },
      'version 2 at 1 s: a lost host costs up to 3.02 s',
    ],
    [
      'a long interval',
      { interval: milliseconds(1000), lease: seconds(4) },
      'an interval of 1 s: a lost host costs up to 3.02 s',
    ],
    ['lower without preempt_fast', { ...LOWER, preemptFast: false }, 'a dead proxy costs three intervals, 600 ms'],
    ['lower without preempt', { ...LOWER, preempt: false }, 'a dead proxy moves nothing'],
    ['lower with preempt_delay', { ...LOWER, preemptDelay: milliseconds(5000) }, 'a dead proxy costs 5 s more'],
    ['a single node', { prefer: ['lb1'] }, 'only lb1 may hold it: nobody takes over'],
    ['a short interval', { interval: milliseconds(10) }, 'an interval of 10 ms needs real-time scheduling'],
    ['low priorities', { priorities: { lb1: 100, lb2: 90 } }, 'priority 90 of lb2 makes every take-over 130 ms slower'],
    ['a long lease', { lease: seconds(30) }, 'leaves two holders for up to 31 s'],
    [
      'a lease that ends early',
      { interval: milliseconds(10_000), lease: seconds(21) },
      'a killed daemon costs up to 9.12 s; "lease: 31s" closes the gap',
    ],
  ])('%s', (_, vip, warning) => {
    expect(warningsOf(vip).join('\n')).toContain(warning);
  });

  test('no proxy', () => {
    expect(warningsOf({}, { proxy: undefined })).toEqual([expect.stringContaining('no proxy is watched')]);
  });

  test('a short interval is not doubted with real-time scheduling', () => {
    expect(warningsOf({ interval: milliseconds(10) }, {}, true)).toEqual([]);
  });

  test('the defaults warn of nothing', () => {
    expect(warningsOf({})).toEqual([]);
  });
});
