import { now } from '../../../linux/clock.ts';
import type { Instant, Milliseconds } from '../../../wire/units.ts';
import { between, milliseconds } from '../../../wire/units.ts';
import type { Host } from '../../host.ts';
import type { Subject } from './subject.ts';

/** Between two looks at what a host says. */
const EVERY: Milliseconds = milliseconds(50);

/** Follows what daemons say until each host that should has named a cause. A look that takes long delays no other host. */
export class Naming {
  /** What each host said, and when; hosts that have said nothing of the kind are missing. */
  readonly #found = new Map<string, { readonly at: Instant; readonly words: string }>();
  readonly #wanted: Readonly<Record<string, RegExp>>;
  #isOver = false;

  /** Begins to look. Lines that were said before count only when they change. */
  constructor(subject: Subject, hosts: readonly Host[], wanted: Readonly<Record<string, RegExp>>) {
    this.#wanted = wanted;
    for (const host of hosts) {
      const pattern = wanted[host.name];
      if (pattern !== undefined) void this.#follow(subject, host, pattern);
    }
  }

  get isDone(): boolean {
    return Object.keys(this.#wanted).every((host) => this.#found.has(host));
  }

  /** When the last host had named it, from `since`, and the words; `undefined` while one has not. */
  since(since: Instant): { readonly after: Milliseconds; readonly words: readonly string[] } | undefined {
    if (!this.isDone) return undefined;
    const all = [...this.#found].toSorted(([a], [b]) => a.localeCompare(b));
    const last = Math.max(...all.map(([, { at }]) => at));
    return {
      after: milliseconds(Math.max(0, last - since)),
      words: all.map(([host, { words }]) => `${host}: ${words}`),
    };
  }

  stop(): void {
    this.#isOver = true;
  }

  async #follow(subject: Subject, host: Host, pattern: RegExp): Promise<void> {
    const before = new Set(await subject.lines(host).catch(() => []));
    while (!this.#isOver && !this.#found.has(host.name)) {
      const lines = await subject.lines(host).catch(() => []);
      const words = lines.find((line) => pattern.test(line) && !before.has(line));
      if (words !== undefined) this.#found.set(host.name, { at: now(), words: words.trim() });
      await new Promise((resolve) => setTimeout(resolve, EVERY));
    }
  }
}

/** How long ago an instant was. */
export const since = (at: Instant): Milliseconds => between(at, now());
