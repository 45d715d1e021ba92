import type { Milliseconds } from '../../wire/units.ts';
import { milliseconds } from '../../wire/units.ts';
import type { Host } from '../host.ts';
import type { KeepalivedOptions } from '../keepalived.ts';
import { setTrackFile, startKeepalived } from '../keepalived.ts';
import type { Lab } from '../lab.ts';
import { findProcess } from '../process.ts';
import { signalProcess } from '../procfs.ts';
import { until } from '../until.ts';
import type { Contender } from './contender.ts';

/** The VIPs of the benchmark: the first belongs on lb1, the second on lb2. */
export const vips = ['192.0.2.101', '192.0.2.102'] as const;

/** What a set-up of keepalived says beside the crossed instances. */
type SetUp = Omit<KeepalivedOptions, 'instances'>;

/**
 * keepalived the way tutorials have it: version 2, 1 s, priorities 100 and 90, and a script that lowers the priority of
 * a host without proxy by 20. `processName` is the `comm` of the proxy.
 */
export const keepalivedWeight = (processName: string): Contender =>
  contender('keepalived, script weight -20', [100, 90], {
    version: 2,
    track: { kind: 'script', processName, weight: -20 },
  });

/** The same, but the script takes the instance down. */
export const keepalivedScript = (processName: string): Contender =>
  contender('keepalived, script', [100, 90], { version: 2, track: { kind: 'script', processName } });

/**
 * keepalived at its best: version 3, the interval of whatever it is compared with, priorities 254 and 253, and a tracked
 * file that says the proxy is dead at the very instant of its death. Its own tracker of processes, which that stands
 * for, does not work outside the machine's first network namespace.
 */
export const keepalivedBest = (interval: Milliseconds = milliseconds(200)): Contender => ({
  ...contender(`keepalived, best, ${interval} ms`, [254, 253], { version: 3, interval, track: { kind: 'file' } }),
  onKill: (host) => setTrackFile(host, false),
  onRecovery: (host) => setTrackFile(host, true),
});

function contender(name: string, priorities: readonly [number, number], setUp: SetUp): Contender {
  return {
    name,
    process: 'keepalived',
    async start(lab: Lab, host: Host): Promise<void> {
      const rank = lab.hosts.findIndex((candidate) => candidate.name === host.name);
      const instances = vips.map((address, index) => ({
        name: `VI_${index + 1}`,
        vrid: 51 + index,
        priority: priorities[rank === index ? 0 : 1],
        addresses: [`${address}/24`],
      }));
      await startKeepalived(host, { ...setUp, instances });
    },
    stop: stopKeepalived,
  };
}

/** By what is running and not by a handle, because a fault may have ended it already. */
async function stopKeepalived(host: Host): Promise<void> {
  const record = findProcess(host, 'keepalived');
  if (record === undefined) return;
  for (const { pid, comm } of host.processes()) if (comm === 'keepalived') signalProcess(pid, 'SIGCONT');
  signalProcess(record.pid, 'SIGTERM');
  const isGone = (): boolean => host.processes().every(({ comm }) => comm !== 'keepalived');
  await until(`keepalived on "${host.name}" has ended`, isGone, milliseconds(10_000));
}
