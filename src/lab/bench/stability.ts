/**
 * `bench stability`: how often a daemon takes its peer for dead when nothing is wrong but that the processors are busy.
 * Both cores of the machine run endless loops, at ordinary priority, for the whole time.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { milliseconds } from '../../wire/units.ts';
import type { Milliseconds } from '../../wire/units.ts';
import { fetchStatus } from '../../control/client.ts';
import { labUp } from '../lab.ts';
import type { Lab } from '../lab.ts';
import { vipOf } from '../pairfile.ts';
import { until } from '../until.ts';
import { HolderWatch } from '../watch.ts';
import type { Contender } from './contender.ts';
import { keepalivedBest } from './keepalived.ts';
import { table } from './statistics.ts';
import { vipair } from './vipair.ts';

export interface StabilityOptions {
  /** How long each daemon is watched under load. */
  readonly duration: Milliseconds;
  readonly progress: (line: string) => void;
}

export interface StabilityResult {
  readonly contender: string;
  readonly seconds: number;
  /** How often a VIP got another holder, or a second one. */
  readonly moves: number;
  /** How often a router became active, by the daemon's own count; `undefined` where it keeps none. */
  readonly elections: number | undefined;
  /** How late the daemon's own timer was at worst, in milliseconds; `undefined` where it does not say. */
  readonly timerWorstMs: number | undefined;
}

/** An endless loop that ends with the benchmark, however that ends. */
const HOG =
  'const p = process.ppid; for (;;) { for (let i = 0; i < 1e8; i++); if (process.ppid !== p) process.exit(); }';

/** Watches each contender under load, one after the other. Throws `OpError`. */
export async function runStability(options: StabilityOptions): Promise<StabilityResult[]> {
  const results: StabilityResult[] = [];
  for (const contender of contenders()) {
    options.progress(`${contender.name}: ${options.duration / 1000} s with ${availableParallelism()} busy processors`);
    results.push(await watchOne(contender, options.duration));
  }
  return results;
}

function contenders(): Contender[] {
  const at = (interval: string, realtime: boolean): Contender => {
    const note = `${interval}${realtime ? ', SCHED_FIFO' : ', no SCHED_FIFO'}`;
    return vipair({ settings: { interval, sysctl: 'apply' } }, note, realtime ? [] : ['--no-realtime']);
  };
  return [
    at('200ms', true),
    at('200ms', false),
    keepalivedBest(milliseconds(200)),
    at('50ms', true),
    at('50ms', false),
    keepalivedBest(milliseconds(50)),
    at('10ms', true),
    at('10ms', false),
    keepalivedBest(milliseconds(10)),
  ];
}

async function watchOne(contender: Contender, duration: Milliseconds): Promise<StabilityResult> {
  const lab = await labUp({ name: 'steady', backends: 0 });
  const hogs: ChildProcess[] = [];
  try {
    for (const host of lab.hosts) await contender.start(lab, host);
    const vips = [vipOf(1), vipOf(2)];
    const crossed = (): boolean => vips.every((vip, index) => lab.holders(vip).join() === lab.hosts[index]?.name);
    await until('the pair is crossed', crossed, milliseconds(30_000));
    const watches = vips.map((vip) => new HolderWatch(lab, vip, milliseconds(2)));
    const before = await elections(lab, contender);
    for (let i = 0; i < availableParallelism(); i++) hogs.push(spawn(process.execPath, ['-e', HOG]));
    await pause(duration);
    for (const hog of hogs) hog.kill('SIGKILL');
    const after = await elections(lab, contender);
    for (const watch of watches) watch.stop();
    return {
      contender: contender.name,
      seconds: duration / 1000,
      moves: watches.reduce((sum, watch) => sum + watch.changes.length - 1, 0),
      elections: before === undefined || after === undefined ? undefined : after.count - before.count,
      timerWorstMs: after?.timerWorstMs,
    };
  } finally {
    for (const hog of hogs) hog.kill('SIGKILL');
    for (const host of lab.hosts) await contender.stop(host);
    lab.down();
  }
}

/** How often the daemons of both hosts elected themselves so far: from `status`, or from keepalived's log. */
async function elections(
  lab: Lab,
  contender: Contender,
): Promise<{ count: number; timerWorstMs: number | undefined } | undefined> {
  if (contender.process !== 'daemon') {
    const logs = lab.hosts.map((host) => host.readFile(`${host.directory}/${contender.process}.log`));
    return { count: logs.join('').split('Entering MASTER STATE').length - 1, timerWorstMs: undefined };
  }
  const all = await Promise.all(lab.hosts.map((host) => fetchStatus(`${host.directory}/control.sock`)));
  return {
    count: all.flatMap(({ vips }) => vips).reduce((sum, vip) => sum + (vip.counters['activeTransitions'] ?? 0), 0),
    timerWorstMs: Math.max(...all.map(({ engine }) => engine.timerLateness.worstMs)),
  };
}

/** The results as a table. */
export function stabilityTable(results: readonly StabilityResult[]): string {
  const head = ['DAEMON', 'SECONDS', 'VIP MOVES', 'ELECTIONS', 'OWN TIMER WORST MS'];
  const rows = results.map((result) => [
    result.contender,
    `${result.seconds}`,
    `${result.moves}`,
    `${result.elections ?? '-'}`,
    result.timerWorstMs === undefined ? '-' : result.timerWorstMs.toFixed(1),
  ]);
  return table(head, rows);
}
