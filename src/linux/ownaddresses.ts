import { networkInterfaces } from 'node:os';
import { parseAddress } from '../wire/address.ts';
import type { IpAddress } from '../wire/address.ts';

/** The addresses of all interfaces of this host that are up. */
export const ownAddresses = (): IpAddress[] =>
  Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).flatMap(({ address }) => parseAddress(address.split('%')[0] ?? '') ?? []),
  );
