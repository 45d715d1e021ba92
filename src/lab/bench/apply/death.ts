import { setTimeout as pause } from 'node:timers/promises';
import { now } from '../../../linux/clock.ts';
import { between, milliseconds } from '../../../wire/units.ts';
import type { Instant } from '../../../wire/units.ts';
import { startBackend } from '../../backend.ts';
import type { Backend } from '../../backend.ts';
import { failure } from '../../failure.ts';
import { startLoad } from '../../load.ts';
import type { Load } from '../../load.ts';
import { PATIENCE, Rig } from './rig.ts';
import type { Station } from './rig.ts';
import type { ApplyRow } from './row.ts';
import { OURS } from './row.ts';

/** What befalls one of two backends. */
type Death = 'killed' | 'hung';

const CHECK = { type: 'http', path: '/healthz', interval: '500ms', timeout: '500ms', rise: 1, fall: 2 };

/** Clients wait no longer for an answer. */
const TIMEOUT = milliseconds(3000);

/**
 * One of two backends dies under load: how many requests fail, and how long it takes until the proxy asks it no more,
 * which is from the event to when the daemon has seen it dead and the proxy's new state in force. `hung` takes
 * connections and answers nothing.
 */
export async function measureDeath(
  profile: string,
  repetitions: number,
  progress: (line: string) => void,
): Promise<ApplyRow[]> {
  const timeouts = { connect: '1s', server: '2s', client: '10s' };
  const rig = await Rig.up({ name: 'applydeath', profile, service: { check: CHECK, timeouts } });
  try {
    const rows: ApplyRow[] = [];
    for (const death of ['killed', 'hung'] as const) {
      const times: number[] = [];
      const failed = { count: 0, of: 0 };
      for (let round = 1; round <= repetitions; round++) {
        const one = await dieOnce(rig, death);
        times.push(one.removed);
        failed.count += one.failed;
        failed.of += one.of;
        progress(`  backend ${death}: gone after ${one.removed.toFixed(0)} ms, ${one.failed} of ${one.of} failed`);
      }
      const note = 'time to removal; checked every 500 ms, down after 2; a request a backend holds ends after 2 s';
      rows.push({ what: `backend ${death} under load`, proxy: profile, by: OURS, times, failed, note });
    }
    return rows;
  } finally {
    rig.down();
  }
}

async function dieOnce(rig: Rig, death: Death): Promise<{ removed: number; failed: number; of: number }> {
  const [backend] = rig.backends;
  if (backend === undefined) throw new RangeError('The rig has no backend');
  const { first } = rig;
  await countIs(first, 'up', 2);
  const load = await startLoad(rig.lab.client, {
    ...{ targets: [`${first.host.ipv4}:80`], interval: milliseconds(5), timeout: TIMEOUT },
  });
  await pause(500);
  const at = await kill(backend, death);
  await countIs(first, 'down', 1);
  const removed = between(at, now());
  // As long as the last of those that were asked before may wait.
  await pause(TIMEOUT);
  const { failed, of } = await countOf(load, at);
  await revive(rig, backend, death);
  return { removed, failed, of };
}

async function kill(backend: Backend, death: Death): Promise<Instant> {
  const at = now();
  if (death === 'hung') await backend.set('hang');
  else backend.member.processes().forEach(({ pid }) => process.kill(pid, 'SIGKILL'));
  return at;
}

async function revive(rig: Rig, backend: Backend, death: Death): Promise<void> {
  if (death === 'hung') await backend.set('ok');
  else await startBackend(backend.member);
  await countIs(rig.first, 'up', 2);
}

/** Waits until so many backends are in a state, and the proxy is told. */
async function countIs({ daemon }: Station, state: 'up' | 'down', count: number): Promise<void> {
  if (daemon === undefined) throw failure('ask the daemon', 'there is none');
  await daemon.until(
    `${count} backends are ${state}, and the proxy knows`,
    ({ services, apply }) => services[0]?.counts[state] === count && apply?.isBusy === false,
    PATIENCE,
  );
}

async function countOf(load: Load, since: Instant): Promise<{ failed: number; of: number }> {
  await load.stop();
  const all = load.attempts.filter(({ start }) => start >= since - 20);
  return { failed: all.filter(({ ending }) => ending !== 'good').length, of: all.length };
}
