import type { RouterAssignment } from '../../src/engine/assignment.ts';
import type { EngineEvent } from '../../src/engine/events.ts';
import type { Datagram } from '../../src/linux/transport.ts';
import type { RouterConfig } from '../../src/vrrp/state.ts';
import { advertisementOf, groupOf } from '../../src/vrrp/advertise.ts';
import { encodeAdvertisement } from '../../src/wire/advertisement.ts';
import { addressOf, familyOf } from '../../src/wire/address.ts';
import type { Family } from '../../src/wire/address.ts';
import { milliseconds, seconds } from '../../src/wire/units.ts';

export interface Wanted {
  readonly vip?: string;
  readonly vrid?: number;
  readonly interface?: string;
  readonly priority?: number;
  readonly addresses?: readonly string[];
  readonly router?: Partial<RouterConfig>;
  readonly more?: Partial<RouterAssignment>;
}

/** What the manager would send for a VIP of the host 192.0.2.11, at an interval of 200 ms. */
export function assigned(wanted: Wanted = {}): RouterAssignment {
  const { vip = 'web-1', vrid = 51, priority = 254, addresses = ['192.0.2.101/32'] } = wanted;
  const installed = addresses.map((text) => {
    const [address = '', prefix = ''] = text.split('/');
    return { address: addressOf(address), prefixLength: Number(prefix) };
  });
  const family: Family = familyOf(installed[0]?.address ?? addressOf('192.0.2.101'));
  return {
    key: `${vip}/${family}`,
    vip,
    interface: wanted.interface ?? 'eth0',
    priority,
    addresses: installed,
    router: {
      vrid,
      family,
      version: 3,
      interval: milliseconds(200),
      addresses: installed.map(({ address }) => address),
      transport: 'multicast',
      peers: [addressOf(family === 'ipv4' ? '192.0.2.12' : '2001:db8::12')],
      password: undefined,
      checksum: 'pseudo-header',
      preempt: true,
      preemptDelay: milliseconds(0),
      preemptFast: true,
      ...wanted.router,
    },
    source: family === 'ipv4' ? addressOf('192.0.2.11') : undefined,
    policy: {
      onFailure: { reaction: 'resign' },
      recoverAfter: milliseconds(3000),
      recoverMax: milliseconds(3000),
      tracks: [],
    },
    lease: seconds(2),
    garp: { repeat: 3, delay: milliseconds(5000), interval: milliseconds(0), refresh: milliseconds(60_000) },
    ...wanted.more,
  };
}

/** An advertisement of another router for the same virtual router. */
export function heardFrom(
  { router }: RouterAssignment,
  priority: number,
  more: { readonly from?: string; readonly vrid?: number; readonly hopLimit?: number } = {},
): Datagram {
  const source = addressOf(more.from ?? (router.family === 'ipv4' ? '192.0.2.12' : 'fe80::12'));
  const config = { ...router, source, vrid: more.vrid ?? router.vrid };
  const destination = groupOf(router.family);
  const payload = encodeAdvertisement(advertisementOf(config, priority), {
    source,
    destination,
    checksum: router.checksum,
  });
  return { source, destination, hopLimit: more.hopLimit ?? 255, payload };
}

/** The events of one type. */
export const eventsOf = <T extends EngineEvent['type']>(
  events: readonly EngineEvent[],
  type: T,
): Extract<EngineEvent, { type: T }>[] =>
  events.filter((event): event is Extract<EngineEvent, { type: T }> => event.type === type);
