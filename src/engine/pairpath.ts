import { OpError } from '../linux/operror.ts';
import { openUdp } from '../linux/udp.ts';
import type { UdpSocket } from '../linux/udp.ts';
import type { Hearing } from '../pair/peers.ts';
import type { IpAddress } from '../wire/address.ts';
import { labelOf } from '../wire/heartbeat.ts';
import { after, instant, milliseconds } from '../wire/units.ts';
import type { Instant } from '../wire/units.ts';
import type { PairPath } from './assignment.ts';

/** One path of the heartbeat at run time: its socket, what came of it, and what is the matter with it. */

/** Between two attempts to open a socket. */
const RETRY = milliseconds(1000);

/** What became of the datagrams of a path. */
export type PathCounters = Record<Hearing | 'foreign' | 'forged' | 'malformed' | 'sent' | 'failed', number>;

/** One path at run time. */
export interface PathState {
  readonly path: PairPath;
  readonly label: number;
  readonly counters: PathCounters;
  socket: UdpSocket | undefined;
  retryAt: Instant | undefined;
  /** Why it cannot be used now. */
  trouble: string | undefined;
  /** The last datagram that had another key. */
  forged: { readonly source: IpAddress; readonly at: Instant } | undefined;
  /** The last datagram of another host that has this node's name. */
  namesake: { readonly source: IpAddress; readonly at: Instant } | undefined;
}

/** A path that has not been opened. */
export const newPath = (path: PairPath): PathState => ({
  path,
  label: labelOf(path.name),
  counters: {
    accepted: 0,
    late: 0,
    unproven: 0,
    replayed: 0,
    own: 0,
    namesake: 0,
    stranger: 0,
    foreign: 0,
    forged: 0,
    malformed: 0,
    sent: 0,
    failed: 0,
  },
  socket: undefined,
  retryAt: instant(0),
  trouble: undefined,
  forged: undefined,
  namesake: undefined,
});

/** Closes a socket that is of no use, to open another after a while. */
export function lose(path: PathState, trouble: string, at: Instant): void {
  path.socket?.close();
  path.socket = undefined;
  path.trouble = trouble;
  path.retryAt = after(at, RETRY);
}

/** Whether two paths are the same to this node, so that a socket can stay. */
export const isSame = (a: PairPath, b: PairPath): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Opens the socket of a path; true when it is open. */
export function connect(path: PathState, onReadable: () => void, at: Instant): boolean {
  path.retryAt = undefined;
  try {
    path.socket = openUdp(path.path.place, path.path.port, onReadable);
    path.trouble = undefined;
    return true;
  } catch (error) {
    if (!(error instanceof OpError)) throw error;
    lose(path, error.message, at);
    return false;
  }
}

/** Sends a datagram to everybody on a path. */
export function speak(path: PathState, datagram: Uint8Array, at: Instant): void {
  let failed: OpError | undefined;
  for (const destination of path.path.destinations) {
    try {
      path.socket?.send(datagram, destination);
      path.counters.sent++;
    } catch (error) {
      if (!(error instanceof OpError)) throw error;
      path.counters.failed++;
      failed = error;
    }
  }
  path.trouble = failed?.message;
  // A socket stays bound to the index of an interface: one that was made anew needs another socket.
  if (failed?.code === 'ENODEV' || failed?.code === 'ENXIO') lose(path, failed.message, at);
}
