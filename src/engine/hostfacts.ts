import type { Rtnetlink } from '../linux/rtnetlink.ts';
import type { Facts } from '../track/fitness.ts';
import type { Instant } from '../wire/units.ts';
import type { Assignment } from './assignment.ts';
import { Checks } from './checks.ts';
import type { Journal } from './journal.ts';
import type { ObservedCheck, ObservedProxy } from './messages.ts';
import { ProxyTracker } from './proxy.ts';

/** All that is known of how fit this host is: the manager's words, and what the engine sees by itself. */
export class HostFacts {
  readonly proxy: ProxyTracker;
  readonly checks: Checks = new Checks();

  /** `onExit` is called when the proxy's main process has ended. */
  constructor(journal: Journal, onExit: (pid: number) => void) {
    this.proxy = new ProxyTracker(onExit, ({ message }) =>
      journal.tellOnce('unwatched', { type: 'proxy-unwatched', detail: message }),
    );
  }

  get known(): Facts {
    return { proxy: this.proxy.verdict, checks: this.checks.verdicts };
  }

  /** Takes the manager's words along with a new assignment; what that does not track is forgotten. */
  follow(
    assignment: Assignment,
    proxy: ObservedProxy | undefined,
    checks: readonly ObservedCheck[],
    kernel: Pick<Rtnetlink, 'links'>,
    at: Instant,
  ): void {
    if (proxy === undefined) this.proxy.forget();
    this.checks.follow(assignment, checks, kernel, at);
    this.observe(proxy, [], at);
  }

  /** Takes the manager's words: `undefined` for none about the proxy. */
  observe(proxy: ObservedProxy | undefined, checks: readonly ObservedCheck[], at: Instant): void {
    if (proxy !== undefined) this.proxy.judge(proxy, at);
    this.checks.judge(checks, at);
  }
}
