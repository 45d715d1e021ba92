/**
 * `bench switch`: what clients notice when a live host changes from one proxy to another and back. A crossed pair in a
 * lab, both VIPs under load from clients that open a new connection for each request and from clients that keep theirs;
 * the hosts are switched in turn, while the other VIP is served by the other host. Next to it, in the same run, the same
 * without this program: the one proxy is stopped and the other one started.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { now } from '../../../linux/clock.ts';
import { between, milliseconds } from '../../../wire/units.ts';
import { KeepAliveLoad } from '../../keepalive.ts';
import { startLoad } from '../../load.ts';
import type { Load } from '../../load.ts';
import type { Member } from '../../member.ts';
import { until } from '../../until.ts';
import type { SwitchRow, Way } from './row.ts';
import { adoptedStage, handStage, managedStage } from './stage.ts';
import type { Stage } from './stage.ts';

export const WAYS: readonly Way[] = ['managed', 'adopted', 'by hand'];

export interface SwitchBenchOptions {
  /** All unless given. */
  readonly ways?: readonly Way[];
  /** Of each way. */
  readonly switches: number;
  readonly progress: (line: string) => void;
}

/** New connections for each switch: twenty switches see 300 000. */
const CONNECTIONS = 15_000;

/** New connections a millisecond, over all targets. */
const RATE = 2;

/** What is refused or reset fails at once; waiting tells only how busy the machine is. */
const TIMEOUT = milliseconds(5000);

const stages: Readonly<Record<Way, () => Promise<Stage>>> = {
  managed: managedStage,
  adopted: adoptedStage,
  'by hand': handStage,
};

/** Measures each way and returns its row. Throws `OpError`. */
export async function runSwitch({ ways = WAYS, switches, progress }: SwitchBenchOptions): Promise<SwitchRow[]> {
  const rows: SwitchRow[] = [];
  for (const way of ways) {
    progress(`${way}: ${switches} switches`);
    const stage = await stages[way]();
    try {
      rows.push({ way, ...(await measure(stage, switches, progress)) });
    } finally {
      stage.lab.down();
    }
  }
  return rows;
}

async function measure(
  stage: Stage,
  switches: number,
  progress: (line: string) => void,
): Promise<Omit<SwitchRow, 'way'>> {
  const { load, keeping } = await startClients(stage.lab.client, stage.targets);
  const before = await stage.moves();
  const times: number[] = [];
  for (let round = 1; round <= switches; round++) {
    const begun = now();
    const said = await stage.change(round - 1);
    times.push(between(begun, now()));
    await until('the clients have made their connections', () => load.attempts.length >= round * CONNECTIONS, LONG);
    progress(`  ${round}: ${said}, ${failuresOf(load)} of ${load.attempts.length} new connections failed so far`);
  }
  // What the last one has lost is seen by now.
  await pause(1000);
  const moves = (await stage.moves()) - before;
  const kept = await keeping.stop();
  const { attempts, failures } = await load.stop();
  return {
    times,
    fresh: { failed: failuresOf(load), of: attempts, how: failures },
    kept: { lost: kept.failures, of: kept.requests, losses: kept.lost },
    moves,
  };
}

/** Until fifteen thousand connections are made on a busy machine. */
const LONG = milliseconds(120_000);

async function startClients(
  client: Member,
  targets: readonly string[],
): Promise<{ load: Load; keeping: KeepAliveLoad }> {
  const load = await startLoad(client, {
    ...{ targets: targets.map((target) => `${target}:80`), timeout: TIMEOUT },
    interval: milliseconds(targets.length / RATE),
  });
  return { load, keeping: new KeepAliveLoad(client, { targets: targets.map((host) => ({ host, port: 80 })) }) };
}

const failuresOf = (load: Load): number => load.attempts.filter(({ ending }) => ending !== 'good').length;
