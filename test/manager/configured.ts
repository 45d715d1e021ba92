import type { Config } from '../../src/config/config.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { formatError } from '../../src/config/report.ts';
import type { RouterSnapshot, Snapshot } from '../../src/engine/snapshot.ts';
import { addressOf } from '../../src/wire/address.ts';
import { instant, milliseconds } from '../../src/wire/units.ts';

/** A crossed pair without a proxy. */
export const CROSSED = `nodes:
  lb1: { addresses: [192.0.2.11, "2001:db8::11"] }
  lb2: { addresses: [192.0.2.12, "2001:db8::12"] }
interface: eth0
vips:
  web-1: { vrid: 51, address: 192.0.2.101/24, prefer: [lb1, lb2] }
  web-2: { vrid: 52, address: 192.0.2.102/24, prefer: [lb2, lb1] }
`;

/** The configuration of a text that must be right. */
export function configOf(text: string): Config {
  const result = parseConfig(text, 'pair.yaml', { profiles: [] });
  if ('errors' in result) throw new Error(result.errors.map(formatError).join('\n'));
  return result.config;
}

/** When every snapshot of these tests is taken. */
export const AT = instant(1_000_000);

/** What lb1 hears of lb2 with the default interval, just now unless told otherwise. */
export const heard = (priority: number, ago = 50, source = '192.0.2.12'): NonNullable<RouterSnapshot['active']> => ({
  source: addressOf(source),
  priority,
  interval: milliseconds(200),
  at: instant(AT - ago),
});

/** The virtual router of web-1 on lb1, active, unless told otherwise. */
export const router = (more: Partial<RouterSnapshot> = {}): RouterSnapshot => ({
  key: 'web-1/ipv4',
  state: 'active',
  reason: 'no-active-router',
  since: instant(AT - 5000),
  priority: 254,
  basePriority: 254,
  because: undefined,
  causes: [],
  linkBackAt: undefined,
  interfaceDetail: 'from 192.0.2.11',
  source: addressOf('192.0.2.11'),
  peer: undefined,
  active: undefined,
  addressesInstalled: true,
  standIn: undefined,
  conflict: undefined,
  segment: 'eth0',
  traces: { voices: [], refusals: [], remarks: [], contender: undefined, neighbors: [], reports: [] },
  counters: {
    advertisementsSent: 25,
    advertisementsReceived: 0,
    priorityZeroSent: 0,
    priorityZeroReceived: 0,
    sendErrors: 0,
    activeTransitions: 1,
    announcements: 5,
    addressesRestored: 0,
    conflicts: 0,
    refused: {},
    remarks: {},
  },
  ...more,
});

/** The same as a backup that hears lb2. */
export const backup = (more: Partial<RouterSnapshot> = {}): RouterSnapshot =>
  router({ state: 'backup', reason: 'startup', addressesInstalled: false, active: heard(253), ...more });

export const snapshot = (routers: readonly RouterSnapshot[], more: Partial<Snapshot> = {}): Snapshot => ({
  pair: undefined,
  at: AT,
  pid: 4711,
  startedAt: instant(AT - 60_000),
  realtime: { priority: 50, refusal: undefined },
  lateness: { worst: milliseconds(1.234), worstAt: undefined, wakes: 300, late: 0 },
  proxy: undefined,
  checks: {},
  watchedPid: undefined,
  managerRestarts: 0,
  droppedEvents: 0,
  routers,
  segments: [{ interface: 'eth0/ipv4', state: 'up', detail: 'from 192.0.2.11', refused: {}, foreign: [] }],
  ...more,
});
