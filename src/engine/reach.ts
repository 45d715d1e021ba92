import { OpError } from '../linux/operror.ts';
import { openPing } from '../linux/ping.ts';
import type { PingSocket } from '../linux/ping.ts';
import { answered, ASK_EVERY, lapse, unasked } from '../pair/isolation.ts';
import type { Reachability } from '../pair/isolation.ts';
import { familyOf } from '../wire/address.ts';
import type { Family, IpAddress } from '../wire/address.ts';
import type { Reach } from '../wire/heartbeat.ts';
import { after, milliseconds } from '../wire/units.ts';
import type { Instant } from '../wire/units.ts';
import type { ReachAssignment } from './assignment.ts';
import type { Instance } from './instance.ts';
import type { Port } from './port.ts';

/** An answer that took longer is none. */
const PATIENCE = milliseconds(1000);

/**
 * Asks the gateway and the witnesses whether they are there: by ICMP echo, and the gateway by ARP or Neighbor Discovery
 * as well, because many routers do not answer the one and all answer the other. One answer of any of them is enough.
 */
export class ReachWatch {
  readonly #onWake: () => void;
  readonly #now: () => Instant;
  readonly #sockets = new Map<Family, PingSocket>();
  #assignment: ReachAssignment | undefined;
  #state: Reachability | undefined;
  #askedAt: Instant | undefined;
  /** Ends the waiting for the answers of a round. BOUNDED: two rounds of at most 17 targets. */
  #waiting: { readonly at: Instant; readonly stop: () => void }[] = [];

  /** `onWake` is called when an answer changes something. */
  constructor(onWake: () => void, now: () => Instant) {
    this.#onWake = onWake;
    this.#now = now;
  }

  get reach(): Reach {
    return this.#state?.reach ?? 'unasked';
  }

  /** Since when that has been so. */
  get since(): Instant | undefined {
    return this.#state?.since;
  }

  follow(next: ReachAssignment | undefined): void {
    if (JSON.stringify(next) === JSON.stringify(this.#assignment)) return;
    this.close();
    this.#assignment = next;
  }

  get dueAt(): Instant | undefined {
    return this.#askedAt === undefined ? undefined : after(this.#askedAt, ASK_EVERY);
  }

  /** Asks when it is time to, and notices what has not been answered. */
  turn(instances: readonly Instance[], at: Instant): void {
    if (this.#assignment === undefined) return;
    this.#hearGateway(this.#assignment, instances);
    this.#state = lapse(this.#state ?? unasked(at), at);
    if (this.#askedAt !== undefined && at < after(this.#askedAt, ASK_EVERY)) return;
    this.#askedAt = at;
    for (const old of this.#waiting.filter((each) => at >= after(each.at, PATIENCE))) old.stop();
    this.#waiting = this.#waiting.filter((each) => at < after(each.at, PATIENCE));
    const { gateway, witnesses } = this.#assignment;
    for (const target of [...(gateway === undefined ? [] : [gateway]), ...witnesses]) this.#ask(target, at);
    if (gateway === undefined) return;
    for (const port of portsOf(instances, familyOf(gateway))) {
      port.asked = gateway;
      port.ask(gateway);
    }
  }

  close(): void {
    for (const { stop } of this.#waiting) stop();
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
    this.#waiting = [];
    this.#assignment = undefined;
    this.#state = undefined;
    this.#askedAt = undefined;
  }

  #ask(target: IpAddress, at: Instant): void {
    try {
      const stop = this.#socket(familyOf(target)).ping(target, () => this.#answered());
      this.#waiting.push({ at, stop });
    } catch (error) {
      // A target that cannot be asked does not answer: no route, no permission, the link is down.
      if (!(error instanceof OpError)) throw error;
    }
  }

  #answered(): void {
    if (this.#state === undefined) return;
    const before = this.#state.reach;
    this.#state = answered(this.#state, this.#now());
    if (this.#state.reach !== before) this.#onWake();
  }

  /** What the gateway said on the segment since it was asked last. */
  #hearGateway({ gateway }: ReachAssignment, instances: readonly Instance[]): void {
    if (gateway === undefined || this.#state === undefined) return;
    for (const { neighbors } of portsOf(instances, familyOf(gateway))) {
      const heard = neighbors.get(gateway);
      if (heard === undefined || heard.at <= (this.#state.answeredAt ?? this.#state.askedAt)) continue;
      this.#state = answered(this.#state, heard.at);
    }
  }

  #socket(family: Family): PingSocket {
    const known = this.#sockets.get(family);
    if (known?.isOpen === true) return known;
    const fresh = openPing(family);
    this.#sockets.set(family, fresh);
    return fresh;
  }
}

const portsOf = (instances: readonly Instance[], family: Family): Set<Port> =>
  new Set(instances.map(({ port }) => port).filter((port) => port.family === family && port.discovery !== undefined));
