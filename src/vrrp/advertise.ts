import type { Advertisement } from '../wire/advertisement.ts';
import { addressOf } from '../wire/address.ts';
import type { Family, IpAddress } from '../wire/address.ts';
import type { RouterConfig } from './state.ts';
import { intervalInCentiseconds, intervalInSeconds } from './timers.ts';

/** What a virtual router says, and to whom. */

/** The multicast groups of VRRP (RFC 9568 5.1.1.2 and 5.1.2.2). */
const GROUPS: Readonly<Record<Family, IpAddress>> = { ipv4: addressOf('224.0.0.18'), ipv6: addressOf('ff02::12') };

/** The limited broadcast address: the destination of the broadcast transport. */
export const LIMITED_BROADCAST: IpAddress = addressOf('255.255.255.255');

/** The VRRP multicast group of a family. */
export const groupOf = (family: Family): IpAddress => GROUPS[family];

/** Where the advertisements of a virtual router go: one datagram for each destination. */
export function destinationsOf(config: RouterConfig): readonly IpAddress[] {
  switch (config.transport) {
    case 'multicast':
      return [groupOf(config.family)];
    case 'broadcast':
      return [LIMITED_BROADCAST];
    case 'unicast':
      return config.peers;
  }
}

/** The advertisement of a virtual router with a given priority (RFC 9568 7.2). */
export function advertisementOf(config: RouterConfig, priority: number): Advertisement {
  const { vrid, addresses } = config;
  if (config.version === 3) {
    return { version: 3, vrid, priority, reserved: 0, interval: intervalInCentiseconds(config.interval), addresses };
  }
  const { type, data } = authenticationOf(config.password);
  const interval = intervalInSeconds(config.interval);
  return { version: 2, vrid, priority, interval, authType: type, authData: data, addresses };
}

/** The VRRPv2 authentication fields: none, or a simple text password padded with NUL to 8 bytes (RFC 2338 5.3.6). */
export function authenticationOf(password: string | undefined): { readonly type: 0 | 1; readonly data: Uint8Array } {
  const data = new Uint8Array(8);
  if (password === undefined) return { type: 0, data };
  for (let i = 0; i < Math.min(password.length, 8); i++) data[i] = password.charCodeAt(i);
  return { type: 1, data };
}
