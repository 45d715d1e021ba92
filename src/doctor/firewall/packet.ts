import type { Family, IpAddress } from '../../wire/address.ts';

/** The protocol number of VRRP, and of what heartbeats and services use (IANA). */
export const VRRP = 112;
export const UDP = 17;
export const TCP = 6;

/** A packet as the rules of a firewall see it; `undefined` where any value may come. */
export interface Packet {
  /** What it is, for people: `advertisements of lb2`. */
  readonly name: string;
  readonly direction: 'in' | 'out';
  readonly family: Family;
  readonly protocol: number;
  /** Where it comes in or goes out. */
  readonly interface: string;
  readonly source: IpAddress | undefined;
  readonly destination: IpAddress;
  /** How the destination is reached. */
  readonly cast: 'unicast' | 'multicast' | 'broadcast';
  readonly sourcePort: number | undefined;
  readonly destinationPort: number | undefined;
  /**
   * The states that connection tracking may give it. Nobody answers from a multicast address, so every such packet is
   * `new` for ever; where both sides speak to each other it is `established` from the second packet on.
   */
  readonly states: readonly ('new' | 'established')[];
}
