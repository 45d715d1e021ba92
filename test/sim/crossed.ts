import type { OnFailure } from '../../src/config/config.ts';
import type { HostConfig } from '../../src/sim/host.ts';
import type { MemberConfig } from '../../src/sim/member.ts';
import type { RouterConfig } from '../../src/vrrp/state.ts';
import { addressOf } from '../../src/wire/address.ts';
import { milliseconds } from '../../src/wire/units.ts';

export interface Crossing {
  readonly nodes: number;
  readonly router: Partial<RouterConfig>;
  readonly onFailure: OnFailure;
  readonly recoverAfter: number;
  /** The same as `recoverAfter` unless given: then the time does not grow. */
  readonly recoverMax?: number;
  readonly lease: number;
  readonly detection: number;
}

/** The defaults of the product: a crossed pair at 200 ms. */
export const pair: Crossing = {
  nodes: 2,
  router: {},
  onFailure: { reaction: 'resign' },
  recoverAfter: 3000,
  lease: 2000,
  detection: 1,
};

/** Hosts `lb1`, `lb2`, ... and VIPs `web-1`, `web-2`, ...: each host is the first choice for the VIP of its number. */
export function crossed(crossing: Crossing): HostConfig[] {
  const numbers = Array.from({ length: crossing.nodes }, (_, i) => i);
  return numbers.map((host) => ({
    name: `lb${host + 1}`,
    detection: milliseconds(crossing.detection),
    members: numbers.map((vip) => memberConfig(crossing, host, vip)),
  }));
}

function memberConfig(
  { nodes, router, onFailure, recoverAfter, recoverMax = recoverAfter, lease }: Crossing,
  host: number,
  vip: number,
): MemberConfig {
  const family = router.family ?? 'ipv4';
  const address = (suffix: number) => addressOf(family === 'ipv4' ? `192.0.2.${suffix}` : `fe80::${suffix}`);
  const others = Array.from({ length: nodes }, (_, i) => i).filter((other) => other !== host);
  return {
    vip: `web-${vip + 1}`,
    priority: 254 - ((host - vip + nodes) % nodes),
    policy: {
      onFailure,
      recoverAfter: milliseconds(recoverAfter),
      recoverMax: milliseconds(recoverMax),
      tracks: [],
    },
    lease: milliseconds(lease),
    router: {
      vrid: 51 + vip,
      family,
      version: 3,
      interval: milliseconds(200),
      addresses: [address(101 + vip)],
      transport: 'multicast',
      password: undefined,
      checksum: 'pseudo-header',
      preempt: true,
      preemptDelay: milliseconds(0),
      preemptFast: true,
      ...router,
      source: address(11 + host),
      peers: others.map((other) => address(11 + other)),
    },
  };
}
