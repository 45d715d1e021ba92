import type { IpAddress } from '../wire/address.ts';
import { errnoName } from './errno.ts';
import { native } from './native.ts';
import type { NativeSocket } from './native.ts';
import { OpError } from './operror.ts';
import { AF_INET, AF_INET6, internetSockaddr, readIpv4Sockaddr, readIpv6Sockaddr } from './sockaddr.ts';
import { SOL_SOCKET } from './socket.ts';

/**
 * A listening TCP socket that this process holds for others: it is never accepted from here, only handed down to a
 * child (spawn duplicates it, which is why it can be close-on-exec), and taken back from whoever still has it.
 *
 * SO_REUSEPORT is left out on purpose. One socket has one queue of connections, so that none is lost whichever of its
 * holders ends; a group of sockets loses the queue of the one that closes. And a port that somebody else has is refused
 * instead of silently shared.
 */
export interface ListeningSocket {
  /** The descriptor in this process, for the `stdio` of spawn. */
  readonly descriptor: number;
  readonly address: IpAddress;
  readonly port: number;
  /** May be called twice. Whoever has a duplicate goes on listening. */
  close(): void;
}

const SOCK_STREAM = 1;
const SO_REUSEADDR = 2;
const SO_ACCEPTCONN = 30;
const IPPROTO_IP = 0;
const IP_FREEBIND = 15;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;
const IPV6_FREEBIND = 78;

/** What a socket holds of finished handshakes until somebody accepts them; the kernel cuts it to `somaxconn`. */
const BACKLOG = 4096;

/**
 * Opens one. The address need not be on this host (IP_FREEBIND, ip(7)), and one of IPv6 leaves IPv4 alone. Throws
 * OpError: `EADDRINUSE` when somebody else listens there.
 */
export function openListening(address: IpAddress, port: number): ListeningSocket {
  const isIpv6 = address.includes(':');
  const op = `listen on ${isIpv6 ? `[${address}]` : address}:${port}`;
  const socket = new (native().Socket)(isIpv6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
  const steps: (() => number)[] = [
    () => Math.min(socket.fd, 0),
    // Connections of the last owner that are still in TIME_WAIT do not count.
    () => socket.setOption(SOL_SOCKET, SO_REUSEADDR, 1),
    ...(isIpv6 ? [() => socket.setOption(IPPROTO_IPV6, IPV6_V6ONLY, 1)] : []),
    () => (isIpv6 ? socket.setOption(IPPROTO_IPV6, IPV6_FREEBIND, 1) : socket.setOption(IPPROTO_IP, IP_FREEBIND, 1)),
    () => socket.bind(internetSockaddr(address, port)),
    () => socket.listen(BACKLOG),
  ];
  for (const step of steps) {
    const outcome = step();
    if (outcome >= 0) continue;
    socket.close();
    const code = errnoName(-outcome);
    throw new OpError(op, code, { advice: advice[code] });
  }
  return { descriptor: socket.fd, address, port, close: () => void socket.close() };
}

/**
 * A duplicate of a listening socket of another process (pidfd_getfd(2)); `undefined` when its descriptor is none, or is
 * gone. Throws OpError when the kernel refuses: it takes the rights to trace that process.
 */
export function takeListening(pid: number, descriptor: number): ListeningSocket | undefined {
  const socket = new (native().Duplicate)(pid, descriptor);
  if (socket.fd < 0) {
    const code = errnoName(-socket.fd);
    if (code === 'ESRCH' || code === 'EBADF' || code === 'EINVAL') return undefined;
    throw new OpError(`take listening socket ${descriptor} from process ${pid}`, code, { advice: advice[code] });
  }
  const place = isListening(socket) ? placeOf(socket) : undefined;
  if (place === undefined) {
    socket.close();
    return undefined;
  }
  return { descriptor: socket.fd, ...place, close: () => void socket.close() };
}

function isListening(socket: NativeSocket): boolean {
  const value = new Int32Array(1);
  return socket.getOption(SOL_SOCKET, SO_ACCEPTCONN, new Uint8Array(value.buffer)) === 4 && value[0] === 1;
}

/** Where a socket is bound; `undefined` when that is no address with a port. */
function placeOf(socket: NativeSocket): Pick<ListeningSocket, 'address' | 'port'> | undefined {
  const bytes = new Uint8Array(28);
  const length = socket.localAddress(bytes);
  if (length < 16) return undefined;
  const address = readIpv4Sockaddr(bytes) ?? readIpv6Sockaddr(bytes);
  return address && { address, port: new DataView(bytes.buffer).getUint16(2) };
}

const advice: Readonly<Record<string, string>> = {
  EADDRINUSE: 'somebody else listens there; see `ss -ltnp`',
  EACCES: 'run as root or grant CAP_NET_BIND_SERVICE',
  EPERM: 'run as root or grant CAP_SYS_PTRACE; a system call filter has to allow pidfd_getfd',
  ENOSYS: 'Linux 5.6 or newer is needed',
  EMFILE: 'raise LimitNOFILE',
};
