import type { IpAddress } from '../wire/address.ts';
import type { Milliseconds } from '../wire/units.ts';

/** What else of a host is looked at than its proxy: the trackers of other VRRP daemons. */
export type HostCheckConfig =
  CommandHostCheck | InterfaceHostCheck | FileHostCheck | GatewayHostCheck | HeadroomHostCheck;

/** How often something is looked at, and what single looks mean. */
export interface HostCheckPace {
  readonly interval: Milliseconds;
  readonly timeout: Milliseconds;
  /** Good looks in a row that make it well, 1 to 100. */
  readonly rise: number;
  /** Bad looks in a row that make it fail, 1 to 100. */
  readonly fall: number;
}

/** A program must end with 0. What cannot be started is a failure. */
export interface CommandHostCheck extends HostCheckPace {
  readonly kind: 'command';
  readonly name: string;
  /** An absolute path and its arguments; no shell sees them. */
  readonly command: readonly string[];
  /** Whom it runs as; `undefined` for nobody, when this program runs as root. */
  readonly user: string | undefined;
}

/** An interface must be up and have a carrier. */
export interface InterfaceHostCheck {
  readonly kind: 'interface';
  readonly name: string;
  /** The interface on each node, by node name. */
  readonly interfaces: Readonly<Record<string, string>>;
}

/** A file must not be there, or must. */
export interface FileHostCheck {
  readonly kind: 'file';
  readonly name: string;
  /** An absolute path. */
  readonly path: string;
  /** When it fails. */
  readonly when: 'present' | 'absent';
}

/** A router must answer. */
export interface GatewayHostCheck extends HostCheckPace {
  readonly kind: 'gateway';
  readonly name: string;
  /** `undefined` for the gateway of the default route. */
  readonly address: IpAddress | undefined;
}

/** The host must have descriptors and tracked connections left, or it cannot carry another host's VIPs too. */
export interface HeadroomHostCheck extends HostCheckPace {
  readonly kind: 'headroom';
  readonly name: string;
  /** The least free share of each, 1 to 99 percent. */
  readonly percent: number;
}
