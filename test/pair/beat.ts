import type { Heartbeat, RouterReport } from '../../src/wire/heartbeat.ts';
import { labelOf } from '../../src/wire/heartbeat.ts';
import { addressOf } from '../../src/wire/address.ts';
import { milliseconds } from '../../src/wire/units.ts';

/** The sessions of the tests: ours, and those of the peer before and after a restart. */
export const OWN = '00000000000000aa';
export const FIRST = '00000000000000b1';
export const SECOND = '00000000000000b2';

export const LB2 = addressOf('192.0.2.12');

/** What lb2 reports of web-1: it is active with 253. */
export const report = (more: Partial<RouterReport> = {}): RouterReport => ({
  vrid: 51,
  family: 'ipv4',
  vip: labelOf('web-1'),
  state: 'active',
  priority: 253,
  interval: milliseconds(200),
  source: LB2,
  digest: 7,
  heard: undefined,
  refused: undefined,
  ...more,
});

/** A heartbeat of lb2 on eth1 that echoes our session. */
export const beat = (more: Partial<Heartbeat> = {}): Heartbeat => ({
  node: 'lb2',
  session: FIRST,
  counter: 1,
  interval: milliseconds(200),
  path: labelOf('eth1'),
  leaving: false,
  reach: 'unasked',
  digest: 1,
  echoes: [OWN],
  paths: [],
  routers: [],
  words: new Uint8Array(0),
  ...more,
});
