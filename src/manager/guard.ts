/** What work reaches its program by, until that ends: from then on nobody is woken and nothing is called. */
export class Guard {
  #isOver = false;

  /** From now on. */
  close(): void {
    this.#isOver = true;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The same function; it does nothing when it is over. */
  call<A extends unknown[]>(run: (...words: A) => void): (...words: A) => void {
    return (...words) => {
      if (!this.#isOver) run(...words);
    };
  }

  /** Resolves after a time, in milliseconds, unless it is over by then; then never. */
  sleep(duration: number): Promise<void> {
    return new Promise((resolve) => setTimeout(this.call(resolve), duration));
  }
}
