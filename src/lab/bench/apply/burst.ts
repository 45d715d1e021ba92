import { setTimeout as pause } from 'node:timers/promises';
import { now } from '../../../linux/clock.ts';
import { between } from '../../../wire/units.ts';
import { failure } from '../../failure.ts';
import { startLoad } from '../../load.ts';
import { QUIET, Rig } from './rig.ts';
import type { ApplyRow } from './row.ts';
import { OURS } from './row.ts';

const CHANGES = 1000;
const SECOND = 1000;

/** The weight of the last change, which none of the others has. */
const LAST = 201;

/**
 * A thousand changes of the file of backends in one second, on both hosts: how many applies they were, and whether what is
 * in force in the end is the last one: as the daemon says, and as the client sees it. Each change moves the one server to
 * the other address and gives it another weight.
 */
export async function measureBurst(profile: string, progress: (line: string) => void): Promise<ApplyRow[]> {
  const rig = await Rig.up({ name: 'applyburst', profile, daemons: 2 });
  const [one, two] = rig.lab.backends;
  const targets = rig.stations.map(({ host }) => `${host.ipv4}:80`);
  const load = await startLoad(rig.lab.client, { targets, header: 'x-backend' });
  try {
    const before = await appliesOf(rig);
    const listOf = (change: number): { name: string; address: string; weight: number }[] => {
      const address = `${(change % 2 === 0 ? one : two)?.ipv4 ?? ''}:8080`;
      return [{ name: 'app', address, weight: change === CHANGES ? LAST : (change % 200) + 1 }];
    };
    const begun = now();
    for (let change = 1; change <= CHANGES; change++) {
      rig.write(listOf(change));
      const early = (change * SECOND) / CHANGES - between(begun, now());
      if (early > 1) await pause(early);
    }
    const took = between(begun, now());
    for (const { daemon } of rig.stations)
      await daemon?.until('the last change is known', ({ services }) => services[0]?.backends[0]?.weight === LAST);
    await rig.rest();
    const answers = load.attempts.slice(-2 * targets.length);
    if (answers.some(({ front }) => front !== one?.name))
      throw failure('see the last of many changes', 'an old server answers');
    const applies = (await appliesOf(rig)).map((count, index) => count - (before[index] ?? 0));
    if (applies.includes(0)) throw failure('see the last of many changes', 'a host has applied none');
    progress(`  ${CHANGES} changes in ${took.toFixed(0)} ms: ${applies.join(' and ')} applies`);
    const note = `${applies.join(' and ')} applies on the two hosts, the last change in force on both; quiet ${QUIET} ms`;
    const figures = { changes: CHANGES, seconds: took / SECOND, applies: Math.max(...applies) };
    return [
      {
        what: `${CHANGES} changes in ${(took / SECOND).toFixed(1)} s`,
        proxy: profile,
        by: OURS,
        times: [],
        failed: undefined,
        figures,
        note,
      },
    ];
  } finally {
    await load.stop();
    rig.down();
  }
}

const appliesOf = (rig: Rig): Promise<number[]> =>
  Promise.all(rig.stations.map(async ({ daemon }) => (await daemon?.status())?.apply?.last?.id ?? 0));
