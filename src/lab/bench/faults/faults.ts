/**
 * `bench faults`: everything that goes wrong with a pair in the stories that people tell, brought about on a lab with real
 * proxies and real packets, for this program and for keepalived as tutorials configure it. A row says what a client
 * lost, who held the VIPs, how often they moved, and whether anybody was told why.
 *
 * Scenarios are data (`scenarios.ts`) with the steps that bring a fault about; one way of playing them (`measure.ts`)
 * serves all daemons and proxies. What is said of a row is said by pure functions (`row.ts`).
 */
import { labUp } from '../../lab.ts';
import type { Lab } from '../../lab.ts';
import { installFronts, profileNamed, startBackends } from '../../pair.ts';
import type { Profile } from '../../../proxy/profile.ts';
import { findFront } from '../../front.ts';
import { measureFault } from './measure.ts';
import type { FaultRow } from './row.ts';
import type { FaultScenario } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';
import { keepalivedSubject, vipairSubject } from './subject.ts';

export interface FaultsOptions {
  /** Names of profiles. keepalived is played once, with the first that a scenario can be played with. */
  readonly profiles: readonly string[];
  /** Names of scenarios; all unless given. */
  readonly only?: readonly string[];
  readonly progress: (line: string) => void;
}

/** The names of the scenarios, in the order of the table. */
export const FAULT_NAMES: readonly string[] = SCENARIOS.map(({ name }) => name);

/** Plays every scenario and returns its rows in the order of the table. Throws `OpError`. */
export async function runFaults({ profiles, only, progress }: FaultsOptions): Promise<FaultRow[]> {
  const lab = await labUp({ name: 'faults', secondLink: true });
  try {
    await startBackends(lab);
    const wanted = SCENARIOS.filter(({ name }) => only?.includes(name) ?? true);
    const rows: FaultRow[] = [];
    for (const name of profiles) {
      const profile = profileNamed(name);
      await changeFronts(lab, profile);
      for (const scenario of wanted) {
        progress(`${name}: ${scenario.name}: ${scenario.what}`);
        const isPlayed = rows.some(({ fault }) => fault === scenario.name);
        rows.push(...(await playAll(lab, profile, scenario, !isPlayed, progress)));
      }
    }
    const order = (row: FaultRow): number => FAULT_NAMES.indexOf(row.fault);
    return rows.toSorted((a, b) => order(a) - order(b));
  } finally {
    lab.down();
  }
}

async function playAll(
  lab: Lab,
  profile: Profile,
  scenario: FaultScenario,
  withKeepalived: boolean,
  progress: (line: string) => void,
): Promise<FaultRow[]> {
  const { setUp = {} } = scenario;
  const subjects = [...(withKeepalived ? [keepalivedSubject(profile, setUp)] : []), vipairSubject(profile, setUp)];
  const rows: FaultRow[] = [];
  for (const subject of subjects) {
    const row = await measureFault(lab, subject, scenario);
    if (typeof row === 'string') {
      progress(`  left out: ${row}`);
      return [];
    }
    progress(`  ${subject.name}: ${row.short.length === 0 ? 'well' : `not well: ${row.short.join(', ')}`}`);
    rows.push(row);
  }
  return rows;
}

async function changeFronts(lab: Lab, profile: Profile): Promise<void> {
  await Promise.all(lab.hosts.map(async (host) => findFront(host)?.stop()));
  await Promise.all(installFronts(lab, profile).map((front) => front.start()));
}
