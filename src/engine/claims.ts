import type { NeighborClaim } from '../linux/neighbors.ts';
import type { IpAddress } from '../wire/address.ts';
import { formatMac } from '../wire/mac.ts';
import { after, milliseconds } from '../wire/units.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';
import type { Instance } from './instance.ts';
import { announceFor } from './perform.ts';
import type { Executor } from './perform.ts';
import type { Port } from './port.ts';

/**
 * What others say, by ARP or Neighbor Discovery, of whose an address is: a conflict while we hold it, knowledge while we
 * do not. The two families are one here.
 */

/** So many neighbors are noted before those are forgotten that are of interest no more. */
const MANY = 64;

/** At most so many in one pass: a flood does not keep the engine. */
const BATCH = 200;

/**
 * So long after a take-over, who held the addresses until then may still be about to let them go: it is told again whose
 * they are, and no conflict yet. One that stays is found by the next question.
 */
export const LETTING_GO: Milliseconds = milliseconds(300);

/**
 * Takes what is readable. It is to be taken before the advertisements are, and heard after them: a router that takes over
 * advertises first and announces then, so nothing is heard of its announcement before its advertisement was.
 */
export function readClaims(port: Port): NeighborClaim[] {
  const claims: NeighborClaim[] = [];
  while (claims.length < BATCH) {
    const claim = port.discovery?.receive();
    if (claim === undefined) break;
    claims.push(claim);
  }
  return claims;
}

/** Hears one claim, for the virtual routers of the port. */
export function hearClaim(
  executor: Executor,
  port: Port,
  instances: readonly Instance[],
  { address, mac }: NeighborClaim,
  at: Instant,
): void {
  const own = port.link?.mac;
  if (own?.length !== 6 || mac === formatMac(own)) return;
  note(port, instances, { address, mac }, at);
  const instance = instances.find((i) => i.assignment.addresses.some((a) => a.address === address));
  if (instance === undefined) return;
  const { state, assignment } = instance;
  if (state.name !== 'active') {
    instance.holders.set(address, mac);
    return;
  }
  if (at >= after(state.since, LETTING_GO)) {
    instance.counters.conflicts++;
    instance.conflict = { address, mac, lastAt: at };
    const router = assignment.key;
    executor.journal.tellOnce(`conflict:${router}:${mac}`, { type: 'address-conflict', router, address, mac });
  }
  announceFor(executor, instance, 'conflict', at);
}

/**
 * Takes note of who is there, although silent: the other nodes, at their own addresses and at those that they advertise
 * from, and the gateway.
 */
function note(port: Port, instances: readonly Instance[], { address, mac }: NeighborClaim, at: Instant): void {
  const isOfInterest = (known: IpAddress): boolean =>
    known === port.asked ||
    instances.some(({ assignment, traces }) => assignment.router.peers.includes(known) || traces.voices.has(known));
  if (!isOfInterest(address)) return;
  const { neighbors } = port;
  if (neighbors.size >= MANY) for (const known of neighbors.keys()) if (!isOfInterest(known)) neighbors.delete(known);
  neighbors.set(address, { mac, at });
}
