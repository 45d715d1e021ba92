import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { errorCode } from '../linux/operror.ts';
import type { Endpoint } from './steering.ts';
import { endpoint } from './bind.ts';

/**
 * Whether a reload could bind what it has to. The address is tried with a UDP socket on a port that the kernel chooses,
 * which disturbs nobody. Only what nobody listens on yet, `fresh`, is tried for real: whoever connects in that instant
 * would have been refused anyway. Gives what is wrong in words; empty when nothing is.
 */
export async function preflight(all: readonly Endpoint[], fresh: readonly Endpoint[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const address of new Set(all.map((each) => each.address))) {
    const code = await tryAddress(address);
    if (code !== undefined) wrong.push(explain(address, code));
  }
  if (wrong.length > 0) return wrong;
  for (const { address, port } of fresh) {
    const code = await tryPort(address, port);
    if (code !== undefined) wrong.push(`${endpoint(address, port)} cannot be bound: ${code}; see what listens there`);
  }
  return wrong;
}

function explain(address: string, code: string): string {
  if (code !== 'EADDRNOTAVAIL') return `${address} cannot be bound: ${code}`;
  const family = address.includes(':') ? 'ipv6' : 'ipv4';
  return `${address} is not an address of this host; run \`sysctl -w net.${family}.ip_nonlocal_bind=1\` or set \`sysctl: apply\``;
}

function tryAddress(address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', ipv6Only: address.includes(':') });
    socket.on('error', (error) => {
      socket.close();
      resolve(errorCode(error) ?? 'EIO');
    });
    socket.bind({ address, port: 0, exclusive: true }, () => socket.close(() => resolve(undefined)));
  });
}

function tryPort(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.on('error', (error) => resolve(errorCode(error) ?? 'EIO'));
    server.listen({ host, port, exclusive: true, ipv6Only: host.includes(':') }, () =>
      server.close(() => resolve(undefined)),
    );
  });
}
