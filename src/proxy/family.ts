import { isDead } from '../linux/procstat.ts';
import { isSame } from './process.ts';
import type { ProcessInfo } from './process.ts';
import type { Profile, Role } from './profile.ts';

/** What was found of a proxy: one main process and those it looks after. */
export interface Found {
  readonly main: ProcessInfo;
  /** Its workers that serve, by pid. */
  readonly workers: readonly ProcessInfo[];
  /** Its workers that only finish what they have, by pid. */
  readonly leaving: readonly ProcessInfo[];
  /** The pids of all its children of its own name, whatever they do. */
  readonly children: readonly number[];
  /** Whether the main process serves by itself, so that no worker is missed. */
  readonly alone: boolean;
  readonly by: 'pid-file' | 'name' | 'listener' | 'started';
}

/** A process of the proxy and what it is now; an orphan is a worker whose main process has gone. */
export interface Member {
  readonly process: ProcessInfo;
  readonly role: Role | 'orphan' | 'ended';
}

/**
 * The roles of all processes of one command name. What was found before overrules the profile: a main process stays
 * one for as long as it lives, though its command line is empty for a moment while it executes itself anew, and a
 * worker does not become a main process by losing its own.
 */
export function membersOf(profile: Profile, family: readonly ProcessInfo[], before: Found | undefined): Member[] {
  const living = family.filter((process) => !isDead(process));
  const known = [...(before?.workers ?? []), ...(before?.leaving ?? [])];
  return family.map((process) => {
    if (isDead(process)) return { process, role: 'ended' };
    if (before !== undefined && isSame(before.main, process)) return { process, role: before.alone ? 'alone' : 'main' };
    const parent = living.find((other) => other.pid === process.parent);
    const role = profile.roleOf(process, parent, living);
    if (parent !== undefined || role === 'other') return { process, role };
    const wasWorker = known.some((worker) => isSame(worker, process));
    return { process, role: wasWorker || role === 'worker' ? 'orphan' : role };
  });
}

/** What a main process looks after. A leaving process without a parent belongs to whoever has replaced it. */
export function found(main: Member, members: readonly Member[], by: Found['by']): Found {
  const { pid } = main.process;
  const workers = members.filter(({ role, process }) => role === 'worker' && process.parent === pid);
  const parents = new Set(members.map(({ process }) => process.pid));
  const leaving = members.filter(
    ({ role, process }) => role === 'leaving' && (process.parent === pid || !parents.has(process.parent)),
  );
  return {
    main: main.process,
    workers: workers.map(({ process }) => process),
    leaving: leaving.map(({ process }) => process),
    children: members.filter(({ process }) => process.parent === pid).map(({ process }) => process.pid),
    alone: main.role === 'alone' && workers.length === 0,
    by,
  };
}
