import type { Instant, Milliseconds } from '../wire/units.ts';
import { boundsOf } from './bounds.ts';
import type { Bounds, Seat } from './bounds.ts';

/** Since when a condition has held without a break; `undefined` while it does not. */
export interface Clock {
  since: Instant | undefined;
}

/** A host and its part in one VIP, with what is watched of it. */
export interface Place extends Seat {
  readonly bare: Clock;
  /** When a lower active router was first heard without anything better in between. */
  lowerSince: Instant | undefined;
}

/** Two hosts of one VIP, in the order in which the first may stand above the second. */
export interface Pair {
  readonly winner: Seat;
  readonly loser: Seat;
  readonly dual: Clock;
  readonly sick: Clock;
}

/** One VIP under watch. */
export interface Watch {
  readonly vip: string;
  readonly places: readonly Place[];
  readonly pairs: readonly Pair[];
  readonly orphan: Clock;
  readonly bounds: Bounds;
}

/** Begins to watch a VIP. */
export function watch(
  vip: string,
  seats: readonly Seat[],
  slack: Milliseconds,
  heartbeat: Milliseconds | undefined,
): Watch {
  const [first] = seats;
  if (first === undefined) throw new Error(`No host for "${vip}"`);
  const clock = (): Clock => ({ since: undefined });
  const others = (winner: Seat): readonly Seat[] => seats.filter((seat) => seat !== winner);
  return {
    vip,
    places: seats.map((seat) => ({ ...seat, bare: clock(), lowerSince: undefined })),
    pairs: seats.flatMap((winner) => others(winner).map((loser) => ({ winner, loser, dual: clock(), sick: clock() }))),
    orphan: clock(),
    bounds: boundsOf(first.member.config, slack, heartbeat),
  };
}
