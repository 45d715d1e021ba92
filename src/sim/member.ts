import { advertisementOf, destinationsOf } from '../vrrp/advertise.ts';
import { HOP_LIMIT } from '../vrrp/receive.ts';
import type { ReceivedDatagram } from '../vrrp/receive.ts';
import { initialState } from '../vrrp/router.ts';
import type { RouterConfig, RouterState } from '../vrrp/state.ts';
import { judge, NO_FACTS } from '../track/stance.ts';
import type { FailurePolicy, Judgement } from '../track/stance.ts';
import { encodeAdvertisement } from '../wire/advertisement.ts';
import type { IpAddress } from '../wire/address.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';

/** One virtual router of a simulated host. */
export interface MemberConfig {
  /** The name of the VIP. */
  readonly vip: string;
  readonly router: RouterConfig;
  /** The configured priority, 1 to 255. */
  readonly priority: number;
  readonly policy: FailurePolicy;
  /** How long the kernel keeps an address that is not renewed. More than the interval, or it goes between two. */
  readonly lease: Milliseconds;
}

/** A virtual router at work: the state of the real core, and what the host around it has to remember. */
export interface Member {
  readonly config: MemberConfig;
  state: RouterState;
  judgement: Judgement;
  /** When the lease of the addresses was last renewed; `undefined` while none are held. */
  renewedAt: Instant | undefined;
  /** When an advertisement of each source was accepted last: at most one for each host. */
  readonly voices: Map<IpAddress, Instant>;
  /** Encoded advertisements by priority: at most 256, and in practice a few. */
  readonly datagrams: Map<number, readonly ReceivedDatagram[]>;
}

/** A virtual router that has not been started. */
export const memberOf = (config: MemberConfig, at: Instant): Member => ({
  config,
  state: initialState(at),
  judgement: judge(config.policy, config.priority, NO_FACTS, at),
  renewedAt: undefined,
  voices: new Map(),
  datagrams: new Map(),
});

/** The advertisement of a member as it goes out: real bytes, one datagram for each destination. */
export function datagramsOf(member: Member, priority: number): readonly ReceivedDatagram[] {
  const known = member.datagrams.get(priority);
  if (known !== undefined) return known;
  const { router } = member.config;
  const { source, checksum } = router;
  const datagrams = destinationsOf(router).map((destination) => ({
    source,
    destination,
    hopLimit: HOP_LIMIT,
    payload: encodeAdvertisement(advertisementOf(router, priority), { source, destination, checksum }),
  }));
  member.datagrams.set(priority, datagrams);
  return datagrams;
}
