import { decodeSocketNumber, encodeConnectionRequest } from '../wire/sockdiag.ts';
import type { ConnectionEnd } from '../wire/sockdiag.ts';
import { isMalformed } from '../wire/malformed.ts';
import { openNetlinkRequests } from './netlink.ts';
import { errorCode } from './operror.ts';

/**
 * The number of the socket at one end of an established TCP connection of this host, microseconds; `/proc/PID/fd/N` of
 * the process that has it links to `socket:[NUMBER]`. `undefined` when there is none, or no process has accepted it yet.
 * Throws OpError when the kernel does not tell (CONFIG_INET_DIAG).
 */
export function socketNumber(end: ConnectionEnd): number | undefined {
  const requests = openNetlinkRequests('sockets');
  try {
    const { local, remote } = end;
    const op = `look for the connection from ${remote.address} port ${remote.port} to ${local.address} port ${local.port}`;
    const [message] = requests.dump(op, (sequence) => encodeConnectionRequest(end, sequence));
    const found = message === undefined ? undefined : decodeSocketNumber(message.payload);
    return found === undefined || isMalformed(found) || found.inode === 0 ? undefined : found.inode;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  } finally {
    requests.close();
  }
}
