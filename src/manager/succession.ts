import type { Config, VipConfig } from '../config/config.ts';
import type { HostDeath } from '../control/status.ts';
import type { RouterSnapshot } from '../engine/snapshot.ts';
import { activeDownInterval } from '../vrrp/timers.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';
import { activeNow } from './active.ts';
import { findVip } from './assign.ts';
import { durationWords, namesFor } from './words.ts';

/** What is read of a snapshot. */
interface Routers {
  readonly at: Instant;
  readonly routers: readonly RouterSnapshot[];
}

/** What would happen if a host died now, without a word: who takes its VIPs over, and how soon (RFC 9568 6.1). */
export function hostDeaths({ at, routers }: Routers, config: Config, self: string): HostDeath[] {
  const deaths = new Map<string, string[]>();
  for (const router of routers) {
    const death = deathOfHolder(router, at, config, self);
    if (death === undefined) continue;
    deaths.set(death.host, [...(deaths.get(death.host) ?? []), death.consequence]);
  }
  return [...deaths].map(([host, consequences]) => ({ host, consequences }));
}

/** One VIP's part; `undefined` while nobody is known to hold it. */
function deathOfHolder(
  router: RouterSnapshot,
  at: Instant,
  config: Config,
  self: string,
): { readonly host: string; readonly consequence: string } | undefined {
  const found = findVip(router.key, config);
  if (found === undefined) return undefined;
  const { vip, family } = found;
  const name = vip.addresses.some((a) => a.family !== family) ? router.key : vip.name;
  const active = activeNow(router, at, vip.version);
  if (router.state !== 'active' && active === undefined) return undefined;
  const host = active === undefined ? self : namesFor(config, vip, self)(active.source);
  // Of other hosts nothing is known but their configured priority.
  const better = bestOf(vip, [host, self]);
  const priority = vip.priorities[better ?? ''] ?? 0;
  const interval = active?.interval ?? vip.interval;
  if (host === self || priority > router.priority) {
    if (better === undefined) return { host, consequence: `nobody takes over ${name}` };
    const soon = within(vip, priority, interval);
    return { host, consequence: `${better} takes over ${name} ${soon}, if it is well` };
  }
  if (router.state === 'initialize') return { host, consequence: `${self} cannot take over ${name}` };
  const sick = router.because === undefined ? '' : ', although it is not well';
  return { host, consequence: `${self} takes over ${name} ${within(vip, router.priority, interval)}${sick}` };
}

/** The node with the best configured priority that is none of `others`. */
const bestOf = ({ prefer }: VipConfig, others: readonly string[]): string | undefined =>
  prefer.find((node) => !others.includes(node));

const within = ({ version }: VipConfig, priority: number, interval: Milliseconds): string =>
  `within ${durationWords(activeDownInterval(version, priority, interval))}`;
