import { isMalformed } from '../wire/malformed.ts';
import {
  connectionRequest,
  decodeSocket,
  listenersRequest,
  SOCK_DIAG_BY_FAMILY,
  TCP_LISTEN,
  TCP_NEW_SYN_RECV,
  TCP_SYN_RECV,
} from '../wire/socketquery.ts';
import type { DiagnosedSocket, Endpoint } from '../wire/socketquery.ts';
import { openNetlinkRequests } from './netlink.ts';
import type { NetlinkRequests } from './netlink.ts';
import { OpError } from './operror.ts';

/** Questions to the kernel about the TCP sockets of this network namespace. Synchronous; no privilege is needed. */
export interface SocketDiagnosis {
  /** The listening sockets, IPv4 first; tens of microseconds. Throws OpError. */
  listeners(): DiagnosedSocket[];
  /**
   * What has become of a connection to one of this host's own sockets, whose end is `local`: `queued` while no process
   * has accepted it, `gone` when it is over. Throws OpError.
   */
  fateOf(local: Endpoint, remote: Endpoint): 'queued' | 'accepted' | 'gone';
  /**
   * The number of the socket at the end `local` of a connection; `/proc/PID/fd/N` of the process that has it links to
   * `socket:[NUMBER]`. `undefined` when there is none, or no process has accepted it yet. Throws OpError.
   */
  inodeOf(local: Endpoint, remote: Endpoint): number | undefined;
  close(): void;
}

/** Opens it. Throws OpError. */
export function openSocketDiagnosis(): SocketDiagnosis {
  const requests: NetlinkRequests = openNetlinkRequests('sockets');
  const ask = (op: string, request: (sequence: number) => Uint8Array): DiagnosedSocket[] =>
    requests.dump(op, request).flatMap(({ type, payload }) => {
      const socket = type === SOCK_DIAG_BY_FAMILY ? decodeSocket(payload) : undefined;
      return socket === undefined || isMalformed(socket) ? [] : [socket];
    });
  const listeners = (): DiagnosedSocket[] =>
    (['ipv4', 'ipv6'] as const).flatMap((family) =>
      ask(`list the listening sockets of ${family}`, (sequence) => listenersRequest(family, sequence)),
    );
  const connection = (local: Endpoint, remote: Endpoint): DiagnosedSocket | undefined => {
    try {
      const [socket] = ask('look for a connection', (sequence) => connectionRequest(local, remote, sequence));
      // The kernel answers with the listening socket where there is no connection.
      return socket?.state === TCP_LISTEN ? undefined : socket;
    } catch (error) {
      if (error instanceof OpError && error.code === 'ENOENT') return undefined;
      throw error;
    }
  };
  return {
    listeners,
    fateOf(local, remote) {
      const socket = connection(local, remote);
      if (socket === undefined) return 'gone';
      if (socket.state === TCP_SYN_RECV || socket.state === TCP_NEW_SYN_RECV) {
        // The kernel keeps it back until data comes (TCP_DEFER_ACCEPT), unless the queue has no room for it.
        const isFull = listeners().some(({ port, queued, backlog }) => port === local.port && queued > backlog);
        return isFull ? 'queued' : 'accepted';
      }
      return socket.inode === 0 ? 'queued' : 'accepted';
    },
    inodeOf(local, remote) {
      const { inode = 0 } = connection(local, remote) ?? {};
      return inode === 0 ? undefined : inode;
    },
    close: () => requests.close(),
  };
}
