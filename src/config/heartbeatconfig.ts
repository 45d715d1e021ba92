import type { IpAddress } from '../wire/address.ts';

/** The paths beside VRRP. */
export interface HeartbeatConfig {
  /** The file with the key that all nodes share, absolute. */
  readonly keyFile: string;
  /** UDP, where a path does not have its own. */
  readonly port: number;
  /** In the order of the file; at least one. */
  readonly paths: readonly HeartbeatPath[];
}

/** One path beside VRRP: broadcast on an interface of each node, or unicast to an address of each. */
export type HeartbeatPath =
  | {
      /** The same on every node. */
      readonly name: string;
      readonly kind: 'interface';
      readonly interfaces: Readonly<Record<string, string>>;
      readonly port: number;
    }
  | {
      readonly name: string;
      readonly kind: 'address';
      readonly addresses: Readonly<Record<string, IpAddress>>;
      readonly port: number;
    };
