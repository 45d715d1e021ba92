import { stringify } from 'yaml';
import type { Lab } from './lab.ts';
import { prefixLengths } from './plan.ts';

/** A value as it stands in the file. */
export type PairValue = string | number | boolean | readonly PairValue[] | { readonly [key: string]: PairValue };

/** What a pair file is to say beyond what the lab itself gives. All keys within are the file's own words. */
export interface PairOptions {
  /** Settings at the top level: `{ interval: '10ms', transport: 'unicast' }`. */
  readonly settings?: Readonly<Record<string, PairValue>>;
  /** The addresses of the nodes and of the VIPs; `both` gives every VIP two. IPv4 by default. */
  readonly family?: 'ipv4' | 'ipv6' | 'both';
  /** Name of the profile of the proxy to watch; none by default. */
  readonly proxy?: string;
  /** Added to single VIPs, or replacing what they have, by VIP name. A name of its own makes a further VIP. */
  readonly vips?: Readonly<Record<string, Readonly<Record<string, PairValue>>>>;
  /** Names of VIPs to leave out. */
  readonly without?: readonly string[];
}

/**
 * The text of a pair.yaml for a lab: all its hosts as nodes, and one VIP for each of them, crossed: `web-1` with VRID 51
 * prefers lb1, `web-2` with VRID 52 prefers lb2, and so on. Nothing that has a default is written.
 */
export function pairFile(lab: Lab, options: PairOptions = {}): string {
  const { settings = {}, family = 'ipv4', proxy, vips = {}, without = [] } = options;
  const names = lab.hosts.map(({ name }) => name);
  const nodes = lab.hosts.map((host): [string, PairValue] => {
    const addresses = family === 'ipv4' ? [host.ipv4] : family === 'ipv6' ? [host.ipv6] : [host.ipv4, host.ipv6];
    return [host.name, { addresses }];
  });
  const crossed = names.map((_, index): [string, Readonly<Record<string, PairValue>>] => {
    const number = index + 1;
    const prefer = [...names.slice(index), ...names.slice(0, index)];
    return [`web-${number}`, { vrid: 50 + number, addresses: vipAddresses(number, family), prefer }];
  });
  const all = new Map([...crossed, ...Object.entries(vips)]);
  for (const [name, plan] of crossed) all.set(name, { ...plan, ...vips[name] });
  for (const name of without) all.delete(name);
  return stringify({
    nodes: Object.fromEntries(nodes),
    interface: 'eth0',
    ...settings,
    vips: Object.fromEntries(all),
    ...(proxy === undefined ? {} : { proxy: { profile: proxy } }),
  });
}

/** The address of the VIP `web-NUMBER` of a lab, without prefix length. */
export const vipOf = (number: number, family: 'ipv4' | 'ipv6' = 'ipv4'): string =>
  family === 'ipv4' ? `192.0.2.${100 + number}` : `2001:db8:2::${100 + number}`;

function vipAddresses(number: number, family: 'ipv4' | 'ipv6' | 'both'): string[] {
  const families = family === 'both' ? (['ipv4', 'ipv6'] as const) : [family];
  return families.map((each) => `${vipOf(number, each)}/${prefixLengths[each]}`);
}
