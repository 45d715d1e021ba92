import { now } from '../../linux/clock.ts';
import type { Instant } from '../../wire/units.ts';
import { milliseconds } from '../../wire/units.ts';
import { failure } from '../failure.ts';
import type { Host } from '../host.ts';
import { findProcess } from '../process.ts';
import type { ProcessEntry } from '../procfs.ts';
import { isRunning, signalProcess } from '../procfs.ts';
import { until } from '../until.ts';

/** A process that was started on a host under a name, and all below it, the process first; empty when it has ended. */
export function familyOf(host: Host, name: string): ProcessEntry[] {
  const record = findProcess(host, name);
  if (record === undefined) return [];
  const all = host.processes();
  const below = (pid: number): ProcessEntry[] => {
    const children = all.filter(({ parent }) => parent === pid);
    return [...children, ...children.flatMap((child) => below(child.pid))];
  };
  return [...all.filter(({ pid }) => pid === record.pid), ...below(record.pid)];
}

/** Sends a signal to a daemon and all its children at once; returns when. Throws `OpError` when it does not run. */
export function signalFamily(host: Host, name: string, signal: NodeJS.Signals): Instant {
  const record = findProcess(host, name);
  const family = familyOf(host, name);
  if (record === undefined) throw failure(`send ${signal} to "${name}" on "${host.name}"`, 'it does not run');
  const at = now();
  for (const { pid } of family) signalProcess(pid, signal);
  return at;
}

/** Ends a daemon, stopped or not, and returns when it and its children are gone; harmless when it does not run. */
export async function stopFamily(host: Host, name: string): Promise<void> {
  const family = familyOf(host, name);
  const record = findProcess(host, name);
  if (record === undefined) return;
  for (const { pid } of family) signalProcess(pid, 'SIGCONT');
  signalProcess(record.pid, 'SIGTERM');
  await until(`"${name}" on "${host.name}" has ended`, () => !family.some(isRunning), milliseconds(10_000));
}
