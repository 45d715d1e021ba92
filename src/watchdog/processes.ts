import { statSync } from 'node:fs';
import { errorCode, OpError } from '../linux/operror.ts';
import { isDead } from '../linux/procstat.ts';
import type { ProcessStat } from '../linux/procstat.ts';
import { discover } from '../proxy/discover.ts';
import { judge } from '../proxy/observe.ts';
import type { Observation } from '../proxy/observe.ts';
import { explainRefusal } from '../proxy/pidfile.ts';
import type { ProcessInfo } from '../proxy/process.ts';
import type { ProcessTable } from '../proxy/table.ts';
import { nameAll } from '../proxy/words.ts';
import type { Finding } from './look.ts';
import type { Target } from './target.ts';

/** What was found of the processes of a target. */
export interface Processes {
  readonly findings: readonly Finding[];
  /** Those that count: their end means death, and the ports must be theirs. `undefined` when none was asked for. */
  readonly pids: readonly number[] | undefined;
  /** The one whose end is to be noticed at once. */
  readonly main: { readonly pid: number; readonly startTime: number } | undefined;
  /** For the next look, which compares. */
  readonly observation: Observation | undefined;
  /**
   * Whether there is one process with children, and none of them is stopped: nothing that is known of a proxy could
   * make that look worse. Orphans, several main processes and one without workers are for its profile to judge.
   */
  readonly isPlain: boolean;
}

/** The kernel cuts command names to this. */
const COMM_LENGTH = 15;

/** The command name to look for. */
export const commOf = ({ process }: Pick<Target, 'process'>): string | undefined => process?.slice(0, COMM_LENGTH);

/** Looks at the processes of a target and judges them; milliseconds. Throws OpError when the kernel gives no answer. */
export function lookAtProcesses(target: Target, table: ProcessTable, before: Observation | undefined): Processes {
  if (target.profile !== undefined && target.user === undefined) return proxyOf(target, table, before);
  const named = commOf(target) === undefined ? undefined : byName(target, table);
  const filed = target.pidFile === undefined ? undefined : byPidFile(target, target.pidFile, table);
  const pids = named?.pids ?? filed?.pids;
  return {
    findings: [...(named?.findings ?? []), ...(filed?.findings ?? [])],
    pids,
    main: filed?.main ?? named?.main,
    observation: undefined,
    isPlain: named?.isPlain ?? true,
  };
}

type Part = Pick<Processes, 'findings' | 'pids' | 'main'> & { readonly isPlain?: boolean };

const good = (kind: Finding['kind'], words: string): Finding => ({ kind, good: true, words });
const bad = (kind: Finding['kind'], words: string, main?: Processes['main']): Part => ({
  findings: [{ kind, good: false, words }],
  pids: [],
  main,
});

/** Of a proxy that is known to us, which of its processes does what is known, too. */
function proxyOf(target: Target, table: ProcessTable, before: Observation | undefined): Processes {
  const { profile, pidFile, ports } = target;
  if (profile === undefined) throw new Error('There is no profile');
  const discovery = discover(profile, { pidFile, process: undefined, listen: [...ports] }, before?.last, table);
  const observation = judge(profile.title, discovery, before);
  const { state, reason, main, workers } = observation.verdict;
  return {
    findings: [{ kind: 'process', good: state === 'well', words: reason }],
    pids: main === undefined ? [] : [main.pid, ...workers],
    main,
    observation,
    isPlain: true,
  };
}

function byName(target: Target, table: ProcessTable): Part {
  const comm = commOf(target) ?? '';
  const { user } = target;
  const all = table.named(comm).own.filter(({ pid }) => user === undefined || ownerOf(pid) === user.uid);
  const living = all.filter((process) => !isDead(process));
  const of = user === undefined ? '' : ` of user ${user.name}`;
  if (living.length === 0) {
    const zombies = all.length === 0 ? '' : `; what is left is ${nameAll('zombie', all)}`;
    return bad('process', `no process "${comm}"${of}${zombies}`);
  }
  const roots = living.filter(({ parent }) => !living.some(({ pid }) => pid === parent));
  const children = living.filter((process) => !roots.includes(process));
  const pids = living.map(({ pid }) => pid);
  const [first] = roots;
  const main = first && { pid: first.pid, startTime: first.startTime };
  if (roots.every(isStopped))
    return { ...bad('process', `${named(comm, roots)} ${roots.length === 1 ? 'is' : 'are'} stopped`, main), pids };
  if (children.length > 0 && children.every(isStopped))
    return { ...bad('process', `all children of ${named(comm, roots)} are stopped`, main), pids };
  const isPlain = roots.length === 1 && children.length > 0 && !living.some(isStopped);
  return {
    findings: [good('process', `${named(comm, roots)} ${roots.length === 1 ? 'runs' : 'run'}`)],
    pids,
    main,
    isPlain,
  };
}

/** The words count pids themselves. */
const named = (comm: string, processes: readonly ProcessInfo[]): string => `"${comm}" ${nameAll('process', processes)}`;

function byPidFile(target: Target, path: string, table: ProcessTable): Part {
  const content = table.pidFile(path);
  if ('refused' in content) return bad('pid-file', explainRefusal(path, content.refused));
  const { pid } = content;
  const process = table.stat(pid);
  const words = `pid file "${path}" names process ${pid}`;
  if (process === undefined) return bad('pid-file', `${words}, which does not exist`);
  const comm = commOf(target);
  if (comm !== undefined && process.comm !== comm)
    return bad('pid-file', `${words}, which is "${process.comm}", not "${comm}"`);
  if (isDead(process)) return bad('pid-file', `${words}, which is a zombie`);
  const main = { pid, startTime: process.startTime };
  if (isStopped(process)) return bad('pid-file', `${words}, which is stopped`, main);
  if (target.user !== undefined && ownerOf(pid) !== target.user.uid)
    return bad('pid-file', `${words}, which is not of user ${target.user.name}`, main);
  const pids = [pid, ...(table.children(pid) ?? [])];
  return { findings: [good('pid-file', `${words}, which runs`)], pids, main };
}

/** Stopped as by SIGSTOP; one that is traced stops and goes on all the time. */
const isStopped = ({ state }: Pick<ProcessStat, 'state'>): boolean => state === 'T';

/** The user a process runs as; `undefined` when it has gone. */
export function ownerOf(pid: number): number | undefined {
  try {
    return statSync(`/proc/${pid}`).uid;
  } catch (cause) {
    const code = errorCode(cause) ?? 'unknown';
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw new OpError(`read "/proc/${pid}"`, code, { cause });
  }
}
