import type { Family, IpAddress } from '../wire/address.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';

/**
 * The vocabulary of a virtual router: its configuration, its states, the events that move it and the actions that
 * follow. All of it is plain data.
 */

/** What a virtual router is configured with on this host (RFC 9568 6.1), and where its packets go. */
export interface RouterConfig {
  /** 1 to 255. */
  readonly vrid: number;
  readonly family: Family;
  readonly version: 2 | 3;
  /** Advertisement_Interval. */
  readonly interval: Milliseconds;
  /** The primary address of the interface, from which advertisements are sent (RFC 9568 1.7). */
  readonly source: IpAddress;
  /** The addresses of the virtual router, in the order of the packet. */
  readonly addresses: readonly IpAddress[];
  readonly transport: 'multicast' | 'unicast' | 'broadcast';
  /** The other routers' addresses; used by the unicast transport only. */
  readonly peers: readonly IpAddress[];
  /** VRRPv2 simple text password, 1 to 8 ASCII characters (RFC 2338 5.3.6). */
  readonly password: string | undefined;
  /** The form of the VRRPv3 IPv4 checksum that is sent; both are accepted. */
  readonly checksum: 'pseudo-header' | 'message';
  /** Preempt_Mode. */
  readonly preempt: boolean;
  readonly preemptDelay: Milliseconds;
  readonly preemptFast: boolean;
}

/** How this host stands for election of one VIP; made by `track` from the proxy's fitness. */
export type Stance =
  /** Stand with this priority. An active router announces a change at once and lets the peer take over first. */
  | { readonly kind: 'stand'; readonly priority: number }
  /** Let go at once with priority 0, then stand at the floor priority. */
  | { readonly kind: 'resign' }
  /** Let go at once with priority 0, then neither advertise nor elect. */
  | { readonly kind: 'out' };

/** An advertisement that `receive` accepted, in the units of the inside. */
export interface Heard {
  readonly priority: number;
  readonly interval: Milliseconds;
  readonly source: IpAddress;
}

export type RouterEvent =
  | { readonly type: 'startup'; readonly at: Instant; readonly stance: Stance }
  /** A startup that finds the addresses of a former run still leased to this host: go on where it stopped. */
  | { readonly type: 'adopt'; readonly at: Instant; readonly stance: Stance }
  | { readonly type: 'shutdown'; readonly at: Instant }
  | { readonly type: 'advertisement'; readonly at: Instant; readonly heard: Heard }
  | { readonly type: 'tick'; readonly at: Instant }
  | { readonly type: 'stance'; readonly at: Instant; readonly stance: Stance }
  /** The interface cannot carry the virtual router any more: link down, interface gone, no primary address. */
  | { readonly type: 'fault'; readonly at: Instant }
  /** The host was away for longer than the address lease: another may have taken over without our knowing. */
  | { readonly type: 'stalled'; readonly at: Instant }
  /**
   * The step before would have made the router active, and its advertisement could not be sent: that step was not
   * taken. `priority` is the one that it would have advertised.
   */
  | { readonly type: 'mute'; readonly at: Instant; readonly priority: number }
  /** The configuration passed to this step differs from that of the last one. */
  | { readonly type: 'reconfigured'; readonly at: Instant };

/** Why a virtual router is in the state it is in. */
export type Reason =
  | 'not-started'
  | 'startup'
  | 'owner'
  | 'adopted'
  | 'no-active-router'
  | 'active-router-resigned'
  | 'active-router-silent'
  | 'preempted-lower-priority'
  | 'higher-priority'
  | 'higher-address'
  | 'proxy-failure'
  | 'stalled'
  | 'mute'
  | 'fault'
  | 'shutdown';

export type RouterState = Initialize | Backup | Active;

interface Common {
  /** The priority this host stands with now: the configured one, a lowered one, or the floor. */
  readonly priority: number;
  readonly since: Instant;
  readonly reason: Reason;
}

export interface Initialize extends Common {
  readonly name: 'initialize';
}

export interface Backup extends Common {
  readonly name: 'backup';
  /** Active_Down_Timer. */
  readonly activeDownAt: Instant;
  /** Active_Adver_Interval, learned from the active router. */
  readonly activeInterval: Milliseconds;
  /** The last advertisement heard in this state, accepted or discarded for its lower priority. */
  readonly heard: Heard | undefined;
  /** What it will mean when the timer fires; decides the reason of the next state. */
  readonly pending: 'no-active-router' | 'active-router-silent' | 'active-router-resigned' | 'preempted-lower-priority';
  /** When a running preempt_delay ends; `undefined` while no lower active router has been heard. */
  readonly preemptAt: Instant | undefined;
}

export interface Active extends Common {
  readonly name: 'active';
  /** Adver_Timer. */
  readonly advertAt: Instant;
}

/** What the engine is to do, in this order. */
export type Action =
  | { readonly type: 'sendAdvertisement'; readonly priority: number }
  | { readonly type: 'addAddresses' }
  | { readonly type: 'removeAddresses' }
  | { readonly type: 'announceAddresses'; readonly cause: 'takeover' | 'conflict' };

export interface Step {
  readonly state: RouterState;
  readonly actions: readonly Action[];
}
