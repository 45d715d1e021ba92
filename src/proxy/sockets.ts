import { readdirSync } from 'node:fs';
import { openListening, takeListening } from '../linux/listening.ts';
import type { ListeningSocket } from '../linux/listening.ts';
import { endpoint } from './bind.ts';
import type { Bind } from './bind.ts';

/** Where a socket listens. */
export type Seat = Pick<Bind, 'address' | 'port'>;

/** One seat in words, and the key by which two are the same. */
export const seatName = ({ address, port }: Seat): string => endpoint(address, port);

/** Whether two proxies have the same sockets under the same descriptors. */
export const areSameSeats = (a: readonly Seat[], b: readonly Seat[]): boolean =>
  a.length === b.length &&
  a.every((seat, index) => seatName(seat) === seatName(b[index] ?? seat) && b[index] !== undefined);

/**
 * The listening sockets of managed proxies, in one hand. Proxies inherit duplicates, from descriptor 3 on in the order
 * of `bindsOf`; as long as one of them or this process has a socket, connections to it are accepted or wait. Whichever
 * proxy ends, none of the others loses anything by it.
 */
export class Sockets {
  /** BOUNDED: by the listening addresses of the configuration. */
  readonly #held: Map<string, ListeningSocket> = new Map();

  /**
   * The descriptors for a proxy's `stdio`, in the order of its seats. What is not open yet is opened; when one cannot
   * be, those opened for it are closed again and its OpError is thrown.
   */
  open(seats: readonly Seat[]): number[] {
    const fresh: string[] = [];
    try {
      return seats.map((seat) => {
        const name = seatName(seat);
        const held = this.#held.get(name) ?? openListening(seat.address, seat.port);
        if (!this.#held.has(name)) fresh.push(name);
        this.#held.set(name, held);
        return held.descriptor;
      });
    } catch (error) {
      for (const name of fresh) this.#close(name);
      throw error;
    }
  }

  /**
   * Takes the sockets back from processes that have them, such as a main process whose starter has died. Gives the
   * seats that none of them has. Throws OpError when the kernel refuses.
   */
  recover(seats: readonly Seat[], pids: readonly number[]): Seat[] {
    const missing = new Map(seats.filter((seat) => !this.has(seat)).map((seat) => [seatName(seat), seat]));
    for (const pid of pids) {
      for (const descriptor of descriptorsOf(pid)) {
        if (missing.size === 0) return [];
        const socket = takeListening(pid, descriptor);
        if (socket === undefined) continue;
        const name = seatName(socket);
        if (missing.delete(name)) this.#held.set(name, socket);
        else socket.close();
      }
    }
    return [...missing.values()];
  }

  has(seat: Seat): boolean {
    return this.#held.has(seatName(seat));
  }

  /** Closes all that are not among these. */
  keep(seats: readonly Seat[]): void {
    const names = new Set(seats.map(seatName));
    for (const name of this.#held.keys()) if (!names.has(name)) this.#close(name);
  }

  /** Closes all. Those who inherited them go on. */
  close(): void {
    this.keep([]);
  }

  #close(name: string): void {
    this.#held.get(name)?.close();
    this.#held.delete(name);
  }
}

/** A proxy got its sockets before it opened anything, so they are among its first descriptors. */
const FIRST_DESCRIPTORS = 1024;

/** The descriptors behind the standard streams, ascending; none when the process has gone or is hidden. */
function descriptorsOf(pid: number): number[] {
  try {
    const all = readdirSync(`/proc/${pid}/fd`).map(Number);
    return all.filter((descriptor) => descriptor > 2 && descriptor < FIRST_DESCRIPTORS).toSorted((a, b) => a - b);
  } catch {
    return [];
  }
}
