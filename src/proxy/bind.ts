import { addressOf, familyOf } from '../wire/address.ts';
import type { Family, IpAddress } from '../wire/address.ts';
import type { FrontModel } from './model.ts';

/**
 * One listening socket of the proxy. A service on all addresses has one for each family, the IPv6 one with
 * IPV6_V6ONLY. The order, and with it the descriptor, depends on the model alone: whoever owns the sockets passes them
 * to the proxy in this order, and the rendered configuration counts on it.
 */
export interface Bind {
  /** The service's name. */
  readonly service: string;
  /** `0.0.0.0` or `::` for all addresses of a family. */
  readonly address: IpAddress;
  readonly family: Family;
  readonly port: number;
  /** The descriptor under which a proxy inherits the socket, from 3 on. */
  readonly descriptor: number;
}

/** Behind standard input, output and error. */
const FIRST_DESCRIPTOR = 3;

const everywhere: readonly IpAddress[] = [addressOf('0.0.0.0'), addressOf('::')];

/** All listening sockets of a model, in the order of their descriptors. */
export function bindsOf({ services }: FrontModel): Bind[] {
  const sockets = services.flatMap(({ name, listen }) =>
    listen.flatMap(({ address, port }) =>
      (address === undefined ? everywhere : [address]).map((each) => ({ service: name, address: each, port })),
    ),
  );
  return sockets.map((socket, index) => ({
    ...socket,
    family: familyOf(socket.address),
    descriptor: FIRST_DESCRIPTOR + index,
  }));
}

/** An address or a name and a port as one word: `192.0.2.1:80`, `[2001:db8::1]:80`, `app.example.net:80`. */
export const endpoint = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
