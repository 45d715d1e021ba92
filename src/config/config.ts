import type { Family, IpAddress } from '../wire/address.ts';
import type { Milliseconds, Seconds } from '../wire/units.ts';

/**
 * The resolved configuration of a pair: every default filled in, every reference looked up, every rule checked. It is
 * the same on every host, immutable, and plain data that survives JSON. `parse` and `resolve` make it, everything else
 * reads it.
 */
export interface Config {
  /** In the order of the file. At least one, usually two. */
  readonly nodes: readonly NodeConfig[];
  /** In the order of the file. */
  readonly vips: readonly VipConfig[];
  /** `undefined` when no proxy is watched: the pair then moves its VIPs for link and host faults only. */
  readonly proxy: ProxyConfig | undefined;
  /** What the proxy serves, in the order of the file; empty when its configuration is written by hand. */
  readonly services: readonly ServiceConfig[];
  /** Whether missing sysctls are only reported or also set. */
  readonly sysctl: 'check' | 'apply';
}

export interface NodeConfig {
  readonly name: string;
  /** The host's own addresses, at most one of each family; unicast peers and self-recognition use them. */
  readonly addresses: readonly IpAddress[];
}

/** One VIP entry: one virtual router for each address family that it has addresses of. */
export interface VipConfig {
  readonly name: string;
  /** 1 to 255 (RFC 9568 5.2.3). */
  readonly vrid: number;
  /** The interface on each node, by node name. */
  readonly interfaces: Readonly<Record<string, string>>;
  readonly addresses: readonly VipAddress[];
  /** Node names, best first. Nodes that are not listed do not take part in this VIP. */
  readonly prefer: readonly string[];
  /** The base priority by node name, 1 to 255; 255 is the address owner (RFC 9568 5.2.4). */
  readonly priorities: Readonly<Record<string, number>>;
  readonly version: 2 | 3;
  /** The advertisement interval. Whole seconds in version 2, whole centiseconds in version 3. */
  readonly interval: Milliseconds;
  readonly transport: Transport;
  /** VRRPv2 simple text password (RFC 2338 5.3.6), 1 to 8 bytes; `undefined` for none. */
  readonly password: string | undefined;
  readonly preempt: boolean;
  /** How long a backup waits before it takes over from an active router of lower priority. */
  readonly preemptDelay: Milliseconds;
  /** Elect one skew time after hearing a lower priority, instead of after the active-down interval. */
  readonly preemptFast: boolean;
  readonly checksum: ChecksumForm;
  /** Accept_Mode (RFC 9568 6.1): whether an active router that is not the owner accepts packets to the VIP. */
  readonly accept: boolean;
  readonly onFailure: OnFailure;
  /** How long the proxy must have been well before the host stands for election again. */
  readonly recoverAfter: Milliseconds;
  /** The kernel's lifetime of an installed VIP; it is renewed only by the path that has just advertised. */
  readonly lease: Seconds;
  readonly garp: AnnouncementConfig;
}

export interface VipAddress {
  readonly family: Family;
  readonly address: IpAddress;
  /** 0 to 32 or 128; host length unless the file gives another. */
  readonly prefixLength: number;
}

export type Transport = 'multicast' | 'unicast' | 'broadcast';

/** The VRRPv3 IPv4 checksum: with pseudo-header (RFC 5798, keepalived, FRR) or over the message alone (RFC 9568). */
export type ChecksumForm = 'pseudo-header' | 'message';

/** What a dead proxy does to a VIP of this host. */
export type OnFailure =
  | { readonly reaction: 'resign' }
  | { readonly reaction: 'lower'; readonly weight: number }
  | { readonly reaction: 'stop' };

/** Gratuitous ARP and unsolicited neighbor advertisements. */
export interface AnnouncementConfig {
  /** Frames of each address in a burst, 1 to 100. */
  readonly repeat: number;
  /** Between the first burst and the second. */
  readonly delay: Milliseconds;
  /** Between two frames of one address within a burst. */
  readonly interval: Milliseconds;
  /** Between single repetitions for as long as the VIP is held; 0 for never. */
  readonly refresh: Milliseconds;
}

/** The proxy on every host. */
export interface ProxyConfig {
  /** A name from the profile registry. */
  readonly profile: string;
  /** Overrides the profile's pid files. */
  readonly pidFile: string | undefined;
  /** Overrides the profile's process name. */
  readonly process: string | undefined;
  /** Ports whose listening socket's owner is the proxy, looked at when neither pid file nor name finds one. */
  readonly listen: readonly number[];
}

/** One thing the proxy serves on the VIPs, and the backends it balances over. */
export interface ServiceConfig {
  readonly name: string;
  /** TCP ports, at least one; no two services share one. */
  readonly listen: readonly number[];
  readonly mode: 'http' | 'tcp';
  readonly balance: Balance;
  /** `undefined` when the backends are not checked. */
  readonly check: CheckConfig | undefined;
  /** In the order of the file. At least one, no address and port twice. */
  readonly backends: readonly BackendConfig[];
}

export type Balance = 'roundrobin' | 'leastconn' | 'source';

/** How each backend of a service is checked. */
export type CheckConfig = HttpCheckConfig | TcpCheckConfig;

export interface HttpCheckConfig extends CheckPace {
  readonly type: 'http';
  /** Absolute path of the request, with a query if there is one. */
  readonly path: string;
}

export interface TcpCheckConfig extends CheckPace {
  readonly type: 'tcp';
}

export interface CheckPace {
  readonly interval: Milliseconds;
  /** Good results in a row that make a bad backend good, 1 to 100. */
  readonly rise: number;
  /** Bad results in a row that make a good backend bad, 1 to 100. */
  readonly fall: number;
}

export interface BackendConfig {
  readonly address: IpAddress;
  readonly port: number;
  /** The backend's share of the load, 1 to 256. */
  readonly weight: number;
}
