import { lookup } from 'node:dns';
import { parseAddress } from '../../wire/address.ts';
import type { IpAddress } from '../../wire/address.ts';
import { after, milliseconds } from '../../wire/units.ts';
import type { Instant } from '../../wire/units.ts';
import type { Clock } from '../clock.ts';

/** Addresses of hosts that are written as names. */
export interface AddressBook {
  /** Tells the address, or the code of the error, possibly in this stack. */
  find(host: string, tell: (found: { readonly address: IpAddress } | { readonly code: string }) => void): void;
}

/** getaddrinfo(3) runs in a few threads that all names share, so an answer is good for a while. */
const GOOD_FOR = milliseconds(10_000);

const MOST = 10_000;

/** Asks the system, as the proxy does when it starts. */
export function createAddressBook(clock: Clock): AddressBook {
  /** BOUNDED by MOST: the whole book is closed when it is full. */
  const known = new Map<string, { readonly address: IpAddress; readonly until: Instant }>();
  return {
    find(host, tell) {
      const entry = known.get(host);
      if (entry !== undefined && entry.until > clock.now()) return tell({ address: entry.address });
      lookup(host, { all: false }, (error, text) => {
        const address = error === null ? parseAddress(text) : undefined;
        if (address === undefined) return tell({ code: error?.code ?? 'ENOTFOUND' });
        if (known.size >= MOST) known.clear();
        known.set(host, { address, until: after(clock.now(), GOOD_FOR) });
        tell({ address });
      });
    },
  };
}
