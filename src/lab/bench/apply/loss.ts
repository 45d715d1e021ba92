import { setTimeout as pause } from 'node:timers/promises';
import { milliseconds } from '../../../wire/units.ts';
import { settled } from '../../settled.ts';
import { startLoad } from '../../load.ts';
import type { Load } from '../../load.ts';
import { vipOf } from '../../pairfile.ts';
import { until } from '../../until.ts';
import { Hand } from './byhand.ts';
import { PATIENCE, Rig } from './rig.ts';
import type { ApplyRow } from './row.ts';
import { BY_HAND, OURS } from './row.ts';

const ROUNDS = 20;
/** An address of the network that no host has, as a VIP is for whoever does not hold it. */
const MISSING = '192.0.2.199';

/** By hand, each of these costs seconds. */
const HAND_ROUNDS = 3;

/**
 * What clients that open a new connection for every request lose in twenty applies that take a reload: of a crossed pair,
 * where each host listens on a VIP that it does not hold; and on a host that cannot even bind the VIP it is told to listen
 * on, next to the same reload by hand.
 */
export async function measureLoss(profile: string, progress: (line: string) => void): Promise<ApplyRow[]> {
  const rows = [await crossedPair(profile), ...(await missingVip(profile))];
  for (const { by, failed } of rows) progress(`  ${by}: ${failed?.count} of ${failed?.of} failed`);
  return rows;
}

const balanceOf = (round: number): string => (round % 2 === 0 ? 'roundrobin' : 'leastconn');

async function crossedPair(profile: string): Promise<ApplyRow> {
  const vips = [vipOf(1), vipOf(2)];
  const rig = await Rig.up({ name: 'applyloss', profile, daemons: 2, listen: vips.map((vip) => `${vip}:80`) });
  try {
    await settled(rig.stations.flatMap(({ daemon }) => daemon ?? []));
    const load = await loadOf(rig, vips);
    const before = rig.stations.map(async ({ daemon }) => (await daemon?.status())?.apply?.last?.id ?? 0);
    const start = (await Promise.all(before)).at(0) ?? 0;
    for (let round = 1; round <= ROUNDS; round++) {
      await rig.reload({ balance: balanceOf(round) });
      for (const { daemon } of rig.stations)
        await daemon?.until(
          'it is in force',
          ({ apply }) => apply?.isBusy === false && (apply.inForce ?? 0) >= start + round,
        );
    }
    const failed = await failedOf(load);
    const what = `${ROUNDS} applies by reload, each host with one of two VIPs`;
    return { what, proxy: profile, by: OURS, times: [], failed, note: 'new connections, both VIPs, both hosts apply' };
  } finally {
    rig.down();
  }
}

async function missingVip(profile: string): Promise<ApplyRow[]> {
  const rig = await Rig.up({ name: 'applymiss', profile, nonlocalBind: false, listen: ['0.0.0.0:80'] });
  const [, other] = rig.stations;
  if (other === undefined) throw new RangeError('The rig has one host');
  const what = `reload with a VIP that the host has not, and cannot bind`;
  try {
    const load = await loadOf(rig, [rig.first.host.ipv4]);
    let refused = 0;
    for (let round = 1; round <= ROUNDS; round++) {
      await rig.reload({ balance: balanceOf(round), listen: ['0.0.0.0:80', `${MISSING}:8443`] });
      const status = await rig.first.daemon.until('it is judged', ({ apply }) => apply?.isBusy === false);
      if (status.apply?.last?.result === 'refused') refused++;
    }
    const ours = await failedOf(load);
    await rig.reload({});
    await rig.rest();
    const hand = new Hand(other, rig.profile);
    await hand.take(rig.first.front);
    await until('it serves', () => other.host.listens(80), PATIENCE);
    const handLoad = await loadOf(rig, [other.host.ipv4]);
    let taken = 0;
    for (let round = 1; round <= HAND_ROUNDS; round++) {
      const change = await hand.take(rig.first.front, (text) => text.replaceAll('0.0.0.0:80', `${MISSING}:80`));
      if (change.isTaken) taken++;
      await pause(3000);
    }
    const theirs = await failedOf(handLoad);
    await hand.close();
    return [
      {
        what,
        proxy: profile,
        by: OURS,
        times: [],
        failed: ours,
        note: `${refused} of ${ROUNDS} refused by the preflight or the checker`,
      },
      {
        what,
        proxy: profile,
        by: BY_HAND,
        times: [],
        failed: theirs,
        note: `${taken} of ${HAND_ROUNDS} passed the checker`,
      },
    ];
  } finally {
    rig.down();
  }
}

/** A connection that was refused or reset fails at once; waiting tells only how busy the machine is. */
const loadOf = (rig: Rig, addresses: readonly string[]): Promise<Load> =>
  startLoad(rig.lab.client, {
    targets: addresses.map((address) => `${address}:80`),
    interval: milliseconds(3),
    timeout: milliseconds(5000),
  });

async function failedOf(load: Load): Promise<{ count: number; of: number }> {
  await load.stop();
  const bad = load.attempts.filter(({ ending }) => ending !== 'good');
  return { count: bad.length, of: load.attempts.length };
}
