import type { IpAddress } from '../wire/address.ts';
import type { Milliseconds } from '../wire/units.ts';
import type { DnsSourceConfig } from './backendconfig.ts';
import type { EventName, Severity } from './eventname.ts';
import type { CheckConfig, MatchConfig, StatusRange } from './checkconfig.ts';
import type {
  Balance,
  ChecksumForm,
  ListenConfig,
  OnEmpty,
  ProbeUrl,
  Quorum,
  StickConfig,
  Transport,
  VipAddress,
} from './config.ts';

/**
 * The file as it was written: every value read and in range by itself, no default filled in, no reference looked up.
 * The schema makes it, `resolve` turns it into a `Config`. Keys are the user's.
 */
export interface RawConfig extends RawSettings {
  readonly nodes: Readonly<Record<string, RawNode>>;
  readonly vips: Readonly<Record<string, RawVip>>;
  readonly proxy?: RawProxy | undefined;
  readonly services?: Readonly<Record<string, RawService>> | undefined;
  readonly sysctl?: 'check' | 'apply' | undefined;
  readonly gateway?: IpAddress | undefined;
  readonly witness?: readonly IpAddress[] | undefined;
  readonly notify?: Readonly<Record<string, RawReceiver>> | undefined;
  readonly control?: RawControl | undefined;
  readonly heartbeat?: readonly RawPath[] | RawHeartbeat | undefined;
}

/** Whom to notify: one of the kinds, told by the key that is there. */
export interface RawReceiver {
  readonly exec?: readonly string[] | undefined;
  readonly smtp?: RawEndpoint | undefined;
  readonly webhook?: string | undefined;
  readonly on?: readonly EventName[] | undefined;
  readonly severity?: Severity | undefined;
  readonly timeout?: Milliseconds | undefined;
  readonly user?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | readonly string[] | undefined;
  readonly tls?: 'none' | 'starttls' | 'implicit' | undefined;
  readonly password_file?: string | undefined;
  readonly token_file?: string | undefined;
  readonly secret_file?: string | undefined;
  readonly ca_file?: string | undefined;
}

export interface RawControl {
  readonly listen?: { readonly address: IpAddress; readonly port: number } | undefined;
}

export interface RawHeartbeat {
  readonly paths: readonly RawPath[];
  readonly key_file?: string | undefined;
  readonly port?: number | undefined;
}

/** One place that means something on every node, or one for each. */
export type RawPath = RawPlace | Readonly<Record<string, RawPlace>>;

export type RawPlace =
  | { readonly interface: string; readonly address?: undefined; readonly port?: undefined }
  | { readonly interface?: undefined; readonly address: IpAddress; readonly port: number | undefined };

export interface RawNode {
  readonly address?: IpAddress | undefined;
  readonly addresses?: readonly IpAddress[] | undefined;
  readonly interface?: string | undefined;
}

/** What may stand in a VIP, or at the top level for every VIP. */
export interface RawSettings {
  /** One name for every node, or one for each. */
  readonly interface?: string | Readonly<Record<string, string>> | undefined;
  readonly interval?: Milliseconds | undefined;
  readonly version?: 2 | 3 | undefined;
  readonly transport?: Transport | undefined;
  readonly auth?: string | { readonly password: string } | undefined;
  readonly preempt?: boolean | undefined;
  readonly preempt_delay?: Milliseconds | undefined;
  readonly preempt_fast?: boolean | undefined;
  readonly checksum?: ChecksumForm | undefined;
  readonly accept?: boolean | undefined;
  readonly on_failure?: 'resign' | 'lower' | 'stop' | undefined;
  readonly weight?: number | undefined;
  readonly recover_after?: Milliseconds | undefined;
  readonly recover_max?: Milliseconds | undefined;
  readonly lease?: Milliseconds | undefined;
  readonly garp?: RawAnnouncement | undefined;
  readonly track?: RawTrack | undefined;
}

export interface RawTrack {
  readonly backends?: RawTrackBackends | undefined;
  readonly checks?: Readonly<Record<string, RawHostCheck>> | undefined;
}

/** One of the kinds, told by the key that is there. */
export interface RawHostCheck {
  readonly command?: readonly string[] | undefined;
  readonly user?: string | undefined;
  readonly interface?: string | Readonly<Record<string, string>> | undefined;
  readonly file?: string | undefined;
  readonly when?: 'present' | 'absent' | undefined;
  readonly gateway?: IpAddress | 'default' | undefined;
  readonly headroom?: number | undefined;
  readonly weight?: number | undefined;
  readonly interval?: Milliseconds | undefined;
  readonly timeout?: Milliseconds | undefined;
  readonly rise?: number | undefined;
  readonly fall?: number | undefined;
}

export interface RawTrackBackends {
  readonly weight: number;
  readonly quorum?: number | Quorum | undefined;
  readonly hysteresis?: number | undefined;
  readonly services?: readonly string[] | undefined;
}

export interface RawVip extends RawSettings {
  readonly vrid: number;
  readonly address?: VipAddress | undefined;
  readonly addresses?: readonly VipAddress[] | undefined;
  readonly prefer?: readonly string[] | undefined;
  readonly priority?: Readonly<Record<string, number>> | undefined;
}

export interface RawAnnouncement {
  readonly repeat?: number | undefined;
  readonly delay?: Milliseconds | undefined;
  readonly interval?: Milliseconds | undefined;
  readonly refresh?: Milliseconds | undefined;
}

export interface RawProxy extends RawProxyOptions {
  readonly profile: string;
  readonly mode?: 'managed' | 'adopted' | undefined;
  readonly listen?: readonly number[] | undefined;
  readonly profiles?: Readonly<Record<string, RawProxyOptions>> | undefined;
  readonly switch?: RawSwitch | undefined;
  readonly probe?: RawProbe | undefined;
  readonly apply?: RawApply | undefined;
  readonly managed?: RawManaged | undefined;
  readonly restart?: RawRestart | undefined;
}

export interface RawProxyOptions {
  readonly binary?: string | undefined;
  readonly unit?: string | undefined;
  readonly start?: readonly string[] | undefined;
  readonly directory?: string | undefined;
  readonly include?: readonly string[] | undefined;
  readonly pid_file?: string | undefined;
  readonly process?: string | undefined;
}

export interface RawSwitch {
  readonly bake?: Milliseconds | undefined;
  readonly drain?: Milliseconds | undefined;
}

export interface RawRestart {
  readonly attempts?: number | undefined;
  readonly backoff?: Milliseconds | undefined;
  readonly verify?: Milliseconds | undefined;
  readonly settle?: Milliseconds | undefined;
  readonly timeout?: Milliseconds | undefined;
  readonly command?: readonly string[] | undefined;
}

export interface RawManaged {
  readonly user?: string | undefined;
  readonly drain?: Milliseconds | undefined;
}

export interface RawProbe {
  readonly enabled?: boolean | undefined;
  readonly url?: ProbeUrl | undefined;
  readonly urls?: readonly ProbeUrl[] | undefined;
  readonly host?: string | undefined;
  readonly period?: Milliseconds | undefined;
  readonly timeout?: Milliseconds | undefined;
  readonly rise?: number | undefined;
  readonly fall?: number | undefined;
}

export interface RawApply {
  readonly quiet?: Milliseconds | undefined;
  readonly ceiling?: Milliseconds | undefined;
  readonly spacing?: Milliseconds | undefined;
  readonly reloads?: number | undefined;
  readonly refill?: Milliseconds | undefined;
  readonly retry?: Milliseconds | undefined;
  readonly check_timeout?: Milliseconds | undefined;
}

export interface RawService {
  readonly listen: readonly (number | ListenConfig)[];
  readonly mode?: 'http' | 'tcp' | undefined;
  readonly balance?: Balance | undefined;
  readonly stick?: StickConfig['kind'] | { readonly cookie: string } | undefined;
  readonly tls?: RawTls | undefined;
  readonly proxy_protocol?: 1 | 2 | undefined;
  readonly health_path?: string | undefined;
  readonly forwarded?: boolean | undefined;
  readonly timeouts?: RawTimeouts | undefined;
  readonly keep_alive?: number | undefined;
  readonly check?: RawCheck | undefined;
  readonly min_backends?: number | undefined;
  readonly on_empty?: OnEmpty | undefined;
  readonly sorry?: string | { readonly server: RawEndpoint } | undefined;
  readonly sources?: readonly RawSource[] | undefined;
  readonly backends?: RawBackends | undefined;
}

export interface RawTls {
  readonly verify?: boolean | undefined;
  readonly ca_file?: string | undefined;
  readonly server_name?: string | undefined;
}

export interface RawTimeouts {
  readonly connect?: Milliseconds | undefined;
  readonly client?: Milliseconds | undefined;
  readonly server?: Milliseconds | undefined;
}

export interface RawCheck {
  readonly type: CheckConfig['type'];
  readonly interval?: Milliseconds | undefined;
  readonly jitter?: Milliseconds | undefined;
  readonly timeout?: Milliseconds | undefined;
  readonly rise?: number | undefined;
  readonly fall?: number | undefined;
  readonly retry?: number | undefined;
  readonly delay_before_retry?: Milliseconds | undefined;
  readonly port?: number | undefined;
  readonly path?: string | undefined;
  readonly status?: readonly (number | StatusRange)[] | undefined;
  readonly match?: MatchConfig | undefined;
  readonly host?: string | undefined;
  readonly sni?: string | undefined;
  readonly send?: string | undefined;
  readonly expect?: MatchConfig | undefined;
  readonly command?: readonly string[] | undefined;
  readonly user?: string | undefined;
}

/** One of the kinds, told by the key that is there. */
export interface RawSource {
  readonly file?: string | undefined;
  readonly dns?: string | undefined;
  readonly type?: DnsSourceConfig['type'] | undefined;
  readonly port?: number | undefined;
  readonly resolver?: readonly string[] | undefined;
  readonly url?: string | undefined;
  readonly interval?: Milliseconds | undefined;
  readonly etcd?: readonly string[] | undefined;
  readonly prefix?: string | undefined;
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
}

/** The keys that say of which kind a source is. */
export type SourceKey = 'file' | 'dns' | 'url' | 'etcd';

/** A list of backends, as it stands in a service and in a file of backends. */
export type RawBackends = readonly (RawHost | RawBackend)[];

/** A backend with settings of its own. */
export interface RawBackend {
  readonly address: RawHost;
  readonly port?: number | undefined;
  readonly name?: string | undefined;
  readonly weight?: number | undefined;
  readonly backup?: boolean | undefined;
  readonly max_connections?: number | undefined;
  readonly slow_start?: Milliseconds | undefined;
}

/** `192.0.2.21:8080`, `[2001:db8::21]:8080`, `app.example.net:8080`, or the same without the port. */
export interface RawHost {
  readonly host: string;
  readonly port: number | undefined;
}

/** A host with its port. */
export interface RawEndpoint {
  readonly host: string;
  readonly port: number;
}
