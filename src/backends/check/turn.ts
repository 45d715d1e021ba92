import { instant, milliseconds } from '../../wire/units.ts';
import type { Instant, Milliseconds } from '../../wire/units.ts';

/**
 * When each check has its turn. Every key has a place of its own in the interval, which follows from a digest of the
 * key: checks are spread evenly however many there are, the same after a restart, and differently for different keys.
 * Turns are on a grid of the monotonic clock, so that late ones do not shift those that follow. Pure.
 */
export interface Pace {
  readonly interval: Milliseconds;
  /** Added to each turn, from 0 to this; less than the interval. */
  readonly jitter: Milliseconds;
}

/** A new backend is not kept waiting for its place in a long interval. */
const FIRST_WITHIN = 1000;

/** The first turn of a key that comes in at `at`: within the interval, and within a second. */
export function firstTurn(key: string, { interval }: Pace, at: Instant): Instant {
  return instant(at + share(digest(key, 0)) * Math.min(interval, FIRST_WITHIN));
}

/** The turn after one that began at `from`; at least half an interval later, and at most one and a half and the jitter. */
export function nextTurn(key: string, { interval, jitter }: Pace, from: Instant): Instant {
  const place = share(digest(key, 0)) * interval;
  const cycle = Math.ceil((from + interval / 2 - place) / interval);
  const late = jitter === 0 ? 0 : share(digest(key, cycle)) * jitter;
  return instant(Math.max(cycle * interval + place + late, from + interval / 2));
}

/** FNV-1a with the finish of MurmurHash3, so that keys that differ in one digit lie far apart. */
function digest(key: string, salt: number): number {
  let hash = 0x811c9dc5 ^ salt;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

const share = (hash: number): number => hash / 2 ** 32;

/** No turn ends in less than this: a pause between a failed look and its repetition. */
export const shortest: Milliseconds = milliseconds(10);
