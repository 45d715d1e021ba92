import { fetchStatusAt } from '../control/remote.ts';
import type { Place } from '../control/remote.ts';
import { ordered } from './finding.ts';
import type { Diagnosis, Finding } from './finding.ts';
import { judgePair } from './judge/pair.ts';
import type { Answer } from './judge/pair.ts';

/** A host to be asked. */
export interface Seat {
  readonly name: string;
  readonly place: Place;
}

/** A VIP on its way from one host to the other may look held by both, or by none: it is there by then. */
const AGAIN_MS = 1500;

const MOVING: readonly Finding['code'][] = ['VIP-TWICE', 'VIP-NOWHERE'];

/**
 * Asks the hosts of a pair what they know, all at once, and judges it. What may just be a move is looked at twice. Never
 * throws because of what a host answers, or that it does not.
 */
export async function survey(seats: readonly Seat[]): Promise<Diagnosis> {
  const first = judgePair(await Promise.all(seats.map(ask)));
  if (!first.some(({ code }) => MOVING.includes(code))) return { findings: ordered(first), unlooked: [] };
  await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  const second = judgePair(await Promise.all(seats.map(ask)));
  const lasted = second.filter(
    ({ code, subject }) =>
      !MOVING.includes(code) || first.some((before) => before.code === code && before.subject === subject),
  );
  return { findings: ordered(lasted), unlooked: [] };
}

async function ask({ name, place }: Seat): Promise<Answer> {
  const askedAt = Date.now();
  const done = (status: Answer['status'], trouble: string): Answer => ({
    ...{ name, place, status, trouble, askedAt },
    answeredAt: Date.now(),
  });
  try {
    return done(await fetchStatusAt(place), '');
  } catch (error) {
    return done(undefined, error instanceof Error ? error.message : String(error));
  }
}
