import { profiles } from '../../profiles/registry.ts';
import { proxyAs } from '../config/proxy.ts';
import type { Config } from '../config/config.ts';
import { bindsOf } from '../proxy/bind.ts';
import { hostDisk } from '../proxy/disk.ts';
import { frontModel } from '../proxy/frontmodel.ts';
import { mechanismHere } from '../proxy/switch/mechanism.ts';
import type { Mechanism } from '../proxy/switch/mechanism.ts';

/** How a host would be switched, as far as it can be told on this one. */
export interface SwitchCheck extends Mechanism {
  readonly from: string;
  /** The profiles that it could be switched to, and what is missing for each. */
  readonly to: readonly { readonly profile: string; readonly missing: readonly string[] }[];
}

/** `undefined` where nothing is rendered, so that there is nothing to switch. */
export function switchOf({ proxy, services }: Config): SwitchCheck | undefined {
  if (proxy === undefined || services.length === 0) return undefined;
  const others = Object.values(profiles).filter(({ name }) => name !== proxy.profile);
  const to = others.map(({ name, steering }) => {
    const binary = proxyAs(proxy, name).binary ?? steering.binary;
    const isThere = hostDisk.stamp(binary) !== '';
    return {
      profile: name,
      missing: isThere ? [] : [`"${binary}" is not on this host; install it, or name it in "binary"`],
    };
  });
  const binds = bindsOf(frontModel(services, new Map()));
  return { from: proxy.profile, to, ...mechanismHere(proxy.mode, binds) };
}

/** The same for people, a line each. */
export function switchLines(config: Config): string[] {
  const check = switchOf(config);
  if (check === undefined) return [];
  const { from, to, kind, why, missing, unshared } = check;
  return [
    `\nSwitch  ${from} -> ${to.map(({ profile }) => profile).join(', ')}: ${kind}: ${why}`,
    ...(unshared.length === 0 ? [] : [`  Not shared yet: ${unshared.join(', ')}; a switch reloads ${from} first`]),
    ...[...missing, ...to.flatMap((each) => each.missing)].map((each) => `  Missing  ${each}`),
  ];
}
