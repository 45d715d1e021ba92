import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { now } from '../../../linux/clock.ts';
import { between } from '../../../wire/units.ts';
import { failure } from '../../failure.ts';
import { programCommand } from '../../program.ts';
import { must } from '../../run.ts';
import { median } from '../statistics.ts';
import { PATIENCE, Rig } from './rig.ts';
import type { Station } from './rig.ts';
import type { ApplyRow } from './row.ts';
import { OURS } from './row.ts';

const BACKENDS = 2000;
const INTERVAL_MS = 2000;
const PORT = 8081;

/** Until the engine of the language has compiled what runs all the time: a daemon runs for months. */
const WARM_UP_MS = 30_000;

/** How long the checks are watched. */
const WATCHED_MS = 10_000;

/** sysconf(_SC_CLK_TCK), 100 on every Linux that Node.js runs on; clock ticks in proc_pid_stat(5). */
const TICK_MS = 10;

/** Backends of their own addresses (RFC 2544), all on one host of the lab. */
const NETWORK = '198.18.0.0/16';

/**
 * Two thousand backends, each checked every two seconds by the daemon of one host: what its manager takes of a processor
 * beyond what it took before they were there, and how evenly the checks come in at the backends, counted every 100 ms.
 */
export async function measureChecks(
  profile: string,
  type: 'tcp' | 'http',
  progress: (line: string) => void,
): Promise<ApplyRow[]> {
  const check = { type, interval: `${INTERVAL_MS}ms`, rise: 1, ...(type === 'http' ? { path: '/' } : {}) };
  const rig = await Rig.up({ name: 'applycheck', profile, service: { check } });
  try {
    const [sinkMember] = rig.lab.backends;
    if (sinkMember === undefined) throw failure('measure checks', 'the lab has no backend');
    const local = ['ip', 'route', 'add', 'local', NETWORK, 'dev', 'lo'];
    const route = ['ip', 'route', 'add', NETWORK, 'via', sinkMember.ipv4];
    await must(`give "${sinkMember.name}" ${NETWORK}`, sinkMember.commandFor(local));
    await must(`route ${NETWORK}`, rig.first.host.commandFor(route));
    const sink = sinkMember.spawn(programCommand('sink', { port: PORT }));
    const counts: number[] = [];
    if (sink.stdout !== null)
      createInterface({ input: sink.stdout }).on('line', (line) =>
        counts.push((JSON.parse(line) as { count: number }).count),
      );
    await pause(WARM_UP_MS);
    const rest = await shareOf(rig.first);
    rig.write(list());
    const isUp: Parameters<typeof rig.first.daemon.until>[1] = ({ services, apply }) =>
      services[0]?.counts.up === BACKENDS && apply?.isBusy === false;
    await rig.first.daemon.until('all are up', isUp, PATIENCE);
    await pause(WARM_UP_MS);
    const row = await watch(rig.first, rest, counts);
    sink.stdin?.end();
    progress(`  ${type}: ${row.note}`);
    return [{ ...row, what: `${BACKENDS} backends checked every 2 s, ${type}`, proxy: profile }];
  } finally {
    rig.down();
  }
}

/** The share of a processor that the manager of a host takes now. */
async function shareOf({ daemon }: Station): Promise<number> {
  const pid = daemon?.manager?.pid ?? 0;
  const [begun, before] = [now(), processorTime(pid)];
  await pause(WATCHED_MS);
  return (processorTime(pid) - before) / between(begun, now());
}

async function watch(station: Station, rest: number, counts: number[]): Promise<ApplyRow> {
  const first = counts.length;
  const whole = await shareOf(station);
  const share = whole - rest;
  const seen = counts.slice(first);
  const inOrder = seen.toSorted((a, b) => a - b);
  const ninth = inOrder[Math.floor(inOrder.length * 0.9)] ?? 0;
  const rate = (seen.reduce((sum, count) => sum + count, 0) / seen.length) * 10;
  const most = inOrder.at(-1) ?? 0;
  const figures = {
    cores: share,
    cores_without_checks: rest,
    checks_per_second: rate,
    in100ms_median: median(seen),
    in100ms_p90: ninth,
    in100ms_most: most,
  };
  const note =
    `${share.toFixed(3)} of a core for ${rate.toFixed(0)} checks/s, beside ${rest.toFixed(3)} for all else; ` +
    `in 100 ms ${median(seen)}, ` +
    `9 times of 10 at most ${ninth}, never more than ${most}`;
  return { what: '', proxy: '', by: OURS, times: [], failed: undefined, figures, note };
}

const list = (): { address: string }[] =>
  Array.from({ length: BACKENDS }, (_, index) => ({ address: `198.18.${index >> 7}.${(index & 127) + 1}:${PORT}` }));

/** What a process, all threads together, has used so far: utime and stime, in milliseconds. */
function processorTime(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = text.slice(text.lastIndexOf(') ') + 2).split(' ');
  // The first word of the rest is field 3; utime is 14, stime 15.
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
