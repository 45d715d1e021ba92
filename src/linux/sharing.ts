import type { IpAddress } from '../wire/address.ts';
import { errorCode } from './operror.ts';
import { internetSockaddr, AF_INET, AF_INET6 } from './sockaddr.ts';
import { Socket, SOL_SOCKET } from './socket.ts';

const SOCK_STREAM = 1;
const SO_REUSEPORT = 15;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;

/**
 * Whether a listening TCP socket could be opened with SO_REUSEPORT (socket(7)) beside those that are there. It is bound
 * and closed again without listening, which nobody notices: only a socket that listens is given connections.
 * - `free`, or shared by everybody who listens there: `undefined`.
 * - `EADDRINUSE`: somebody listens without SO_REUSEPORT, or as another user.
 * - `EADDRNOTAVAIL`: the address is not on this host.
 */
export function whyNotShared(address: IpAddress, port: number): string | undefined {
  const isV6 = address.includes(':');
  const domain = isV6 ? AF_INET6 : AF_INET;
  try {
    new Socket({ domain, type: SOCK_STREAM, protocol: 0, name: `TCP socket on ${address} port ${port}` })
      .prepare((socket) => {
        socket.setOption('SO_REUSEPORT', SOL_SOCKET, SO_REUSEPORT, 1);
        if (isV6) socket.setOption('IPV6_V6ONLY', IPPROTO_IPV6, IPV6_V6ONLY, 1);
        socket.bind(internetSockaddr(address, port));
      })
      .close();
    return undefined;
  } catch (error) {
    return errorCode(error) ?? 'EIO';
  }
}
