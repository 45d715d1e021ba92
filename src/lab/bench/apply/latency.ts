import { setTimeout as pause } from 'node:timers/promises';
import { now } from '../../../linux/clock.ts';
import { between, milliseconds } from '../../../wire/units.ts';
import type { PairValue } from '../../pairfile.ts';
import { failure } from '../../failure.ts';
import { startLoad } from '../../load.ts';
import type { Load } from '../../load.ts';
import { median } from '../statistics.ts';
import { Hand } from './byhand.ts';
import { firstAnswer, QUIET, Rig } from './rig.ts';
import type { ApplyRow } from './row.ts';
import { BY_HAND, OURS } from './row.ts';

/** How many servers, how often, and who is told. */
export interface LatencyOptions {
  readonly profile: string;
  readonly servers: number;
  readonly repetitions: number;
  readonly progress: (line: string) => void;
}

/**
 * From the write of the file of backends to the first answer from the address that it has given to a server, beyond the
 * quiet time, and next to it the same change made by hand on the other host, one after the other. One server answers and
 * all others are its backups, so that any answer tells which file is in force.
 */
export async function measureLatency(options: LatencyOptions): Promise<ApplyRow[]> {
  const { profile, servers, repetitions, progress } = options;
  const rig = await Rig.up({ name: 'applylat', profile, backends: listOf(servers, 0) });
  const load = await startLoad(rig.lab.client, {
    // Several at once: one connection at a time is mostly taken by the workers that are about to go.
    targets: rig.stations.flatMap(({ host }) => Array.from({ length: 4 }, () => `${host.ipv4}:80`)),
    interval: milliseconds(5),
    timeout: milliseconds(2000),
    header: 'x-backend',
  });
  const [, other] = rig.stations;
  if (other === undefined) throw new RangeError('The rig has one host');
  const hand = new Hand(other, rig.profile);
  try {
    const ours: Change[] = [];
    const theirs: number[] = [];
    await changeByHand(rig, load, hand, 0);
    for (let round = 1; round <= repetitions; round++) {
      const change = await changeFile(rig, load, servers, round);
      const byHand = await changeByHand(rig, load, hand, round);
      ours.push(change);
      theirs.push(byHand);
      progress(`  ${round}/${repetitions}: ${change.first.toFixed(1)} ms, by hand ${byHand.toFixed(1)} ms`);
    }
    return rowsOf(options, ours, theirs);
  } finally {
    await load.stop();
    await hand.close();
    rig.down();
  }
}

function rowsOf({ profile, servers }: LatencyOptions, ours: readonly Change[], theirs: readonly number[]): ApplyRow[] {
  const what = `${servers} servers, write to first new answer`;
  const methods = [...new Set(ours.map(({ method }) => method))].join(' and ');
  const took = median(ours.map(({ took: each }) => each)).toFixed(0);
  const common = { what, proxy: profile, failed: undefined };
  const figures = { quiet_ms: QUIET, complete_ms: Number(took) };
  const note = `beyond ${QUIET} ms of quiet; by ${methods}, seen to be complete after ${took} ms`;
  return [
    { ...common, by: OURS, times: ours.map(({ first }) => first), figures, note },
    { ...common, by: BY_HAND, times: theirs, note: 'write, check, reload; nobody looks whether it is complete' },
  ];
}

interface Change {
  /** To the first new answer, beyond the quiet time. */
  readonly first: number;
  /** The whole apply, until it was seen to be in force. */
  readonly took: number;
  readonly method: string;
}

async function changeFile(rig: Rig, load: Load, servers: number, round: number): Promise<Change> {
  const { daemon, host } = rig.first;
  const before = (await daemon.status()).apply?.last?.id ?? 0;
  const list = listOf(servers, round);
  const at = now();
  rig.write(list);
  const answered = await firstAnswer(load, `${host.ipv4}:80`, nameOf(round), at);
  const isDone: Parameters<typeof daemon.until>[1] = ({ apply }) =>
    (apply?.last?.id ?? 0) > before && apply?.isBusy === false;
  const { apply } = await daemon.until('the change is in force', isDone);
  await calm();
  return {
    first: between(at, answered) - QUIET,
    took: apply?.last?.durationMs ?? 0,
    method: apply?.last?.method ?? '',
  };
}

async function changeByHand(rig: Rig, load: Load, hand: Hand, round: number): Promise<number> {
  const { begun, isTaken } = await hand.take(rig.first.front);
  if (!isTaken) throw failure('change the proxy by hand', 'its checker refuses what it took elsewhere');
  const answered = await firstAnswer(load, `${hand.station.host.ipv4}:80`, nameOf(round), begun);
  // The old workers leave 100 ms later with some proxies, and nobody knows when by hand.
  await calm();
  return between(begun, answered);
}

const calm = (): Promise<void> => pause(400);

const nameOf = (round: number): string => `b${(round % 2) + 1}`;

/** One server, which is one of the lab's backends, and as many backups of it as it takes; nobody asks those. */
function listOf(servers: number, round: number): PairValue[] {
  const others = Array.from({ length: servers - 1 }, (_, index) => ({
    name: `s${index + 2}`,
    address: `198.18.${index >> 8}.${index & 255}:8080`,
    backup: true,
  }));
  return [{ name: 'app', address: `192.0.2.${21 + (round % 2)}:8080` }, ...others];
}
