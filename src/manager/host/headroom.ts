import { readdir, readFile, stat } from 'node:fs/promises';
import type { HeadroomHostCheck } from '../../config/hostcheckconfig.ts';
import { now } from '../../linux/clock.ts';
import { between } from '../../wire/units.ts';
import { later } from './look.ts';
import type { HostLook } from './look.ts';

/** How much of something is used. */
export interface Usage {
  readonly what: string;
  readonly used: number;
  readonly limit: number;
}

/**
 * Whether this host could carry another host's VIPs too: files that it may still open, connections that it may still
 * track, and descriptors that each process of the proxy has left.
 */
export function headroomLook({ percent }: HeadroomHostCheck, proxyPids: () => readonly number[]): HostLook {
  return {
    look(done) {
      const began = now();
      return later(usages(proxyPids()), (found) => {
        done({ ...judgeHeadroom(percent, found), duration: between(began, now()) });
      });
    },
    close() {},
  };
}

/** Whether at least `percent` of everything is free; the scarcest is named. */
export function judgeHeadroom(
  percent: number,
  found: readonly Usage[],
): { readonly result: 'good' | 'bad'; readonly reason: string } {
  const freeOf = ({ used, limit }: Usage): number => (100 * Math.max(0, limit - used)) / limit;
  const [scarcest] = found.filter(({ limit }) => limit > 0).toSorted((a, b) => freeOf(a) - freeOf(b));
  if (scarcest === undefined) return { result: 'good', reason: 'nothing is limited' };
  const free = Math.floor(freeOf(scarcest));
  const reason = `${free}% of ${scarcest.what} free (${scarcest.used} of ${scarcest.limit} used)`;
  return free < percent ? { result: 'bad', reason: `${reason}, less than ${percent}%` } : { result: 'good', reason };
}

async function usages(pids: readonly number[]): Promise<Usage[]> {
  const [files, tracked, ...processes] = await Promise.all([openFiles(), connections(), ...pids.map(descriptors)]);
  return [...files, ...tracked, ...processes.flat()];
}

/** /proc/sys/fs/file-nr (proc_sys_fs(5)): allocated, unused, and the limit. */
async function openFiles(): Promise<Usage[]> {
  const [used, , limit] = (await numbers('/proc/sys/fs/file-nr')) ?? [];
  return used === undefined || limit === undefined ? [] : [{ what: 'the open files of the host', used, limit }];
}

/** Where connections are tracked at all. */
async function connections(): Promise<Usage[]> {
  const directory = '/proc/sys/net/netfilter';
  const [used] = (await numbers(`${directory}/nf_conntrack_count`)) ?? [];
  const [limit] = (await numbers(`${directory}/nf_conntrack_max`)) ?? [];
  return used === undefined || limit === undefined ? [] : [{ what: 'the tracked connections', used, limit }];
}

async function descriptors(pid: number): Promise<Usage[]> {
  try {
    const limits = await readFile(`/proc/${pid}/limits`, 'utf8');
    const limit = Number(/^Max open files +(\d+)/m.exec(limits)?.[1]);
    const directory = `/proc/${pid}/fd`;
    // Since Linux 6.2 the size of the directory is the number of descriptors (proc_pid_fd(5)).
    const used = (await stat(directory)).size || (await readdir(directory)).length;
    return Number.isInteger(limit) ? [{ what: `the descriptors of proxy process ${pid}`, used, limit }] : [];
  } catch {
    // It has just ended, or is not ours to look into.
    return [];
  }
}

async function numbers(path: string): Promise<number[] | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim().split(/\s+/).map(Number);
  } catch {
    return undefined;
  }
}
