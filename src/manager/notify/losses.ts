/** How often losses of one receiver are told. */
const QUIET_MS = 60_000;

/** Tells the first loss of a receiver at once, and those that follow together. */
export class Losses {
  /** BOUNDED by the receivers of the configuration. */
  readonly #counts = new Map<string, { count: number; reason: string }>();
  readonly #tell: (receiver: string, count: number, reason: string) => void;

  constructor(tell: (receiver: string, count: number, reason: string) => void) {
    this.#tell = tell;
  }

  add(receiver: string, reason: string): void {
    const known = this.#counts.get(receiver);
    if (known !== undefined) {
      this.#counts.set(receiver, { count: known.count + 1, reason });
      return;
    }
    this.#counts.set(receiver, { count: 0, reason });
    this.#tell(receiver, 1, reason);
    setTimeout(() => this.#flush(receiver), QUIET_MS).unref();
  }

  #flush(receiver: string): void {
    const { count, reason } = this.#counts.get(receiver) ?? { count: 0, reason: '' };
    this.#counts.delete(receiver);
    if (count === 0) return;
    this.#counts.set(receiver, { count: 0, reason });
    this.#tell(receiver, count, reason);
    setTimeout(() => this.#flush(receiver), QUIET_MS).unref();
  }
}
