import { OpError } from '../linux/operror.ts';
import type { Link, Rtnetlink } from '../linux/rtnetlink.ts';
import { observe } from '../track/verdict.ts';
import type { Verdict } from '../track/verdict.ts';
import type { Instant } from '../wire/units.ts';
import type { Assignment } from './assignment.ts';
import type { ObservedCheck } from './messages.ts';

/**
 * What the engine knows of the checks of this host: the manager's last word about each, kept when the manager dies, and
 * the state of tracked interfaces, which the kernel tells the engine first.
 */
export class Checks {
  /** By the name of the check. BOUNDED: those that a VIP of the assignment tracks. */
  #verdicts: Record<string, Verdict> = {};
  #interfaces: Assignment['interfaces'] = {};

  get verdicts(): Readonly<Record<string, Verdict>> {
    return this.#verdicts;
  }

  /** Forgets what no VIP tracks any more, and takes the manager's word for the rest and the kernel's for interfaces. */
  follow(assignment: Assignment, found: readonly ObservedCheck[], kernel: Links, at: Instant): void {
    const tracked = new Set(assignment.routers.flatMap(({ policy }) => policy.tracks.map(({ check }) => check)));
    this.#verdicts = Object.fromEntries(Object.entries(this.#verdicts).filter(([name]) => tracked.has(name)));
    this.#interfaces = assignment.interfaces;
    this.judge(
      found.filter(({ name }) => tracked.has(name)),
      at,
    );
    if (Object.keys(this.#interfaces).length > 0) this.look(linksOf(kernel), at);
  }

  /** Takes the manager's word. */
  judge(found: readonly ObservedCheck[], at: Instant): void {
    for (const check of found) this.#verdicts[check.name] = observe(this.#verdicts[check.name], check, at);
  }

  /** Whether a check is about this interface. */
  concern(name: string): boolean {
    return Object.values(this.#interfaces).includes(name);
  }

  /** Takes note of the host's interfaces; whether that is news of a check. */
  look(links: readonly Link[], at: Instant): boolean {
    const found = Object.entries(this.#interfaces).map(([check, name]): ObservedCheck => {
      const link = links.find((candidate) => candidate.name === name);
      if (link === undefined) return { name: check, state: 'dead', reason: `interface ${name} does not exist` };
      return link.up
        ? { name: check, state: 'well', reason: `interface ${name} is up` }
        : { name: check, state: 'dead', reason: `interface ${name} has no link` };
    });
    const news = found.filter(({ name, state }) => this.#verdicts[name]?.state !== state);
    this.judge(news, at);
    return news.length > 0;
  }
}

type Links = Pick<Rtnetlink, 'links'>;

/** What the kernel says of its interfaces; nothing when it cannot be asked, which the engine's own look tells. */
function linksOf(kernel: Links): Link[] {
  try {
    return kernel.links();
  } catch (error) {
    if (!(error instanceof OpError)) throw error;
    return [];
  }
}
