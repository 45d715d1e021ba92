import type { IpAddress } from '../wire/address.ts';
import { nameAllPorts } from './words.ts';

/**
 * The second level of liveness: whether everything that the proxy is to listen on is listened on by the proxy, and by
 * nobody else. Pure; who holds which socket is found out by `ListenWatch`.
 *
 * That a port answers says nothing about who answers: whoever has taken the port answers, too. So what counts is whose
 * the sockets are. Several sockets on one port (SO_REUSEPORT) share its connections among them, and a forgotten proxy
 * gets its share without anybody noticing.
 */

/** Where the proxy is to listen. */
export interface Wanted {
  /** `undefined` when any address will do. */
  readonly address: IpAddress | undefined;
  readonly port: number;
}

/** A listening socket, and whose it is. */
export interface OwnedSocket {
  readonly address: IpAddress;
  readonly port: number;
  /** `hidden` when no process that we may look into has it. */
  readonly owner: 'proxy' | 'hidden' | Stranger;
}

/** A process that is not of the proxy. */
export interface Stranger {
  readonly pid: number;
  readonly comm: string;
  readonly command: string;
}

export interface Listening {
  /** What is not listened on by the proxy, and who listens there instead; `undefined` when nothing is missing. */
  readonly trouble: string | undefined;
  /** Who shares ports with the proxy; `undefined` when nobody does. */
  readonly shared: string | undefined;
}

/** What the sockets say. `title` is the proxy's name in sentences. */
export function judgeListening(title: string, wanted: readonly Wanted[], sockets: readonly OwnedSocket[]): Listening {
  const missing = wanted.filter((where) => !sockets.some((socket) => isOn(socket, where) && !isStranger(socket.owner)));
  const strangers = strangersOn(sockets.filter((socket) => wanted.some((where) => where.port === socket.port)));
  const names = strangers.map(nameStranger).join('; ');
  if (missing.length > 0) {
    const places = missing.map(({ address, port }) => (address === undefined ? undefined : `${address} port ${port}`));
    const where = places.every((place) => place !== undefined)
      ? places.join(', ')
      : nameAllPorts(missing.map(({ port }) => port));
    const rest = strangers.length === 0 ? 'nobody does' : `${names} ${strangers.length === 1 ? 'does' : 'do'}`;
    return { trouble: `${title} does not listen on ${where}; ${rest}`, shared: undefined };
  }
  if (strangers.length === 0) return { trouble: undefined, shared: undefined };
  const ports = nameAllPorts(strangers.flatMap((stranger) => stranger.ports));
  return { trouble: undefined, shared: `${title} shares ${ports} with ${names}, which gets a part of the connections` };
}

const WILDCARDS: readonly string[] = ['0.0.0.0', '::'];

/** A socket for all addresses serves every address; IPv4 through an IPv6 one, too (ipv6(7), IPV6_V6ONLY). */
const isOn = (socket: OwnedSocket, { address, port }: Wanted): boolean =>
  socket.port === port && (address === undefined || socket.address === address || WILDCARDS.includes(socket.address));

const isStranger = (owner: OwnedSocket['owner']): owner is Stranger => typeof owner === 'object';

function strangersOn(sockets: readonly OwnedSocket[]): (Stranger & { ports: number[] })[] {
  const found = new Map<number, Stranger & { ports: number[] }>();
  for (const { owner, port } of sockets) {
    if (!isStranger(owner)) continue;
    const known = found.get(owner.pid);
    if (known === undefined) found.set(owner.pid, { ...owner, ports: [port] });
    else known.ports.push(port);
  }
  return [...found.values()];
}

const nameStranger = ({ pid, comm, command }: Stranger): string =>
  `process ${pid} "${comm}"${command === '' ? '' : ` (${command})`}`;
