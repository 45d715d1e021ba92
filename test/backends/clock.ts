import type { Clock } from '../../src/backends/clock.ts';
import { instant } from '../../src/wire/units.ts';
import type { Instant } from '../../src/wire/units.ts';

/** A clock that goes on when it is told to. */
export interface VirtualClock extends Clock {
  /** Runs whatever is due within the next milliseconds, in order. */
  advance(by: number): void;
  /** Time passes and nothing runs, as when the process is stopped. */
  stall(by: number): void;
}

export function virtualClock(start = 1_000_000): VirtualClock {
  let at = start;
  const planned = new Set<{ readonly due: number; readonly run: () => void }>();
  return {
    now: (): Instant => instant(at),
    after(delay, run) {
      const plan = { due: at + delay, run };
      planned.add(plan);
      return () => planned.delete(plan);
    },
    stall(by) {
      at += by;
    },
    advance(by) {
      const end = at + by;
      for (;;) {
        const [next] = [...planned].filter(({ due }) => due <= end).toSorted((a, b) => a.due - b.due);
        if (next === undefined) break;
        planned.delete(next);
        at = Math.max(at, next.due);
        next.run();
      }
      at = end;
    },
  };
}
