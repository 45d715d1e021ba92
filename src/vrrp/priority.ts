/**
 * The priorities with a meaning of their own, and the two comparisons that decide an election.
 */
import { compareAddresses } from '../wire/address.ts';
import type { IpAddress } from '../wire/address.ts';

/** Sent by an active router that lets go (RFC 9568 5.2.4). */
export const RESIGNED = 0;

/**
 * The floor: a router whose proxy is dead still stands for election with the lowest priority there is, so that
 * somebody answers when every host is sick. Derived priorities never come down here by themselves.
 */
export const FLOOR = 1;

/**
 * A router whose proxy answers again but has not yet been well for `recover_after`: it loses to every well host and
 * relieves one at the floor, so that the first proxy to come back serves when all had failed.
 */
export const RECOVERING = 2;

/** The address owner (RFC 9568 5.2.4). */
export const OWNER = 255;

/** A priority and the address it is spoken from. */
export interface Claim {
  readonly priority: number;
  readonly source: IpAddress;
}

/**
 * Whether an active router gives way to another's advertisement: the other has the higher priority, or the same
 * priority and the greater primary address (RFC 9568 6.4.3).
 */
export function givesWay(own: Claim, heard: Claim): boolean {
  if (heard.priority !== own.priority) return heard.priority > own.priority;
  return compareAddresses(heard.source, own.source) > 0;
}

/**
 * Whether a backup may take over from an active router that advertises `heard`. Preempt_Mode says so for any lower
 * priority (RFC 9568 6.4.2), and the address owner always preempts (6.1). An active router at the floor has a dead
 * proxy, so a well backup relieves it whatever Preempt_Mode says: `preempt: false` exists to avoid a needless move, and
 * this one is needed.
 */
export function mayPreempt(preempt: boolean, own: number, heard: number): boolean {
  return heard < own && (preempt || heard === FLOOR || own === OWNER);
}
