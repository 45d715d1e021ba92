import { closeSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { errorCode, OpError } from '../linux/operror.ts';

/** A listening TCP socket of this network namespace. */
export interface Listener {
  readonly port: number;
  /** The number of the socket; `/proc/PID/fd/N` of its holders links to `socket:[inode]`. */
  readonly inode: string;
}

/** A process that holds a listening socket. */
export interface Holding {
  readonly pid: number;
  readonly port: number;
}

/** Who holds listening sockets. */
export interface Holders {
  /** Each pair of pid and port once, in the order the pids were asked for. */
  readonly holdings: readonly Holding[];
  /** Whether the descriptors of some process could not be read, which takes the rights to trace it (ptrace(2)). */
  readonly hidden: boolean;
}

/** Which of these processes hold each of these sockets, by the number of the socket. */
export interface Owners {
  /** A socket that none of them holds is not in it. */
  readonly byInode: ReadonlyMap<number, readonly number[]>;
  /** As in `Holders`. */
  readonly hidden: boolean;
}

/** The most sockets that are looked at in each family; the rest is not seen. */
const listeners = 16_384;

/** The most descriptors of one process that are looked at. */
const descriptors = 65_536;

const chunkBytes = 65_536;

/** BOUNDED: one file at a time is read into it. All reading here is synchronous. */
const buffer = Buffer.allocUnsafe(chunkBytes);

/** The listening TCP sockets on these ports, or on any when the list is empty, IPv4 first. */
export function listenersOn(ports: readonly number[]): Listener[] {
  const all = [...listenersIn('/proc/net/tcp'), ...listenersIn('/proc/net/tcp6')];
  return ports.length === 0 ? all : all.filter(({ port }) => ports.includes(port));
}

/** Which of these processes hold which of these sockets. */
export function holdersAmong(pids: readonly number[], sockets: readonly Listener[]): Holders {
  const ports = new Map(sockets.map(({ inode, port }) => [`socket:[${inode}]`, port]));
  const holdings: Holding[] = [];
  let hidden = false;
  for (const pid of ports.size === 0 ? [] : pids) {
    const links = descriptorsOf(pid);
    if (links === 'hidden') hidden = true;
    const held = links === 'hidden' ? [] : links.map((link) => ports.get(link));
    for (const port of new Set(held)) {
      if (port !== undefined) holdings.push({ pid, port });
    }
  }
  return { holdings, hidden };
}

/** Which of these processes hold which of these sockets, socket by socket. */
export function ownersAmong(pids: readonly number[], inodes: readonly number[]): Owners {
  const wanted = new Map(inodes.map((inode) => [`socket:[${inode}]`, inode]));
  const byInode = new Map<number, number[]>();
  let hidden = false;
  for (const pid of wanted.size === 0 ? [] : pids) {
    const links = descriptorsOf(pid);
    if (links === 'hidden') hidden = true;
    for (const link of links === 'hidden' ? [] : new Set(links)) {
      const inode = wanted.get(link);
      if (inode !== undefined) byInode.set(inode, [...(byInode.get(inode) ?? []), pid]);
    }
  }
  return { byInode, hidden };
}

/**
 * Reads the listening sockets from one row of /proc/net/tcp or tcp6 (proc_net(5)) each; `undefined` for a row of any
 * other state, and for the heading.
 */
export function parseListener(row: string): Listener | undefined {
  //   sl  local_address rem_address   st tx_queue:rx_queue tr:tm->when retrnsmt   uid  timeout inode
  const [, local = '', , state, , , , , , inode] = row.trim().split(/ +/);
  // 0A is TCP_LISTEN.
  if (state !== '0A' || inode === undefined || inode === '0') return undefined;
  const port = Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16);
  return Number.isInteger(port) ? { port, inode } : undefined;
}

/** The kernel lists every listening socket before any other, so that a host with many connections costs no more. */
function listenersIn(path: string): Listener[] {
  const found: Listener[] = [];
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (cause) {
    // A kernel without IPv6 has no tcp6.
    if (errorCode(cause) === 'ENOENT') return found;
    throw new OpError(`read "${path}"`, errorCode(cause) ?? 'unknown', { cause });
  }
  try {
    let rest = '';
    let heading = true;
    for (;;) {
      const length = readSync(file, buffer, 0, chunkBytes, null);
      if (length === 0) return found;
      const rows = (rest + buffer.toString('latin1', 0, length)).split('\n');
      rest = rows.pop() ?? '';
      for (const row of rows) {
        const listener = parseListener(row);
        if (listener !== undefined) found.push(listener);
        else if (!heading) return found;
        heading = false;
        if (found.length === listeners) return found;
      }
    }
  } finally {
    closeSync(file);
  }
}

/** What a process's descriptors link to; none when it has gone. */
function descriptorsOf(pid: number): string[] | 'hidden' {
  const directory = `/proc/${pid}/fd`;
  const links: string[] = [];
  try {
    for (const name of readdirSync(directory).slice(0, descriptors)) links.push(linkOf(`${directory}/${name}`));
  } catch (cause) {
    const code = errorCode(cause) ?? 'unknown';
    if (code === 'EACCES' || code === 'EPERM') return 'hidden';
    if (code !== 'ENOENT' && code !== 'ESRCH') throw new OpError(`read "${directory}"`, code, { cause });
  }
  return links;
}

/** What a descriptor links to, or nothing when it was closed meanwhile. */
function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return '';
    throw cause;
  }
}
