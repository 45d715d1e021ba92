import type { Milliseconds } from '../wire/units.ts';

/** What tells that the engine works: counters of what its loop has done, and how late it is now. */
export interface Pulse {
  /** Turns of the loop. */
  readonly turns: number;
  /** Turns in which every port was read to its end, or to its bound, without trouble. */
  readonly drains: number;
  /** How long the earliest deadline has been over while the loop ran: nobody was woken for it. */
  readonly overdue: Milliseconds;
}

/**
 * Whether everything moved since the last look, which is what the service manager is told: the loop has turned, the
 * receive path was gone through, and deadlines are kept. A process that only lives does not deserve to be kept.
 */
export const isMoving = (before: Pulse | undefined, now: Pulse, limit: Milliseconds): boolean =>
  now.turns > (before?.turns ?? 0) && now.drains > (before?.drains ?? 0) && now.overdue < limit / 2;

export type Moved = Pick<Pulse, 'turns' | 'drains'>;

/** The counters after one more turn. */
export const moved = ({ turns, drains }: Moved, drained: boolean): Moved => ({
  turns: turns + 1,
  drains: drains + (drained ? 1 : 0),
});
