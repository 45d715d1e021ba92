import type { ReceivedDatagram } from '../vrrp/receive.ts';
import type { IpAddress } from '../wire/address.ts';
import { after, milliseconds } from '../wire/units.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';
import type { Agenda } from './agenda.ts';
import type { Random } from './random.ts';

/** How long packets take: `delay`, and up to `jitter` on top, so that they may overtake each other. */
export interface Travel {
  readonly delay: Milliseconds;
  readonly jitter: Milliseconds;
}

/** A host as the segment sees it. */
export interface Station {
  readonly name: string;
  /** The addresses that unicast reaches it by. */
  readonly addresses: readonly IpAddress[];
  /** Whether its link is up. */
  readonly attached: () => boolean;
  /** Whether somebody there has a socket open. */
  readonly listening: () => boolean;
  readonly receive: (datagram: ReceivedDatagram) => void;
}

/** What a segment needs from its simulation. */
export interface Surroundings {
  readonly agenda: Agenda;
  readonly dice: Random;
  readonly travel: Travel;
  /** Is told of each packet that somebody would have read and that was lost on the way. */
  readonly lost: (from: string, to: string) => void;
}

/**
 * One Ethernet segment. Every direction between two stations loses packets on its own; the direction from a station to
 * itself reflects what it sends, and loses everything unless told otherwise. Hop limits stay as they are: there is no
 * router. One loss ratio for each pair of stations.
 */
export class Lan {
  readonly #around: Surroundings;
  readonly #stations: Station[] = [];
  readonly #loss = new Map<string, number>();

  constructor(around: Surroundings) {
    this.#around = around;
  }

  attach(station: Station): void {
    this.#stations.push(station);
  }

  /** Sets the ratio of packets that are lost in one direction: 0 for none, 1 for all. */
  lose(from: string, to: string, ratio: number): void {
    this.#loss.set(`${from}>${to}`, ratio);
  }

  /** The ratio of packets that are lost in one direction. */
  lossOf(from: string, to: string): number {
    return this.#loss.get(`${from}>${to}`) ?? (from === to ? 1 : 0);
  }

  /** Sends a datagram to whoever its destination means: a peer, or everybody on the segment. */
  send(from: Station, datagram: ReceivedDatagram, at: Instant): void {
    if (!from.attached()) return;
    const unicast = this.#stations.find((station) => station.addresses.includes(datagram.destination));
    for (const to of unicast === undefined ? this.#stations : [unicast]) this.#carry(from, to, datagram, at);
  }

  #carry(from: Station, to: Station, datagram: ReceivedDatagram, at: Instant): void {
    const { agenda, dice, travel, lost } = this.#around;
    const loss = this.lossOf(from.name, to.name);
    if (loss > 0 && dice.fraction() < loss) {
      if (from !== to && to.listening()) lost(from.name, to.name);
      return;
    }
    agenda.enter(after(at, milliseconds(travel.delay + travel.jitter * dice.fraction())), () => {
      if (to.attached() && to.listening()) to.receive(datagram);
      else if (to.listening()) lost(from.name, to.name);
    });
  }
}
