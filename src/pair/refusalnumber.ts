import type { Refusal } from '../vrrp/receive.ts';

/** The refusals in an order that never changes: their places are numbers on the wire. New ones come last. */
const REFUSALS: readonly Refusal[] = [
  'length',
  'version',
  'type',
  'checksum',
  'count',
  'fragment',
  'field',
  'ttl',
  'vrid',
  'own-packet',
  'version-mismatch',
  'owner',
  'destination',
  'peer',
  'auth-type',
  'auth-data',
  'interval',
];

/** The number of a refusal in a heartbeat. */
export const refusalNumber = (refusal: Refusal): number => REFUSALS.indexOf(refusal);

/** The refusal with a number; `undefined` for one that a newer program has. */
export const refusalOf = (number: number): Refusal | undefined => REFUSALS[number];
