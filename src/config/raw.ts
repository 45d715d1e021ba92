import type { IpAddress } from '../wire/address.ts';
import type { Milliseconds } from '../wire/units.ts';
import type { Balance, CheckConfig, ChecksumForm, Transport, VipAddress } from './config.ts';

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
}

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
  readonly lease?: Milliseconds | undefined;
  readonly garp?: RawAnnouncement | undefined;
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

export interface RawProxy {
  readonly profile: string;
  readonly pid_file?: string | undefined;
  readonly process?: string | undefined;
  readonly listen?: readonly number[] | undefined;
}

export interface RawService {
  readonly listen: readonly number[];
  readonly mode?: 'http' | 'tcp' | undefined;
  readonly balance?: Balance | undefined;
  readonly check?: RawCheck | undefined;
  readonly backends: readonly (RawEndpoint | RawBackend)[];
}

export interface RawCheck {
  readonly type: CheckConfig['type'];
  readonly path?: string | undefined;
  readonly interval?: Milliseconds | undefined;
  readonly rise?: number | undefined;
  readonly fall?: number | undefined;
}

/** A backend with a weight of its own. */
export interface RawBackend {
  readonly address: RawEndpoint;
  readonly weight?: number | undefined;
}

/** `192.0.2.21:8080` or `[2001:db8::21]:8080`. */
export interface RawEndpoint {
  readonly host: IpAddress;
  readonly port: number;
}
