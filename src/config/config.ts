import type { Family, IpAddress } from '../wire/address.ts';
import type { Milliseconds, Seconds } from '../wire/units.ts';
import type { CheckConfig } from './checkconfig.ts';
import type { HeartbeatConfig } from './heartbeatconfig.ts';
import type { ProxyConfig } from './proxyconfig.ts';
import type { HostCheckConfig } from './hostcheckconfig.ts';
import type { ReceiverConfig } from './notifyconfig.ts';
import type { BackendConfig, BackendSourceConfig } from './backendconfig.ts';

export type { HeartbeatConfig, HeartbeatPath } from './heartbeatconfig.ts';
export type { CheckConfig } from './checkconfig.ts';
export type {
  ApplyConfig,
  ManagedConfig,
  ProbeConfig,
  ProbeUrl,
  ProxyConfig,
  ProxyOptions,
  RestartConfig,
  SwitchConfig,
} from './proxyconfig.ts';

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
  /** The checks of the host that VIPs track, by first use; each name once. */
  readonly checks: readonly HostCheckConfig[];
  /** Whether missing sysctls are only reported or also set. */
  readonly sysctl: 'check' | 'apply';
  /** Whom to notify of events, in the order of the file. */
  readonly notify: readonly ReceiverConfig[];
  /** Where status, metrics and events can be read over TCP, besides the control socket; `undefined` for nowhere. */
  readonly listen: { readonly address: IpAddress; readonly port: number } | undefined;
  /** How the nodes hear each other beside VRRP; `undefined` for not at all. */
  readonly heartbeat: HeartbeatConfig | undefined;
  /** Who tells a host that it is not cut off; `undefined` and empty for nobody. */
  readonly gateway: IpAddress | undefined;
  readonly witnesses: readonly IpAddress[];
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
  /** How long what has failed must have been well before the host stands for election as before. */
  readonly recoverAfter: Milliseconds;
  /** What that grows to when failures repeat; not less than `recoverAfter`. */
  readonly recoverMax: Milliseconds;
  /** The kernel's lifetime of an installed VIP; it is renewed only by the path that has just advertised. */
  readonly lease: Seconds;
  readonly garp: AnnouncementConfig;
  /** What too few healthy backends do to the priority; `undefined` for nothing. */
  readonly trackBackends: TrackBackendsConfig | undefined;
  /** The checks of the host that count for this VIP. */
  readonly track: readonly TrackedCheck[];
}

/** A check of the host and what its failure does to a VIP. */
export interface TrackedCheck {
  readonly check: string;
  /** Taken off the priority, 1 to 253; `undefined` when a failure counts like a dead proxy. */
  readonly weight: number | undefined;
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

/** When the backends of a service are too few, and what that costs. */
export interface TrackBackendsConfig {
  /** Taken off the priority while a tracked service has too few, 1 to 253. */
  readonly weight: number;
  /** The least healthy backends of a service: a number, or a share of those that it has, 1 to 100 percent. */
  readonly quorum: Quorum;
  /** This many more than the quorum must be healthy before it is enough again, 0 to 1000. */
  readonly hysteresis: number;
  /** Names of services, in the order of the file; at least one. */
  readonly services: readonly string[];
}

export type Quorum =
  { readonly kind: 'count'; readonly count: number } | { readonly kind: 'share'; readonly percent: number };

/** One thing the proxy serves on the VIPs, and the backends it balances over. */
export interface ServiceConfig {
  readonly name: string;
  /** At least one; no two services share one. */
  readonly listen: readonly ListenConfig[];
  readonly mode: 'http' | 'tcp';
  readonly balance: Balance;
  /** What ties a client to a backend; `undefined` for nothing. */
  readonly stick: StickConfig | undefined;
  /** TLS to the backends; `undefined` for none. */
  readonly tls: BackendTlsConfig | undefined;
  /** The version of the PROXY protocol that is sent to the backends; `undefined` for none. */
  readonly proxyProtocol: 1 | 2 | undefined;
  /** Answered with 200 by the proxy itself, http only. */
  readonly healthPath: string | undefined;
  /** Whether X-Forwarded-For, -Proto and -Host are set; never in tcp mode. */
  readonly forwarded: boolean;
  readonly timeouts: TimeoutsConfig;
  /** Idle connections kept to the backends of the service, 0 for none; always 0 in tcp mode. */
  readonly keepAlive: number;
  /** `undefined` when the backends are not checked. */
  readonly check: CheckConfig | undefined;
  /** With fewer than this many backends from all sources together, `onEmpty` holds; 0 to 1000. */
  readonly minBackends: number;
  readonly onEmpty: OnEmpty;
  /** What answers when no backend can; `undefined` for the proxy's own error. */
  readonly sorry: SorryConfig | undefined;
  /** Where more backends come from, in the order of the file. */
  readonly sources: readonly BackendSourceConfig[];
  /** Those of the file itself, in its order. No address and port twice; empty when there are sources or a sorry. */
  readonly backends: readonly BackendConfig[];
}

/** Where a service listens. */
export interface ListenConfig {
  /** `undefined` for all addresses of both families. */
  readonly address: IpAddress | undefined;
  readonly port: number;
}

export type Balance = 'roundrobin' | 'leastconn' | 'source' | 'uri' | 'random';

export type StickConfig = { readonly kind: 'cookie'; readonly name: string } | { readonly kind: 'source' };

export interface BackendTlsConfig {
  readonly verify: boolean;
  /** Certificates that are trusted, PEM; `undefined` for the system's. */
  readonly caFile: string | undefined;
  /** The name that is asked for (SNI) and that a verified certificate must have. */
  readonly serverName: string | undefined;
}

export interface TimeoutsConfig {
  readonly connect: Milliseconds;
  readonly client: Milliseconds;
  readonly server: Milliseconds;
}

/**
 * Too few backends: `keep` the last good set; let the `sorry` answer; or `refuse`, the proxy's own error to everybody.
 */
export type OnEmpty = 'keep' | 'sorry' | 'refuse';

export type SorryConfig =
  | { readonly kind: 'page'; readonly text: string }
  | { readonly kind: 'server'; readonly host: string; readonly port: number };
