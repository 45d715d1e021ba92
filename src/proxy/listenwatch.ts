import type { OpError } from '../linux/operror.ts';
import { openSocketDiagnosis } from '../linux/sockdiag.ts';
import type { SocketDiagnosis } from '../linux/sockdiag.ts';
import { judgeListening } from './listening.ts';
import type { Listening, OwnedSocket, Stranger, Wanted } from './listening.ts';
import { ownersAmong } from './listener.ts';
import type { Owners } from './listener.ts';
import { childrenOf, pids, processOf } from './process.ts';

/** What a look at the sockets asks the kernel; the real one is `socketTable`. */
export interface SocketTable {
  /** The listening sockets of this network namespace. Throws OpError. */
  listeners(): readonly { readonly address: OwnedSocket['address']; readonly port: number; readonly inode: number }[];
  /** Throws OpError. */
  owners(pids: readonly number[] | 'all', inodes: readonly number[]): Owners;
  /** The pids of a process's children. */
  children(pid: number): readonly number[];
  describe(pid: number): Stranger;
}

/** The sockets and processes of the running kernel. Throws OpError where it does not answer such questions. */
export function socketTable(): SocketTable {
  let diagnosis: SocketDiagnosis | undefined;
  return {
    listeners: () => (diagnosis ??= openSocketDiagnosis()).listeners(),
    owners: (among, inodes) => ownersAmong(among === 'all' ? pids() : among, inodes),
    children: (pid) => childrenOf(pid) ?? [],
    describe(pid) {
      const process = processOf(pid);
      const command = (process?.commandLine ?? []).join(' ').replaceAll(/[^\u0020-\u007e]+/g, ' ');
      return { pid, comm: process?.comm ?? '', command: command.length > 80 ? `${command.slice(0, 77)}...` : command };
    },
  };
}

/** One look. */
export interface ListenLook extends Listening {
  /** Where the proxy listens. */
  readonly held: readonly Wanted[];
}

export interface ListenWatchOptions {
  readonly title: string;
  /** Where the proxy is to listen; when empty, what it was seen to listen on and has not been told to give up. */
  readonly wanted: readonly Wanted[];
  /** Processes that may have its sockets beside it, such as this program itself or the other proxy of a switch. */
  readonly allowed: () => readonly number[];
  readonly table: SocketTable;
}

/** What was looked at last, and what it meant. */
interface Seen {
  readonly signature: string;
  readonly sockets: readonly OwnedSocket[];
  /** How many looks ago. */
  age: number;
}

/** After so many looks it is found out anew whose a socket is that nobody had. */
const RENEWAL = 4;

/**
 * Looks at the listening sockets. While they and the proxy's processes are the same, a look is one question to the
 * kernel; whose they are is found out when something has changed.
 */
export class ListenWatch {
  readonly #options: ListenWatchOptions;
  #seen: Seen | undefined;
  /** With nothing configured: what these processes were seen to listen on. BOUNDED: 64. */
  #learned: { readonly family: string; readonly places: readonly Wanted[] } | undefined;

  constructor(options: ListenWatchOptions) {
    this.#options = options;
  }

  /** One look, for a proxy that runs as these processes. Throws OpError. */
  look(main: number, workers: readonly number[]): ListenLook {
    const { title, wanted, table, allowed } = this.#options;
    const family = [main, ...workers, ...table.children(main)];
    const sockets = this.#socketsOf(family, allowed());
    const held = sockets.filter(({ owner }) => owner === 'proxy').map(({ address, port }) => ({ address, port }));
    const expected = wanted.length > 0 ? wanted : this.#learn(`${main} ${workers.join(' ')}`, held);
    return { ...judgeListening(title, expected, sockets), held };
  }

  #socketsOf(family: readonly number[], allowed: readonly number[]): readonly OwnedSocket[] {
    const { wanted, table } = this.#options;
    const ports = new Set(wanted.map(({ port }) => port));
    const found = table.listeners().filter(({ port }) => ports.size === 0 || ports.has(port));
    const signature = JSON.stringify([found, family, allowed]);
    if (this.#seen?.signature === signature) {
      this.#seen.age += 1;
      // A socket without an owner has just been opened or is being closed; one of the kernel's own never gets one.
      const isOpen = this.#seen.sockets.some(({ owner }) => owner === 'hidden') && this.#seen.age >= RENEWAL;
      if (!isOpen) return this.#seen.sockets;
    }
    const ours = table.owners(
      [...family, ...allowed],
      found.map(({ inode }) => inode),
    );
    // With nothing configured only the proxy's own ports matter.
    const own = new Set(found.filter(({ inode }) => ours.byInode.has(inode)).map(({ port }) => port));
    const relevant = ports.size > 0 ? found : found.filter(({ port }) => own.has(port));
    const rest = relevant.map(({ inode }) => inode).filter((inode) => !ours.byInode.has(inode));
    const others = rest.length === 0 ? ours : table.owners('all', rest);
    const sockets = relevant.map(({ address, port, inode }): OwnedSocket => {
      const [pid] = others.byInode.get(inode) ?? [];
      const owner = ours.byInode.has(inode) ? 'proxy' : pid === undefined ? 'hidden' : table.describe(pid);
      return { address, port, owner };
    });
    this.#seen = { signature, sockets, age: 0 };
    return sockets;
  }

  /** New processes may listen elsewhere, the same ones have no reason to stop. */
  #learn(family: string, held: readonly Wanted[]): readonly Wanted[] {
    const before = this.#learned?.family === family ? this.#learned.places : [];
    const fresh = held.filter(({ address, port }) => !before.some((b) => b.address === address && b.port === port));
    this.#learned = { family, places: [...before, ...fresh].slice(0, 64) };
    return this.#learned.places;
  }
}

/** Whether the kernel cannot answer questions about sockets at all, so that asking again is of no use. */
export const isDeaf = (error: OpError): boolean => ['ENOENT', 'EPROTONOSUPPORT', 'EOPNOTSUPP'].includes(error.code);
