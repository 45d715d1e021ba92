import type { IpAddress } from '../wire/address.ts';
import type { Config } from './config.ts';
import { quote } from './report.ts';

/** What a host knows about itself. */
export interface Host {
  /** The value of `--node`; `undefined` when it was not given. */
  readonly node: string | undefined;
  /** As gethostname(2) says, with or without a domain. */
  readonly hostname: string;
  /** All addresses of its interfaces. */
  readonly addresses: readonly IpAddress[];
}

/**
 * Which node of the configuration a host is: the one that `--node` names, else the one with its host name, else the
 * one with an address that it owns. A host name that contradicts the addresses is refused: two hosts that take
 * themselves for the same node would both hold its VIPs.
 */
export function findSelf(config: Config, host: Host): { readonly node: string } | { readonly error: string } {
  const names = config.nodes.map(({ name }) => name);
  const choice = `write --node with one of ${names.join(', ')}`;
  if (host.node !== undefined) {
    if (names.includes(host.node)) return { node: host.node };
    return { error: `No node is called ${quote(host.node)}; ${choice}` };
  }
  const byName = nodeOfHostname(names, host.hostname);
  const owned = owners(config, host.addresses);
  if (byName !== undefined) {
    if (owned.length === 0 || owned.includes(byName)) return { node: byName };
    return {
      error: `The host name ${quote(host.hostname)} says that this is node ${byName}, but it has an address of ${owned.join(', ')}; ${choice}`,
    };
  }
  const [only, ...others] = owned;
  if (only !== undefined && others.length === 0) return { node: only };
  const found = only === undefined ? 'has no address of a node' : `has addresses of ${owned.join(', ')}`;
  return {
    error: `Cannot tell which node this host is: its name ${quote(host.hostname)} is none of theirs, and it ${found}; ${choice}`,
  };
}

/** Host names are compared without case, first whole, then without the domain (RFC 1123 2.1). */
function nodeOfHostname(names: readonly string[], hostname: string): string | undefined {
  const folded = hostname.toLowerCase();
  const short = folded.split('.')[0];
  return names.find((name) => name.toLowerCase() === folded) ?? names.find((name) => name.toLowerCase() === short);
}

/** Nodes with an address of the host. An address that is also a VIP moves, so it proves nothing. */
function owners({ nodes, vips }: Config, addresses: readonly IpAddress[]): string[] {
  const moving = new Set(vips.flatMap((vip) => vip.addresses.map(({ address }) => address)));
  const fixed = new Set(addresses.filter((address) => !moving.has(address)));
  return nodes.filter((node) => node.addresses.some((address) => fixed.has(address))).map(({ name }) => name);
}
