import type { Refusal, Remark } from '../vrrp/receive.ts';
import type { Reason, RouterState } from '../vrrp/state.ts';
import type { IpAddress } from '../wire/address.ts';
import type { Reach } from '../wire/heartbeat.ts';
import { after, milliseconds } from '../wire/units.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';
import type { BackendDifference } from './backendview.ts';

/** Everything that a host can know of the others at one moment. */
export interface Evidence {
  readonly at: Instant;
  /** Whether this host reaches its gateway or a witness. */
  readonly reach: Reach;
  readonly routers: readonly RouterEvidence[];
  /** Empty where there is no heartbeat. */
  readonly peers: readonly PeerEvidence[];
  readonly paths: readonly PathEvidence[];
  /** What the hosts see differently of the backends, for so long that it is no matter of time. */
  readonly backends: readonly BackendDifference[];
}

/** What is known of one virtual router. */
export interface RouterEvidence {
  readonly key: string;
  /** The interface and the family. */
  readonly segment: string;
  readonly state: RouterState['name'];
  readonly reason: Reason;
  readonly since: Instant;
  readonly interval: Milliseconds;
  /** When an advertisement of each source was last accepted, refused for a reason, and found odd. */
  readonly voices: readonly Sighting[];
  readonly refusals: readonly (Sighting & { readonly refusal: Refusal })[];
  readonly remarks: readonly (Sighting & { readonly remark: Remark })[];
  /** A lesser router that goes on advertising although this host is active: how often in a row, and when last. */
  readonly contender: (Sighting & { readonly count: number }) | undefined;
  /** Another host that was seen to hold an address of it. */
  readonly conflict: { readonly address: IpAddress; readonly mac: string; readonly at: Instant } | undefined;
  /** The other nodes' own addresses that have answered ARP or Neighbor Discovery on this interface. */
  readonly neighbors: readonly (Sighting & { readonly mac: string })[];
  /** When a peer's word last stood in for its advertisement. */
  readonly standInAt: Instant | undefined;
  /** What those peers say of it that are heard beside VRRP. */
  readonly reports: readonly ReportEvidence[];
}

export interface Sighting {
  readonly source: IpAddress;
  readonly at: Instant;
}

export interface ReportEvidence {
  readonly node: string;
  readonly state: RouterState['name'];
  /** How long it has been listening, as far as this host knows. */
  readonly listensFor: Milliseconds;
  /** Since when it accepted an advertisement of ours; `undefined` for never. */
  readonly heardUs: Milliseconds | undefined;
  /** Why it refuses ours, if it does. */
  readonly refusesUs: Refusal | undefined;
  /** Whether its settings of this VIP are ours. */
  readonly agrees: boolean;
}

/** A peer beside VRRP. */
export interface PeerEvidence {
  readonly node: string;
  readonly isHeard: boolean;
  readonly agrees: boolean | undefined;
  /** How often it speaks. */
  readonly interval: Milliseconds;
  readonly paths: readonly {
    readonly path: string;
    /** The interface of this host that it goes over, where it is bound to one. */
    readonly interface: string | undefined;
    readonly isHeard: boolean;
    readonly hearsUs: Milliseconds | undefined;
  }[];
}

export interface PathEvidence {
  readonly path: string;
  readonly trouble: string | undefined;
  readonly forged: Sighting | undefined;
  readonly namesake: Sighting | undefined;
}

/** A sign of something is news for so long, or for a few intervals; without another one it is over then. */
export const NEWS: Milliseconds = milliseconds(3000);

/** How long a sign is news, for one virtual router. */
export const newsFor = ({ interval }: RouterEvidence): Milliseconds => milliseconds(Math.max(NEWS, 4 * interval));

/** Whether a sign is news. */
export const isNews = (router: RouterEvidence, seenAt: Instant, at: Instant): boolean =>
  at <= after(seenAt, newsFor(router));
