import type { ReceiverStatus } from './notify.ts';
import type { ApplyStatus } from './applies.ts';
import type { FindingCode } from '../pair/finding.ts';
import type { ServiceStatus } from './backends.ts';
import type { SwitchStatus } from './switching.ts';

/**
 * The status of the daemon on one host, as everybody outside it sees it: the command line, scripts, and whatever reads
 * the control socket. One snapshot, many renderers. Plain data; times are ISO 8601 in UTC, durations milliseconds.
 */
export interface Status {
  readonly version: string;
  readonly node: string;
  readonly at: string;
  readonly engine: EngineStatus;
  readonly manager: { readonly pid: number; readonly restarts: number };
  readonly config: {
    readonly file: string;
    /** When the configuration in force was loaded. */
    readonly loadedAt: string;
    /** Of the resolved configuration, eight hexadecimal digits: the same on every host that has the same in force. */
    readonly digest: string;
    /** Why the last reload was refused, one mistake a line; null when the file is in force. */
    readonly error: string | null;
  };
  /** null when no proxy is watched. */
  readonly proxy: ProxyStatus | null;
  /** The checks of the host that VIPs track, in the order of the file. */
  readonly checks: readonly CheckStatus[];
  /** null when this program renders nothing for the proxy. */
  readonly apply: ApplyStatus | null;
  /** Which proxy runs, and whether the file agrees; null when none is watched. */
  readonly switching: SwitchStatus | null;
  /** One entry for each service, in the order of the file. */
  readonly services: readonly ServiceStatus[];
  /** One entry for each virtual router: a VIP with both families has two. */
  readonly vips: readonly VipStatus[];
  readonly interfaces: readonly InterfaceStatus[];
  /** Whether this host reaches its gateway or a witness; `unasked` where none is configured. */
  readonly reach: 'unasked' | 'well' | 'none';
  /** The other nodes as they are heard beside VRRP; null when no heartbeat is in force. */
  readonly pair: PairStatus | null;
  readonly events: EventsStatus;
  /** In the order of the file. */
  readonly notify: readonly ReceiverStatus[];
  /** What needs attention. */
  readonly warnings: readonly WarningStatus[];
  /** What would happen if a host died now, for each host that holds a VIP. */
  readonly ifHostDied: readonly HostDeath[];
}

export interface EventsStatus {
  /** The number of the newest event. */
  readonly last: number;
  /** How many there were since the manager was started, by type. */
  readonly counts: Readonly<Record<string, number>>;
}

/**
 * What can need attention. The codes are stable:
 * - `config`: the file is in force and has something odd
 * - `config-refused`: the file is not in force
 * - `sysctl`: a kernel setting
 * - `accept`: `accept: false` is not in force
 * - `foreign-vrid`: another virtual router on the segment
 * - `events-lost`: the log is not complete
 * - `backends`: orders of the command line, or what sources say, cannot be kept for a restart
 * - `heartbeat`: the heartbeat beside VRRP is not in force
 * - `switch`: the host runs another proxy than the file says
 * - `notify`: a receiver of notifications cannot be reached
 * - `notify-secret`: others may read a secret
 * - `listen`: `control.listen` is not in force
 * - `state`: the state directory cannot be written
 * - and what is the matter between the hosts, as `src/pair/finding.ts` tells it apart
 */
export type WarningCode =
  | 'config'
  | 'config-refused'
  | 'sysctl'
  | 'accept'
  | 'foreign-vrid'
  | 'events-lost'
  | 'backends'
  | 'heartbeat'
  | 'switch'
  | 'notify'
  | 'notify-secret'
  | 'listen'
  | 'state'
  | FindingCode;

export interface WarningStatus {
  readonly code: WarningCode;
  /** A sentence with its fix. */
  readonly text: string;
  /** When it began. */
  readonly since: string;
}

export interface PairStatus {
  readonly peers: readonly PeerStatus[];
  readonly paths: readonly {
    readonly path: string;
    /** Why it cannot be used, or null. */
    readonly trouble: string | null;
    readonly counters: Readonly<Record<string, number>>;
  }[];
}

export interface PeerStatus {
  readonly node: string;
  /** Whether it is heard over any path now. */
  readonly heard: boolean;
  readonly heardMs: number | null;
  /** Whether it reaches its gateway or a witness, as it says. */
  readonly reach: 'unasked' | 'well' | 'none';
  /** Whether its configuration is the same; null while it is not known. */
  readonly agrees: boolean | null;
  readonly paths: readonly {
    readonly path: string;
    readonly heard: boolean;
    readonly heardMs: number | null;
    /** How long ago it heard this host there, as it says itself; null for never. */
    readonly hearsUsMs: number | null;
  }[];
}

export interface HostDeath {
  readonly host: string;
  /** One clause for each VIP that the host holds: `lb2 takes over web-1 within 602 ms`. */
  readonly consequences: readonly string[];
}

export interface EngineStatus {
  readonly pid: number;
  readonly since: string;
  /** SCHED_FIFO priority; 0 when not permitted, with the reason. */
  readonly realtime: { readonly priority: number; readonly refused: string | null };
  readonly timerLateness: {
    readonly worstMs: number;
    readonly worstAt: string | null;
    readonly over10ms: number;
    readonly wakes: number;
  };
  readonly droppedEvents: number;
}

export interface ProxyStatus {
  readonly profile: string;
  readonly state: 'well' | 'degraded' | 'dead' | 'recovering';
  readonly reason: string;
  readonly since: string;
  readonly pid: number | null;
  readonly workers: readonly number[];
  readonly notes: readonly string[];
  /** Its processes, its listeners and its answers, one by one; empty while it was not looked at. */
  readonly levels: readonly {
    readonly level: 'process' | 'listener' | 'answer';
    readonly state: 'well' | 'degraded' | 'dead';
    readonly reason: string;
  }[];
}

/** A check of the host. */
export interface CheckStatus {
  readonly name: string;
  readonly state: 'well' | 'failed' | 'recovering';
  readonly reason: string;
  readonly since: string;
  /** The VIPs that it counts for, and what a failure takes off; null when it counts like a dead proxy. */
  readonly vips: readonly { readonly vip: string; readonly weight: number | null }[];
}

export interface VipStatus {
  readonly vip: string;
  readonly family: 'ipv4' | 'ipv6';
  readonly addresses: readonly string[];
  readonly interface: string;
  readonly vrid: number;
  readonly version: 2 | 3;
  readonly state: 'initialize' | 'backup' | 'active';
  /** Who holds the VIP as far as this host knows; null when nobody is known to. */
  readonly holder: string | null;
  readonly priority: number;
  readonly basePriority: number;
  /** Why the state is what it is, in words. */
  readonly reason: string;
  readonly since: string;
  readonly sinceMs: number;
  readonly addressesInstalled: boolean;
  readonly counters: Readonly<Record<string, number>>;
  /** Refused advertisements by reason, and remarks on accepted ones. */
  readonly refused: Readonly<Record<string, number>>;
  readonly remarks: Readonly<Record<string, number>>;
}

export interface InterfaceStatus {
  readonly interface: string;
  readonly state: string;
  readonly detail: string;
  readonly refused: Readonly<Record<string, number>>;
  readonly foreign: readonly {
    readonly vrid: number;
    readonly source: string;
    readonly version: number | null;
    readonly count: number;
  }[];
}

/** The answer to a reload. */
export interface ReloadResult {
  readonly applied: boolean;
  /** What changed, in words; empty when nothing did. */
  readonly changes: readonly string[];
  /** `file:line:col: path: message`, when it was refused. */
  readonly errors: readonly string[];
}

/** Where the daemon listens unless told otherwise. */
export const CONTROL_SOCKET = '/run/vipair/control.sock';
