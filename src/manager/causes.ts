/** Causes that are named; a burst has more than anybody reads. */
const MOST_CAUSES = 3;

/** Causes that are a person's doing. */
const PLANNED: ReadonlySet<string> = new Set(['start', 'configuration']);

/** Why the next apply is made. BOUNDED: one more than are named. */
export class Causes {
  #list: readonly string[] = [];

  /** Each is named once. */
  add(cause: string): void {
    if (!this.#list.includes(cause) && this.#list.length <= MOST_CAUSES) this.#list = [...this.#list, cause];
  }

  get isEmpty(): boolean {
    return this.#list.length === 0;
  }

  /** In words, and whether one of them is a person's doing. */
  get words(): { readonly cause: string; readonly isPlanned: boolean } {
    const more = this.#list.length > MOST_CAUSES ? ' and more' : '';
    const cause = this.#list.slice(0, MOST_CAUSES).join(', ') + more || 'tried again';
    return { cause, isPlanned: this.#list.some((each) => PLANNED.has(each)) };
  }

  /** Hands them over, and begins anew. */
  take(): Causes {
    const taken = new Causes();
    taken.#list = this.#list;
    this.#list = [];
    return taken;
  }

  /** What was taken has come to nothing yet and goes before what has come since. */
  giveBack(taken: Causes): void {
    this.#list = [...new Set([...taken.#list, ...this.#list])].slice(0, MOST_CAUSES + 1);
  }
}
