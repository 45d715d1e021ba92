import type { Instant } from '../wire/units.ts';

/** What is to happen, and when. */
interface Entry {
  readonly at: Instant;
  readonly order: number;
  readonly act: () => void;
}

/** More than this is a simulation that feeds itself. */
const BOUND = 100_000;

/**
 * The virtual clock of a simulation: things to happen, in the order of their time, and of their entry where the times
 * are equal, so that a run is the same every time. A binary heap of at most `BOUND` entries.
 */
export class Agenda {
  readonly #heap: Entry[] = [];
  #order = 0;

  /** When the next thing happens; `undefined` when nothing does. */
  get nextAt(): Instant | undefined {
    return this.#heap[0]?.at;
  }

  /** Enters something. */
  enter(at: Instant, act: () => void): void {
    if (this.#heap.length >= BOUND) throw new Error(`More than ${BOUND} things to happen at ${at}`);
    const heap = this.#heap;
    heap.push({ at, order: this.#order++, act });
    let child = heap.length - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!this.#swapIfLater(parent, child)) return;
      child = parent;
    }
  }

  /** Takes out the next thing and does it. */
  next(): void {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return;
    if (heap.length > 0) {
      heap[0] = last;
      this.#sink();
    }
    first.act();
  }

  #sink(): void {
    let parent = 0;
    for (;;) {
      const left = 2 * parent + 1;
      const child = this.#isLater(left, left + 1) ? left + 1 : left;
      if (!this.#swapIfLater(parent, child)) return;
      parent = child;
    }
  }

  #isLater(a: number, b: number): boolean {
    const [first, second] = [this.#heap[a], this.#heap[b]];
    if (first === undefined || second === undefined) return false;
    return first.at !== second.at ? first.at > second.at : first.order > second.order;
  }

  #swapIfLater(parent: number, child: number): boolean {
    if (!this.#isLater(parent, child)) return false;
    const [first, second] = [this.#heap[parent], this.#heap[child]];
    if (first === undefined || second === undefined) return false;
    this.#heap[parent] = second;
    this.#heap[child] = first;
    return true;
  }
}
