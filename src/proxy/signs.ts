import { commOf } from './discover.ts';
import type { ProxySettings } from './discover.ts';
import type { Found } from './family.ts';
import { isDead } from '../linux/procstat.ts';
import { isSame } from './process.ts';
import type { ProcessStat } from '../linux/procstat.ts';
import type { Named, ProcessInfo } from './process.ts';
import type { Profile } from './profile.ts';
import type { ProcessTable } from './table.ts';

/**
 * The signs by which a watched proxy is known to be unchanged without reading the process table: the main process and
 * its workers are the same processes and stopped or not as before, the main process has the same children, and the
 * pid files say the same.
 */
export interface Signs {
  /** BOUNDED: the main process and its workers. */
  readonly processes: readonly ProcessStat[];
  /** Of the main process; `undefined` when the kernel does not tell. */
  readonly children: string | undefined;
  readonly pidFiles: PidFileContents;
}

/** What pid files said, by path. BOUNDED: the profile's, or the one configured. */
export type PidFileContents = ReadonlyMap<string, string>;

/** Reads the pid files that could name the proxy. */
export function pidFileContents(profile: Profile, settings: ProxySettings, table: ProcessTable): PidFileContents {
  const paths = settings.pidFile === undefined ? profile.pidFiles : [settings.pidFile];
  return new Map(paths.map((path) => [path, contentOf(path, table)]));
}

/**
 * Takes the signs of a proxy that has just been found. `pidFiles` are to be read before it is looked for, so that a
 * change meanwhile is not taken for the state that was found. A child that came meanwhile is left out for that reason.
 */
export function signsOf({ main, workers, children }: Found, pidFiles: PidFileContents, table: ProcessTable): Signs {
  const now = table.children(main.pid)?.filter((pid) => children.includes(pid) || table.stat(pid)?.comm !== main.comm);
  return { processes: [main, ...workers], children: now?.join(' '), pidFiles };
}

/** Whether the signs still hold; about 10 us for each process and 20 us beside. */
export function isUnchanged({ processes, children, pidFiles }: Signs, table: ProcessTable): boolean {
  for (const process of processes) {
    const now = table.stat(process.pid);
    if (now === undefined || isDead(now) || !isSame(now, process)) return false;
    if (now.comm !== process.comm || stop(now) !== stop(process)) return false;
  }
  const [main] = processes;
  if (main !== undefined && table.children(main.pid)?.join(' ') !== children) return false;
  return [...pidFiles].every(([path, content]) => contentOf(path, table) === content);
}

/**
 * The signs of a proxy that is not there: what is left of it. `undefined` when some process could turn out to be it at
 * any moment without a visible change, by starting to listen.
 */
export function absenceOf(
  { own, nested }: Named,
  orphans: readonly ProcessInfo[],
  pidFiles: PidFileContents,
): string | undefined {
  const living = [...own, ...nested].filter((process) => !isDead(process));
  if (!living.every((process) => orphans.some((orphan) => isSame(orphan, process)))) return undefined;
  return JSON.stringify([living.map(({ pid }) => pid), ...pidFiles]);
}

/** Whether a pid file names a living process that could be the proxy. Cheap enough to ask every few milliseconds. */
export function namesCandidate(profile: Profile, settings: ProxySettings, table: ProcessTable): boolean {
  const comm = commOf(profile, settings);
  return [...pidFileContents(profile, settings, table).values()].some((content) => {
    const process = /^\d+$/.test(content) ? table.stat(Number(content)) : undefined;
    return process !== undefined && process.comm === comm && !isDead(process);
  });
}

function contentOf(path: string, table: ProcessTable): string {
  const content = table.pidFile(path);
  return 'pid' in content ? String(content.pid) : content.refused;
}

/** The kind of stop a process is in; running and sleeping change all the time and mean nothing. */
const stop = ({ state }: ProcessStat): string => ('Tt'.includes(state) ? state : '');
