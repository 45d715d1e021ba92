import type { CheckResult } from '../../backends/rise.ts';

/**
 * One thing of this host to look at. A look never throws and always ends: every failure, its own included, is a bad
 * result with a reason in words.
 */
export interface HostLook {
  /** Looks once and gives back how to call that off; `done` is told once, never in this stack. */
  look(done: (found: CheckResult) => void): () => void;
  close(): void;
}

/** Tells what a promise gives, which never rejects; gives back how to call that off. */
export function later<T>(promise: Promise<T>, tell: (value: T) => void): () => void {
  let isOver = false;
  const wait = async (): Promise<void> => {
    const value = await promise;
    if (!isOver) tell(value);
  };
  void wait();
  return () => {
    isOver = true;
  };
}
