import type { Milliseconds } from '../../wire/units.ts';
import { milliseconds } from '../../wire/units.ts';
import type { Host } from '../host.ts';
import type { KeepalivedOptions } from '../keepalived.ts';
import { setTrackFile, startKeepalived } from '../keepalived.ts';
import type { Lab } from '../lab.ts';
import { vipOf } from '../pairfile.ts';
import type { Contender } from './contender.ts';
import { stopFamily } from './family.ts';

/** What a set-up of keepalived says beside the crossed instances. */
export type KeepalivedSetUp = Omit<KeepalivedOptions, 'instances'>;

/**
 * keepalived the way tutorials have it: version 2, 1 s, priorities 100 and 90, and a script that lowers the priority of
 * a host without proxy by 20. `processName` is the `comm` of the proxy.
 */
export const keepalivedWeight = (processName: string): Contender =>
  keepalivedPair('keepalived, script weight -20', [100, 90], () => ({
    version: 2,
    track: { kind: 'script', processName, weight: -20 },
  }));

/** The same, but the script takes the instance down. */
export const keepalivedScript = (processName: string): Contender =>
  keepalivedPair('keepalived, script', [100, 90], () => ({ version: 2, track: { kind: 'script', processName } }));

/**
 * keepalived at its best: version 3, the interval of whatever it is compared with, priorities 254 and 253, and a tracked
 * file that says the proxy is dead at the very instant of its death. Its own tracker of processes, which that stands
 * for, does not work outside the machine's first network namespace.
 */
export const keepalivedBest = (interval: Milliseconds = milliseconds(200)): Contender => ({
  ...keepalivedPair(`keepalived, best, ${interval} ms`, [254, 253], () => ({
    version: 3,
    interval,
    track: { kind: 'file' },
  })),
  onKill: (host) => setTrackFile(host, false),
  onRecovery: (host) => setTrackFile(host, true),
});

/**
 * keepalived with crossed instances: `priorities` are those of an instance's first and second host, and `setUpOf` says
 * what a host has by its place in the order of preference, from 0.
 */
export function keepalivedPair(
  name: string,
  priorities: readonly [number, number],
  setUpOf: (rank: number) => KeepalivedSetUp,
): Contender {
  return {
    name,
    process: 'keepalived',
    async start(lab: Lab, host: Host): Promise<void> {
      const rank = lab.hosts.findIndex((candidate) => candidate.name === host.name);
      // Crossed: the first VIP belongs on the first host, the second on the second.
      const instances = [vipOf(1), vipOf(2)].map((address, index) => ({
        name: `VI_${index + 1}`,
        vrid: 51 + index,
        priority: priorities[rank === index ? 0 : 1],
        addresses: [`${address}/24`],
      }));
      await startKeepalived(host, { ...setUpOf(rank), instances });
    },
    stop: (host) => stopFamily(host, 'keepalived'),
  };
}
