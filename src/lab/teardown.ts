import { spawnSync } from 'node:child_process';
import { rmSync, rmdirSync } from 'node:fs';
import { failure } from './failure.ts';
import { belongsTo } from './plan.ts';
import type { ProcessEntry } from './procfs.ts';
import { isRunning, namedNamespace, namedNamespaces, namespaceOf, processesIn, signalProcess } from './procfs.ts';
import { environment } from './run.ts';
import { labDirectory, labsDirectory } from './state.ts';

/** Looks after the kill, 5 ms apart; a process that is still there then hangs in the kernel. */
const looks = 1000;

/** Looks for which those who wait for a host's process may end by themselves. */
const patientLooks = 4;

/**
 * Removes a lab and everything in it: every process in one of its network namespaces (those of a host are all of them,
 * whatever their mounts), the namespaces, the directory. It goes by the names of the namespaces and not by the state
 * file, so it also removes a lab that was only half built. Removing what is not there is no failure.
 *
 * Synchronous from the first line to the last, because it also runs in `exit` handlers. Throws `OpError` when something
 * stays behind.
 */
export function tearDown(lab: string): void {
  const names = namedNamespaces().filter((name) => belongsTo(lab, name));
  const identities = new Set(names.map(namedNamespace).filter((identity) => identity !== undefined));
  killAllIn(lab, identities);
  if (names.length > 0) {
    const input = names.map((name) => `netns delete ${name}\n`).join('');
    const { status, stderr } = spawnSync('ip', ['-force', '-batch', '-'], { input, env: environment() });
    if (status !== 0) throw failure(`remove the network namespaces of lab "${lab}"`, stderr.toString().trim());
  }
  rmSync(labDirectory(lab), { recursive: true, force: true });
  try {
    rmdirSync(labsDirectory);
  } catch {
    // Other labs are up, or there never was one.
  }
}

/**
 * Kills until nothing is left, because a process may fork between the look and the signal. The hosts' own processes go
 * first: whoever waits for one of them from outside then reaps it, which the PID 1 of a container may never do, and
 * until all are reaped a pid namespace stays.
 */
function killAllIn(lab: string, namespaces: ReadonlySet<number>): void {
  if (namespaces.size === 0) return;
  const own = namespaceOf(process.pid, 'pid');
  const killed = new Map<number, ProcessEntry>();
  for (let look = 0; look < looks; look++) {
    const left = processesIn('net', namespaces).filter(({ pid }) => pid !== process.pid);
    if (left.length === 0) break;
    const foreign = left.filter(({ pid }) => namespaceOf(pid, 'pid') !== own);
    for (const entry of foreign.length > 0 || look < patientLooks ? foreign : left) {
      killed.set(entry.pid, entry);
      signalProcess(entry.pid, 'SIGKILL');
    }
    if (look === looks - 1) throw failure(`end the processes of lab "${lab}"`, 'they survived SIGKILL for 5 s');
    pause();
  }
  // What has left its namespaces may still be on its way out.
  for (let look = 0; look < looks && [...killed.values()].some(isRunning); look++) pause();
}

const lock = new Int32Array(new SharedArrayBuffer(4));

const pause = (): void => void Atomics.wait(lock, 0, 0, 5);
