import type { Config } from '../config/config.ts';
import type { HostDeath } from '../control/status.ts';
import type { RouterSnapshot } from '../engine/snapshot.ts';
import { activeDownInterval } from '../vrrp/timers.ts';
import type { Milliseconds } from '../wire/units.ts';
import { findVip } from './assign.ts';
import { durationWords, namesFor } from './words.ts';

/** What would happen if a host died now, without a word: who takes its VIPs over, and how soon (RFC 9568 6.1). */
export function hostDeaths(routers: readonly RouterSnapshot[], config: Config, self: string): HostDeath[] {
  const deaths = new Map<string, string[]>();
  for (const router of routers) {
    const death = deathOfHolder(router, config, self);
    if (death === undefined) continue;
    deaths.set(death.host, [...(deaths.get(death.host) ?? []), death.consequence]);
  }
  return [...deaths].map(([host, consequences]) => ({ host, consequences }));
}

/** One VIP's part; `undefined` while nobody is known to hold it. */
function deathOfHolder(
  router: RouterSnapshot,
  config: Config,
  self: string,
): { readonly host: string; readonly consequence: string } | undefined {
  const found = findVip(router.key, config);
  if (found === undefined) return undefined;
  const { vip, family } = found;
  const name = vip.addresses.some((a) => a.family !== family) ? router.key : vip.name;
  const within = (priority: number, interval: Milliseconds): string =>
    `within ${durationWords(activeDownInterval(vip.version, priority, interval))}`;
  if (router.state === 'active') {
    const next = vip.prefer.find((node) => node !== self);
    if (next === undefined) return { host: self, consequence: `nobody takes over ${name}` };
    const priority = vip.priorities[next] ?? 1;
    return { host: self, consequence: `${next} takes over ${name} ${within(priority, vip.interval)}, if it is well` };
  }
  const { active } = router;
  if (active === undefined || active.priority === 0) return undefined;
  const host = namesFor(config, vip, self)(active.source);
  if (router.state === 'initialize') return { host, consequence: `${self} cannot take over ${name}` };
  const sick = router.because === undefined ? '' : ', although its proxy is not well';
  return { host, consequence: `${self} takes over ${name} ${within(router.priority, active.interval)}${sick}` };
}
