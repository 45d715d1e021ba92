import { readFileSync } from 'node:fs';
import { isDead } from '../linux/procstat.ts';
import { holdersAmong, parseListener } from '../proxy/listener.ts';
import type { Listener } from '../proxy/listener.ts';
import { processesNamed, processOf, pids } from '../proxy/process.ts';
import type { ProcessInfo } from '../proxy/process.ts';
import { formatAddress } from '../wire/address.ts';
import { commOf, ownerOf } from './processes.ts';
import type { Target } from './target.ts';

/** One process of a target, and what the usual tools say of it. */
export interface ListRow {
  readonly pid: number;
  readonly ppid: number;
  /** As in /proc/PID/stat, with what it means. */
  readonly state: string;
  readonly role: string;
  readonly user: string;
  /** When it started, ISO 8601 in UTC. */
  readonly start: string;
  readonly listens: readonly string[];
  readonly pidof: boolean;
  readonly ps: boolean;
  /** Of `lsof -i :PORT -s TCP:LISTEN`, for the ports given, or any. */
  readonly lsof: boolean;
  readonly killall: boolean;
}

const STATES: Readonly<Record<string, string>> = {
  R: 'running',
  S: 'sleeping',
  D: 'in the kernel',
  T: 'stopped',
  t: 'traced',
  Z: 'zombie',
  X: 'dead',
  I: 'idle',
};

/** The processes of a target by pid: those of its name, and whoever holds its ports. Throws OpError. */
export function listProcesses(target: Target): ListRow[] {
  const comm = commOf(target);
  const sockets = listening().filter(({ port }) => target.ports.length === 0 || target.ports.includes(port));
  const named = comm === undefined ? [] : processesNamed(comm).own;
  const wanted = new Map(named.map((process) => [process.pid, process]));
  const among = target.ports.length > 0 ? pids() : [...wanted.keys()];
  const held = new Map<number, readonly string[]>();
  for (const pid of among) {
    const addresses = sockets.filter((socket) => holdersAmong([pid], [socket]).holdings.length > 0);
    if (addresses.length === 0) continue;
    held.set(pid, [...new Set(addresses.map(({ text }) => text))]);
    const process = wanted.get(pid) ?? processOf(pid);
    if (process !== undefined) wanted.set(pid, process);
  }
  const family = [...wanted.values()].toSorted((a, b) => a.pid - b.pid);
  const users = userNames();
  return family
    .filter(({ pid }) => target.user === undefined || ownerOf(pid) === target.user.uid)
    .map((process) => rowOf(target, process, family, held.get(process.pid) ?? [], users));
}

function rowOf(
  target: Target,
  process: ProcessInfo,
  family: readonly ProcessInfo[],
  listens: readonly string[],
  users: ReadonlyMap<number, string>,
): ListRow {
  const uid = ownerOf(process.pid);
  const isNamed = process.comm === commOf(target);
  return {
    pid: process.pid,
    ppid: process.parent,
    state: `${process.state} ${STATES[process.state] ?? ''}`.trim(),
    role: isDead(process) ? '-' : roleOf(target, process, family),
    user: uid === undefined ? '?' : (users.get(uid) ?? `${uid}`),
    start: startOf(process),
    listens,
    // pidof(8) leaves out zombies unless it is asked for them, and so answers for a living worker without a master.
    pidof: isNamed && !isDead(process),
    ps: isNamed,
    lsof: listens.length > 0,
    // kill(2) with signal 0 succeeds for whatever still has an entry in the table: stopped, hung, or dead.
    killall: isNamed,
  };
}

function roleOf({ profile }: Target, process: ProcessInfo, family: readonly ProcessInfo[]): string {
  const living = family.filter((other) => !isDead(other));
  const parent = living.find(({ pid, comm }) => pid === process.parent && comm === process.comm);
  if (profile === undefined || process.comm !== profile.processName) return parent === undefined ? 'root' : 'child';
  const role = profile.roleOf(process, parent, living);
  return role === 'worker' && parent === undefined ? 'orphan' : role;
}

/** A clock tick as /proc counts them (USER_HZ), which is 100 on every architecture that is alive. */
const TICKS = 100;

function startOf({ startTime }: ProcessInfo): string {
  const booted = Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'latin1'))?.[1] ?? 0);
  return new Date((booted + Math.round(startTime / TICKS)) * 1000).toISOString().replace('.000', '');
}

function userNames(): Map<number, string> {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  return new Map(
    lines.map((line) => line.split(':')).map(([name = '', , uid]): [number, string] => [Number(uid), name]),
  );
}

/** The listening sockets with their addresses, as `192.0.2.1:80` or `[::]:80`. */
function listening(): (Listener & { readonly text: string })[] {
  return ['tcp', 'tcp6'].flatMap((name) => {
    let text = '';
    try {
      text = readFileSync(`/proc/net/${name}`, 'latin1');
    } catch {
      // A kernel without IPv6 has no tcp6.
    }
    return text.split('\n').flatMap((row) => {
      const listener = parseListener(row);
      if (listener === undefined) return [];
      const address = addressIn(row.trim().split(/ +/)[1] ?? '');
      const shown = address.includes(':') ? `[${address}]` : address;
      return [{ ...listener, text: `${shown}:${listener.port}` }];
    });
  });
}

/** proc_net_tcp(5): each 32-bit word of the address in the host's byte order, which is little-endian wherever we run. */
function addressIn(local: string): string {
  const words = local.slice(0, local.lastIndexOf(':')).match(/.{8}/g) ?? [];
  return formatAddress(Uint8Array.from(words.flatMap((word) => [...Buffer.from(word, 'hex')].toReversed())));
}
