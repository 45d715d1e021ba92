/** `bench footprint`: how long a daemon takes to start, and how much memory its processes hold. */
import { readFileSync } from 'node:fs';
import { now } from '../../linux/clock.ts';
import { between, milliseconds } from '../../wire/units.ts';
import { labUp } from '../lab.ts';
import type { Lab } from '../lab.ts';
import { vipOf } from '../pairfile.ts';
import { until } from '../until.ts';
import type { Contender } from './contender.ts';
import { familyOf } from './family.ts';
import { keepalivedBest } from './keepalived.ts';
import { median, table } from './statistics.ts';
import { vipair } from './vipair.ts';

export interface FootprintOptions {
  readonly repetitions: number;
  readonly progress: (line: string) => void;
}

export interface FootprintResult {
  readonly contender: string;
  /** From the start of the process to the VIP being held on a segment without another router: ms, median and worst. */
  readonly startMs: number;
  readonly startWorstMs: number;
  /** Of that, what the protocol waits by itself: the active-down interval. */
  readonly listenMs: number;
  /** The daemon's processes, the first being the one that was started. */
  readonly processes: readonly { readonly name: string; readonly pssMb: number; readonly privateMb: number }[];
}

const INTERVAL = milliseconds(200);

/** The active-down interval of priority 254 at 200 ms, that of keepalived's best set-up too. */
const LISTEN = 3 * INTERVAL + (2 / 256) * INTERVAL;

/** Measures each contender on one host of a lab. Throws `OpError`. */
export async function runFootprint({ repetitions, progress }: FootprintOptions): Promise<FootprintResult[]> {
  const lab = await labUp({ name: 'print', backends: 0 });
  try {
    const results: FootprintResult[] = [];
    for (const contender of [vipair({ settings: { sysctl: 'apply' } }), keepalivedBest(INTERVAL)]) {
      progress(contender.name);
      results.push(await measure(lab, contender, repetitions));
    }
    return results;
  } finally {
    lab.down();
  }
}

async function measure(lab: Lab, contender: Contender, repetitions: number): Promise<FootprintResult> {
  const [host] = lab.hosts;
  if (host === undefined) throw new RangeError('The lab has no host');
  const times: number[] = [];
  let processes: FootprintResult['processes'] = [];
  for (let i = 0; i < repetitions; i++) {
    const startedAt = now();
    const started = contender.start(lab, host);
    const heldAt = await until('the VIP is held', () => host.holds(vipOf(1)), milliseconds(20_000), milliseconds(1));
    await started;
    times.push(between(startedAt, heldAt));
    processes = familyOf(host, contender.process).map(({ pid, comm }, index) =>
      memoryOf(pid, nameOf(contender, comm, index)),
    );
    await contender.stop(host);
    await until('the VIP is gone', () => !host.holds(vipOf(1)), milliseconds(10_000));
  }
  const startMs = median(times);
  return { contender: contender.name, startMs, startWorstMs: Math.max(...times), listenMs: LISTEN, processes };
}

const nameOf = (contender: Contender, comm: string, index: number): string =>
  contender.process === 'daemon' ? (['engine', 'manager'][index] ?? comm) : comm;

/** Proportional and private memory of a process, from the kernel's own sums (proc_pid_smaps(5)). */
function memoryOf(pid: number, name: string): FootprintResult['processes'][number] {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
  const kb = (key: string): number => Number(new RegExp(`^${key}: +(\\d+)`, 'm').exec(rollup)?.[1] ?? 0);
  return { name, pssMb: kb('Pss') / 1024, privateMb: (kb('Private_Clean') + kb('Private_Dirty')) / 1024 };
}

/** The results as a table, one line a process. */
export function footprintTable(results: readonly FootprintResult[]): string {
  const head = ['DAEMON', 'START TO VIP MS', 'WORST MS', 'OF THAT LISTENING MS', 'PROCESS', 'PSS MB', 'PRIVATE MB'];
  const rows = results.flatMap((result) =>
    result.processes.map((process, index) => [
      index === 0 ? result.contender : '',
      index === 0 ? result.startMs.toFixed(0) : '',
      index === 0 ? result.startWorstMs.toFixed(0) : '',
      index === 0 ? result.listenMs.toFixed(0) : '',
      process.name,
      process.pssMb.toFixed(1),
      process.privateMb.toFixed(1),
    ]),
  );
  return table(head, rows);
}
