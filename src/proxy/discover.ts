import type { ProxyConfig } from '../config/config.ts';
import { found, membersOf } from './family.ts';
import type { Found, Member } from './family.ts';
import type { Listener } from './listener.ts';
import { explainRefusal } from './pidfile.ts';
import { isDead } from '../linux/procstat.ts';
import { isSame } from './process.ts';
import type { Named, ProcessInfo } from './process.ts';
import type { Profile } from './profile.ts';
import type { ProcessTable } from './table.ts';
import { countAll, describeOrphans, nameAllPorts } from './words.ts';

/**
 * Finding the proxy: by its pid file, by its name within this pid namespace, by the owner of its listening port. It
 * is one look at the process table and keeps nothing; what earlier looks found comes in as `before`.
 *
 * A number in a file is only a claim. It counts when a living process of the right name and role has it, and is
 * otherwise named as the reason why nothing was found. What the proxy's health is, is not decided here.
 */
export type Discovery =
  | {
      readonly found: Found;
      /** Other main processes that run beside it, by age. */
      readonly others: readonly ProcessInfo[];
      readonly notes: readonly string[];
    }
  | {
      /** Why there is no proxy, in words. */
      readonly absent: string;
      /** Workers that outlived their main process, by pid. */
      readonly orphans: readonly ProcessInfo[];
      /** The ports that the orphans listen on. */
      readonly orphanPorts: readonly number[];
      /** Processes of the proxy's name that have ended and still wait for their parents (zombies), by pid. */
      readonly ended: readonly ProcessInfo[];
      readonly notes: readonly string[];
    };

/** What the configuration says about finding the proxy. */
export type ProxySettings = Pick<ProxyConfig, 'pidFile' | 'process' | 'listen'>;

/** What one look needs to know. */
interface Look {
  readonly profile: Profile;
  readonly settings: ProxySettings;
  readonly comm: string;
  readonly table: ProcessTable;
  readonly members: readonly Member[];
  /** The listening sockets on the configured ports, read at most once. */
  readonly sockets: () => readonly Listener[];
  /** Why each way led nowhere, in words, in the order tried. */
  readonly trail: string[];
  /** What is wrong even if another way finds the proxy. */
  readonly notes: string[];
}

/** The command name to look for. */
export const commOf = (profile: Profile, settings: ProxySettings): string => settings.process ?? profile.processName;

/** Looks for the proxy once, among the processes of its name: milliseconds where it has to look at sockets. */
export function discover(
  profile: Profile,
  settings: ProxySettings,
  before: Found | undefined,
  table: ProcessTable,
  { own, nested }: Named = table.named(commOf(profile, settings)),
): Discovery {
  const comm = commOf(profile, settings);
  let sockets: readonly Listener[] | undefined;
  const members = membersOf(profile, own, before);
  const look: Look = {
    ...{ profile, settings, comm, table, members, trail: [], notes: [] },
    sockets: () => (sockets ??= table.listeners(settings.listen)),
  };
  const named = namedByPidFile(look);
  const candidates = members.filter((member) => isCandidate(look, member));
  const orphans = members.filter(({ role }) => role === 'orphan').map(({ process }) => process);
  const orphanPorts = portsOf(look, orphans);
  if (candidates.length > 0) {
    const { main, by, others } = choose(look, candidates, named, before);
    const beside = others.length === 0 ? [] : [`${countAll(`other ${profile.title} main process`, others)} beside it`];
    const left = orphans.length === 0 ? [] : [describeOrphans(orphans, orphanPorts)];
    return { found: found(main, members, by), others, notes: [...look.notes, ...beside, ...left] };
  }
  const inside = foundInside(look, nested, before);
  if (inside !== undefined) return { found: inside, others: [], notes: look.notes };
  const ended = members.filter(({ role }) => role === 'ended').map(({ process }) => process);
  return { absent: explainAbsence(look, orphans, orphanPorts), orphans, orphanPorts, ended, notes: [] };
}

/** The process the first usable pid file names; what is wrong with the others goes to the trail. */
function namedByPidFile({ settings, profile, table, members, comm, trail, notes }: Look): Member | undefined {
  const paths = settings.pidFile === undefined ? profile.pidFiles : [settings.pidFile];
  for (const path of paths) {
    const content = table.pidFile(path);
    if ('refused' in content) {
      trail.push(explainRefusal(path, content.refused));
      if (settings.pidFile !== undefined || content.refused !== 'missing') notes.push(...trail.slice(-1));
      continue;
    }
    const member = members.find(({ process }) => process.pid === content.pid);
    if (member?.role === 'main' || member?.role === 'alone') return member;
    const process = member?.process ?? table.process(content.pid);
    trail.push(`pid file "${path}" names process ${content.pid}, which ${whyNotMain(process, comm, member)}`);
    notes.push(...trail.slice(-1));
  }
  return undefined;
}

function whyNotMain(process: ProcessInfo | undefined, comm: string, member: Member | undefined): string {
  if (process === undefined) return 'does not exist';
  if (process.comm !== comm) return `is "${process.comm}", not "${comm}"`;
  if (isDead(process)) return 'is a zombie';
  if (member === undefined) return 'belongs to another pid namespace';
  return member.role === 'orphan' ? 'is an orphaned worker' : 'is not the main process';
}

/**
 * Whether a member may be the main process. One without workers proves itself by holding the port, because a proxy
 * that only starts, or fails to, looks the same.
 */
function isCandidate(look: Look, { role, process }: Member): boolean {
  if (role === 'main') return true;
  if (role !== 'alone') return false;
  const { holdings, hidden } = look.table.holders([process.pid], look.sockets());
  const serves = holdings.length > 0 || hidden;
  if (!serves) look.trail.push(`process ${process.pid} does not listen${onPorts(look.settings.listen)}`);
  return serves;
}

/** Chooses among several main processes: who holds the port, whom the pid file names, who was it before, the oldest. */
function choose(
  { table, members, sockets }: Look,
  candidates: readonly Member[],
  named: Member | undefined,
  before: Found | undefined,
): { main: Member; by: Found['by']; others: ProcessInfo[] } {
  const byAge = candidates.toSorted((a, b) => a.process.startTime - b.process.startTime);
  const holding = candidates.length > 1 ? byAge.filter((member) => holdsPort(member)) : [];
  const pool = holding.length > 0 ? holding : byAge;
  const was = pool.find(({ process }) => before !== undefined && isSame(process, before.main));
  const main = (named && pool.includes(named) ? named : was) ?? pool[0];
  if (main === undefined) throw new Error('There is nothing to choose from');
  const others = byAge.filter((member) => member !== main).map(({ process }) => process);
  if (main === named) return { main, by: 'pid-file', others };
  return { main, by: pool.length < candidates.length ? 'listener' : 'name', others };

  function holdsPort({ process }: Member): boolean {
    const children = members.filter((other) => other.process.parent === process.pid);
    const pids = [process.pid, ...children.map((child) => child.process.pid)];
    return table.holders(pids, sockets()).holdings.length > 0;
  }
}

/**
 * The proxy that holds a configured port from inside a nested pid namespace, for example in a container that shares
 * the host's network. Whatever else holds the port is only named: that it answers does not make it the proxy.
 */
function foundInside(look: Look, nested: readonly ProcessInfo[], before: Found | undefined): Found | undefined {
  const { profile, settings, table, trail, sockets } = look;
  if (settings.listen.length === 0) return undefined;
  const members = membersOf(profile, nested, before);
  for (const { pid } of table.holders(pidNumbers(nested), sockets()).holdings) {
    const holder = members.find(({ process }) => process.pid === pid);
    const main = members.find(({ process }) => process.pid === holder?.process.parent) ?? holder;
    if (main?.role === 'main' || main?.role === 'alone') return found(main, members, 'listener');
  }
  const { holdings, hidden } = table.holders('all', sockets());
  const [first] = holdings;
  if (first !== undefined) {
    trail.push(`port ${first.port} is held by process ${first.pid} "${table.stat(first.pid)?.comm ?? ''}"`);
  } else {
    trail.push(`${hidden ? 'who listens' : 'nothing listens'}${onPorts(settings.listen)}${hidden ? ' is hidden' : ''}`);
  }
  return undefined;
}

function explainAbsence({ profile, trail }: Look, orphans: readonly ProcessInfo[], ports: readonly number[]): string {
  if (orphans.length > 0) return `no ${profile.title} main process; ${describeOrphans(orphans, ports)}`;
  return [`no ${profile.title} process`, ...trail].join('; ');
}

/** The ports these processes listen on, of those configured where there are any; each once. */
function portsOf({ table, sockets }: Look, processes: readonly ProcessInfo[]): number[] {
  if (processes.length === 0) return [];
  const { holdings } = table.holders(pidNumbers(processes), sockets());
  return [...new Set(holdings.map(({ port }) => port))];
}

const pidNumbers = (processes: readonly ProcessInfo[]): number[] => processes.map(({ pid }) => pid);

const onPorts = (ports: readonly number[]): string => (ports.length === 0 ? '' : ` on ${nameAllPorts(ports)}`);
