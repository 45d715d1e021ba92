import type { Reason, RouterState } from '../vrrp/state.ts';
import type { Cause } from '../track/fitness.ts';
import type { Verdict } from '../track/verdict.ts';
import type { RouterEvidence, Sighting } from '../pair/evidence.ts';
import type { IpAddress } from '../wire/address.ts';
import type { Reach } from '../wire/heartbeat.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';
import type { SegmentState } from './events.ts';

/** Everything that can be known of the engine at one moment; plain data for the manager. Times are the engine's clock. */
export interface Snapshot {
  readonly at: Instant;
  readonly pid: number;
  readonly startedAt: Instant;
  /** 0 when the kernel did not allow real-time scheduling; `refusal` then names the error. */
  readonly realtime: { readonly priority: number; readonly refusal: string | undefined };
  readonly lateness: Lateness;
  readonly proxy: Verdict | undefined;
  /** By the name of the check. */
  readonly checks: Readonly<Record<string, Verdict>>;
  readonly watchedPid: number | undefined;
  readonly managerRestarts: number;
  readonly droppedEvents: number;
  readonly routers: readonly RouterSnapshot[];
  readonly segments: readonly SegmentSnapshot[];
  /** Whether this host reaches its gateway or a witness; `unasked` where none is configured, or asked a moment ago. */
  readonly reach: Reach;
  /** `undefined` when nothing is configured beside VRRP. */
  readonly pair: PairSnapshot | undefined;
}

/** What is known of the other nodes beside VRRP. */
export interface PairSnapshot {
  readonly peers: readonly PeerSnapshot[];
  readonly paths: readonly PathSnapshot[];
}

export interface PeerSnapshot {
  readonly node: string;
  /** Whether it is heard over any path now, and since when it was heard last; `undefined` for never. */
  readonly isHeard: boolean;
  readonly at: Instant | undefined;
  /** Whether it reaches its gateway or a witness, as it says. */
  readonly reach: Reach;
  /** Whether its configuration is ours; `undefined` while it has not been heard. */
  readonly agrees: boolean | undefined;
  /** How often it speaks; 0 while it has not been heard. */
  readonly interval: Milliseconds;
  readonly paths: readonly {
    readonly path: string;
    readonly isHeard: boolean;
    readonly at: Instant | undefined;
    /** Since when it hears us there, as it says; `undefined` when it says so of no time. */
    readonly hearsUs: Milliseconds | undefined;
  }[];
}

export interface PathSnapshot {
  readonly path: string;
  /** Why it cannot be used. */
  readonly trouble: string | undefined;
  /** What became of its datagrams. */
  readonly counters: Readonly<Record<string, number>>;
  /** The interface of this host that it goes over, where it is bound to one. */
  readonly interface: string | undefined;
  /** The last datagram with another key, and of another host with this node's name. */
  readonly forged: Sighting | undefined;
  readonly namesake: Sighting | undefined;
}

/** How late the engine's timer woke it. */
export interface Lateness {
  readonly worst: Milliseconds;
  readonly worstAt: Instant | undefined;
  readonly wakes: number;
  /** Wakes more than 10 ms late. */
  readonly late: number;
}

export interface RouterSnapshot {
  readonly key: string;
  readonly state: RouterState['name'];
  readonly reason: Reason;
  readonly since: Instant;
  /** The priority it stands with now, and the configured one. */
  readonly priority: number;
  readonly basePriority: number;
  /** Why it does not stand with the configured priority. */
  readonly because: string | undefined;
  /** What keeps it from being well, the gravest first. */
  readonly causes: readonly Cause[];
  /** When its interface came back after a fault; `undefined` when it never had one. */
  readonly linkBackAt: Instant | undefined;
  /** What is to be said of its interface: why it cannot be used, or where it speaks from. */
  readonly interfaceDetail: string;
  /** The address it advertises from; `undefined` while the interface is unusable. */
  readonly source: IpAddress | undefined;
  /** The router that `reason` speaks of; others may have been heard since. */
  readonly peer: { readonly source: IpAddress; readonly priority: number } | undefined;
  /** The advertisement of another router it heard last. It may be old: `at` and `interval` tell. */
  readonly active:
    | { readonly source: IpAddress; readonly priority: number; readonly interval: Milliseconds; readonly at: Instant }
    | undefined;
  readonly addressesInstalled: boolean;
  /** Who else was seen to hold an address of it, last, since it became active. */
  readonly conflict: AddressConflict | undefined;
  /** The interface that it is on. */
  readonly segment: string;
  /** The node whose word last stood in for an advertisement. */
  readonly standIn: { readonly node: string; readonly at: Instant } | undefined;
  /** What was heard of others, for judging what is the matter between the hosts. */
  readonly traces: RouterTraces;
  readonly counters: RouterCounters;
}

/** What others have left behind in a virtual router's ears. */
export type RouterTraces = Pick<
  RouterEvidence,
  'voices' | 'refusals' | 'remarks' | 'contender' | 'neighbors' | 'reports'
>;

export interface AddressConflict {
  readonly address: IpAddress;
  readonly mac: string;
  readonly lastAt: Instant;
}

/** Monotonic since the start of the virtual router; names follow the statistics of the VRRP YANG module (RFC 8347). */
export interface RouterCounters {
  advertisementsSent: number;
  advertisementsReceived: number;
  priorityZeroSent: number;
  priorityZeroReceived: number;
  sendErrors: number;
  activeTransitions: number;
  announcements: number;
  addressesRestored: number;
  conflicts: number;
  refused: Record<string, number>;
  remarks: Record<string, number>;
}

export interface SegmentSnapshot {
  readonly interface: string;
  readonly state: SegmentState;
  readonly detail: string;
  /** Datagrams refused before a virtual router was known. */
  readonly refused: Record<string, number>;
  /** Virtual routers of others on this segment. BOUNDED: 64. */
  readonly foreign: readonly ForeignRouter[];
}

export interface ForeignRouter {
  readonly vrid: number;
  readonly source: IpAddress;
  readonly version: number | undefined;
  /** What it announced last. */
  readonly addresses: readonly IpAddress[];
  readonly count: number;
  readonly lastAt: Instant;
}
