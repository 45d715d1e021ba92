import { OpError } from '../linux/operror.ts';
import type { IpAddress } from '../wire/address.ts';
import { after, milliseconds } from '../wire/units.ts';
import type { Instant } from '../wire/units.ts';
import type { Instance } from './instance.ts';
import type { Port } from './port.ts';

/** Between two rounds of questions. */
const ROUND = milliseconds(1000);

/** Questions of one port in a round: a host with hundreds of addresses asks for each of them less often. */
const MOST = 8;

/**
 * Asks the segment by ARP who else has the addresses that this host holds, and, while the silence of another router is
 * to be explained, whether that host is there at all. VRRP may be cut and two hosts hold one address without knowing:
 * ARP is what clients use, so it is what tells. A probe claims nothing (RFC 5227 2.1.1), and the answers are heard where
 * all of ARP is. Over IPv6 nothing is asked.
 */
export class Prober {
  #askedAt: Instant | undefined;
  #round = 0;

  /** When the next round is due. */
  get dueAt(): Instant | undefined {
    return this.#askedAt === undefined ? undefined : after(this.#askedAt, ROUND);
  }

  turn(instances: readonly Instance[], at: Instant): void {
    if (this.#askedAt !== undefined && at < after(this.#askedAt, ROUND)) return;
    this.#askedAt = at;
    this.#round++;
    for (const [port, wanted] of questions(instances)) {
      const first = wanted.length <= MOST ? 0 : (this.#round * MOST) % wanted.length;
      for (const address of [...wanted.slice(first), ...wanted.slice(0, first)].slice(0, MOST)) ask(port, address);
    }
  }
}

function questions(instances: readonly Instance[]): Map<Port, IpAddress[]> {
  const wanted = new Map<Port, IpAddress[]>();
  for (const { port, state, assignment } of instances) {
    if (port.arp === undefined || state.name !== 'active') continue;
    const isLonely = state.reason === 'active-router-silent' || state.reason === 'no-active-router';
    const own = assignment.addresses.map(({ address }) => address);
    const asked = [...own, ...(isLonely ? assignment.router.peers : [])];
    wanted.set(port, [...new Set([...(wanted.get(port) ?? []), ...asked])]);
  }
  return wanted;
}

/** A question that cannot be asked is no trouble of its own: what keeps it from leaving is told by what matters. */
function ask(port: Port, address: IpAddress): void {
  try {
    port.arp?.probe(address);
  } catch (error) {
    if (!(error instanceof OpError)) throw error;
  }
}
