import { native } from './native.ts';
import { AF_UNIX, unixSockaddr } from './sockaddr.ts';
import { SOCK_DGRAM } from './socket.ts';

/**
 * Tells the service manager something: `READY=1`, `WATCHDOG=1`, `STATUS=...`, several lines at once (sd_notify(3)). True
 * when the message was delivered; false when NOTIFY_SOCKET is unset or nobody takes it, which never is a reason to fail.
 */
export function sdNotify(state: string): boolean {
  const address = unixSockaddr(process.env['NOTIFY_SOCKET'] ?? '');
  if (address === undefined) return false;
  try {
    const socket = new (native().Socket)(AF_UNIX, SOCK_DGRAM, 0);
    const sent = socket.send(new TextEncoder().encode(state), address);
    socket.close();
    return sent >= 0;
  } catch {
    return false;
  }
}
