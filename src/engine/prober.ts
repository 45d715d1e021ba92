import type { IpAddress } from '../wire/address.ts';
import { after, milliseconds } from '../wire/units.ts';
import type { Instant } from '../wire/units.ts';
import { LETTING_GO } from './claims.ts';
import type { Instance } from './instance.ts';
import type { Port } from './port.ts';

/** Between two rounds of questions. */
const ROUND = milliseconds(1000);

/** Questions of one port in a round: a host with hundreds of addresses asks for each of them less often. */
const MOST = 8;

/** After a conflict it is asked so long whose Ethernet address that was. */
const NEWS = milliseconds(3000);

/**
 * Asks the segment, by ARP or Neighbor Discovery, who else has the addresses that this host holds, and, while the silence
 * of another router or a conflict is to be explained, whether that host is there at all, and at which Ethernet address.
 * VRRP may be cut and two hosts hold one address without knowing: these protocols are what clients use, so they are what
 * tells. A probe claims nothing, and the answers are heard where all other claims are.
 */
export class Prober {
  #askedAt: Instant | undefined;
  #round = 0;

  /** When the next round is due. */
  get dueAt(): Instant | undefined {
    return this.#askedAt === undefined ? undefined : after(this.#askedAt, ROUND);
  }

  /** `isLost` is whether this host has reason to doubt its own cable. */
  turn(instances: readonly Instance[], isLost: boolean, at: Instant): void {
    if (this.#askedAt !== undefined && at < after(this.#askedAt, ROUND)) return;
    this.#askedAt = at;
    this.#round++;
    for (const [port, wanted] of questions(instances, isLost, at)) {
      const first = wanted.length <= MOST ? 0 : (this.#round * MOST) % wanted.length;
      for (const address of [...wanted.slice(first), ...wanted.slice(0, first)].slice(0, MOST)) port.ask(address);
    }
  }
}

function questions(instances: readonly Instance[], isLost: boolean, at: Instant): Map<Port, IpAddress[]> {
  const wanted = new Map<Port, IpAddress[]>();
  for (const instance of instances) {
    const { port, state, assignment, conflict } = instance;
    if (port.discovery === undefined) continue;
    const isActive = state.name === 'active';
    const isLonely = state.reason === 'active-router-silent' || state.reason === 'no-active-router';
    const isContested = conflict !== undefined && at < after(conflict.lastAt, NEWS);
    const isPuzzled = isLost || (isActive && (isLonely || isContested));
    // Who held them until now may not have let go yet.
    const isSettled = isActive && at >= after(state.since, LETTING_GO);
    const nodes = nodesOf(instance, isPuzzled);
    const own = isSettled ? assignment.addresses.map(({ address }) => address) : [];
    wanted.set(port, [...new Set([...(wanted.get(port) ?? []), ...nodes, ...own])]);
  }
  return wanted;
}

/**
 * The other nodes that are to be asked for. Over IPv6 they advertise from link-local addresses, which the configuration
 * does not have: of a new one it is asked at once whose it is, so that a trouble can be told by the name of the node.
 */
function nodesOf({ assignment, port, traces }: Instance, isPuzzled: boolean): IpAddress[] {
  const { peers } = assignment.router;
  const voices = [...traces.voices.keys()].filter((source) => !peers.includes(source));
  if (isPuzzled) return [...voices, ...peers];
  const unknown = voices.filter((source) => !port.neighbors.has(source));
  return unknown.length === 0 ? [] : [...unknown, ...peers];
}
