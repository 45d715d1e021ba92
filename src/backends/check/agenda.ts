import type { Instant } from '../../wire/units.ts';

/** Things that are due, the earliest first: a binary heap in which each key stands once at most. */
export interface Agenda<T> {
  readonly size: number;
  /** When the earliest is due; `undefined` when there is none. */
  next(): Instant | undefined;
  add(item: T, due: Instant): void;
  /** Takes the earliest out when it is due at `at`. */
  take(at: Instant): T | undefined;
}

interface Entry<T> {
  readonly item: T;
  readonly due: Instant;
}

/** An empty agenda. BOUNDED by its user: whatever is added is taken once. */
export function createAgenda<T>(): Agenda<T> {
  const heap: Entry<T>[] = [];
  const isBefore = (a: number, b: number): boolean => (heap[a] as Entry<T>).due < (heap[b] as Entry<T>).due;
  const swap = (a: number, b: number): void => {
    const kept = heap[a] as Entry<T>;
    heap[a] = heap[b] as Entry<T>;
    heap[b] = kept;
  };
  const rise = (start: number): void => {
    for (let at = start; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!isBefore(at, parent)) return;
      swap(at, parent);
      at = parent;
    }
  };
  const sink = (): void => {
    for (let at = 0; ;) {
      const left = 2 * at + 1;
      const right = left + 1;
      let least = at;
      if (left < heap.length && isBefore(left, least)) least = left;
      if (right < heap.length && isBefore(right, least)) least = right;
      if (least === at) return;
      swap(at, least);
      at = least;
    }
  };
  return {
    get size() {
      return heap.length;
    },
    next: () => heap[0]?.due,
    add(item, due) {
      heap.push({ item, due });
      rise(heap.length - 1);
    },
    take(at) {
      const first = heap[0];
      if (first === undefined || first.due > at) return undefined;
      swap(0, heap.length - 1);
      heap.pop();
      sink();
      return first.item;
    },
  };
}
