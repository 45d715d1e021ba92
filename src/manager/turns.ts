/** Work that is done one after the other, and of which what waits is asked for once, however many want it. */
export class Turns<T> {
  /** What the next one has to wait for. */
  #busy: Promise<unknown> = Promise.resolve();
  /** The shared one that waits, for all who ask before it begins. */
  #next: Promise<T> | undefined;

  /** Runs when everything before it is done. */
  after<R>(run: () => Promise<R>): Promise<R> {
    const done = this.#busy.then(run);
    this.#busy = done.catch(() => undefined);
    return done;
  }

  /** Likewise; who asks while one runs gets the next, and all of them the same. */
  shared(run: () => Promise<T>): Promise<T> {
    this.#next ??= this.after(() => {
      this.#next = undefined;
      return run();
    });
    return this.#next;
  }
}
