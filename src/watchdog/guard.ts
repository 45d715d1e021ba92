import { createHash } from 'node:crypto';
import { native } from '../linux/native.ts';
import type { NativeSocket } from '../linux/native.ts';
import { AF_UNIX, unixSockaddr } from '../linux/sockaddr.ts';
import { SOCK_DGRAM } from '../linux/socket.ts';
import { errnoName } from '../linux/errno.ts';
import { OpError } from '../linux/operror.ts';

/** What nobody else has while it is held. */
export interface Guard {
  release(): void;
}

/**
 * Takes identities for this process, all or none; the index of the first that another process has otherwise. Each is an
 * abstract unix socket (unix(7)), whose name the kernel gives to one process of the network namespace at a time and
 * takes back when that process ends, however it ends. Throws OpError when the kernel refuses for another reason.
 */
export function takeGuard(identities: readonly string[]): Guard | { readonly taken: number } {
  const sockets: NativeSocket[] = [];
  const release = (): void => {
    for (const socket of sockets.splice(0)) socket.close();
  };
  for (const [index, identity] of identities.entries()) {
    const socket = new (native().Socket)(AF_UNIX, SOCK_DGRAM, 0);
    sockets.push(socket);
    const name = unixSockaddr(`@vipair-watchdog/${createHash('sha256').update(identity).digest('base64url')}`);
    const outcome = name === undefined || socket.fd < 0 ? socket.fd : socket.bind(name);
    if (outcome >= 0) continue;
    release();
    const code = errnoName(-outcome);
    if (code === 'EADDRINUSE') return { taken: index };
    throw new OpError(`take the guard of ${identity}`, code);
  }
  return { release };
}
