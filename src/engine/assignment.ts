import type { AnnouncementConfig } from '../config/config.ts';
import type { UdpPlace } from '../linux/udp.ts';
import type { FailurePolicy } from '../track/stance.ts';
import type { RouterConfig } from '../vrrp/state.ts';
import type { IpAddress } from '../wire/address.ts';
import type { Milliseconds, Seconds } from '../wire/units.ts';

/**
 * What the engine has to do on this host: the resolved configuration cut down to one node, one entry for each virtual
 * router. Plain data: the manager makes it and sends it, the engine compares it with what it does already.
 */
export interface Assignment {
  /** The name of this node, for messages. */
  readonly node: string;
  /** BOUNDED: the configuration allows 255 VRIDs for each interface and family. */
  readonly routers: readonly RouterAssignment[];
  /** The checks that the engine makes itself: interfaces that must be up, by the name of the check. */
  readonly interfaces: Readonly<Record<string, string>>;
  /** How the other nodes are heard beside VRRP; `undefined` for not at all. */
  readonly pair?: PairAssignment | undefined;
}

/** What this node tells the others beside VRRP, and over which paths. */
export interface PairAssignment {
  /** The other nodes. BOUNDED: 63. */
  readonly nodes: readonly string[];
  /** The shared key, hexadecimal. */
  readonly key: string;
  /** How often it speaks: as often as its fastest virtual router, so that one stands in for the other in time. */
  readonly interval: Milliseconds;
  /** BOUNDED: 8. */
  readonly paths: readonly PairPath[];
  /** Of the resolved configuration, and of the settings of each virtual router by key. */
  readonly digest: number;
  readonly digests: Readonly<Record<string, number>>;
}

/** A path as one node has it: its own end, and where the others are. */
export interface PairPath {
  /** The same on every node. */
  readonly name: string;
  readonly place: UdpPlace;
  readonly destinations: readonly IpAddress[];
  readonly port: number;
}

export interface RouterAssignment {
  /** The VIP's name and the family: `web-1/ipv4`. Unique. */
  readonly key: string;
  readonly vip: string;
  readonly interface: string;
  /** The configured priority of this node. */
  readonly priority: number;
  readonly addresses: readonly InstalledAddress[];
  /** Everything the protocol needs but the source address, which the interface decides. */
  readonly router: Omit<RouterConfig, 'source'>;
  /** The node's own address of this family, preferred as source; the interface's first one (IPv6: link-local) otherwise. */
  readonly source: IpAddress | undefined;
  readonly policy: FailurePolicy;
  /** Lifetime of an installed address in the kernel. */
  readonly lease: Seconds;
  readonly garp: AnnouncementConfig;
}

export interface InstalledAddress {
  readonly address: IpAddress;
  readonly prefixLength: number;
}

/**
 * Whether two assignments are the same virtual router on the wire, so that a change needs no restart. A VRID names one
 * virtual router of an interface and family (RFC 9568 5.2.3), so no two of one configuration are.
 */
export function isSameRouter(a: RouterAssignment, b: RouterAssignment): boolean {
  return (
    a.interface === b.interface &&
    a.source === b.source &&
    a.router.vrid === b.router.vrid &&
    a.router.family === b.router.family &&
    a.router.version === b.router.version
  );
}

/** Whether two assignments are equal in every value. */
export const isEqual = (a: RouterAssignment, b: RouterAssignment): boolean => JSON.stringify(a) === JSON.stringify(b);
