import type { Config, NodeConfig, VipConfig } from '../config/config.ts';
import type { Assignment, RouterAssignment } from '../engine/assignment.ts';
import { policyOf } from '../track/policy.ts';
import { familyOf, isLinkLocal } from '../wire/address.ts';
import type { Family, IpAddress } from '../wire/address.ts';

/** Cuts the resolved configuration down to what one node has to do: a virtual router for each VIP and family. */
export function assign(config: Config, node: NodeConfig): Assignment {
  const routers = config.vips.flatMap((vip) =>
    (['ipv4', 'ipv6'] as const).flatMap((family) => assignRouter(config, node, vip, family) ?? []),
  );
  const interfaces = config.checks.flatMap((check) =>
    check.kind === 'interface' ? [[check.name, check.interfaces[node.name] ?? '']] : [],
  );
  return { node: node.name, routers, interfaces: Object.fromEntries(interfaces) };
}

/** The key of a virtual router: the VIP's name and the family. */
export const routerKey = (vip: string, family: Family): string => `${vip}/${family}`;

/** The VIP and the family of a key; `undefined` when the configuration has no such virtual router. */
export function findVip(key: string, config: Config): { readonly vip: VipConfig; readonly family: Family } | undefined {
  for (const vip of config.vips) {
    for (const family of ['ipv4', 'ipv6'] as const) if (key === routerKey(vip.name, family)) return { vip, family };
  }
  return undefined;
}

function assignRouter(config: Config, node: NodeConfig, vip: VipConfig, family: Family): RouterAssignment | undefined {
  const priority = vip.priorities[node.name];
  const name = vip.interfaces[node.name];
  const addresses = vip.addresses.filter((a) => a.family === family);
  if (priority === undefined || name === undefined || addresses.length === 0) return undefined;
  // RFC 9568 5.2.9: over IPv6 the first address is the link-local one, if there is one.
  const ordered = addresses.toSorted((a, b) => Number(isLinkLocal(b.address)) - Number(isLinkLocal(a.address)));
  const others = config.nodes.filter((other) => other.name !== node.name && vip.priorities[other.name] !== undefined);
  return {
    key: routerKey(vip.name, family),
    vip: vip.name,
    interface: name,
    priority,
    // The owner's address is the host's own (RFC 9568 1.7): it is advertised, and never installed or removed.
    addresses: ordered
      .filter((a) => !node.addresses.includes(a.address))
      .map(({ address, prefixLength }) => ({ address, prefixLength })),
    router: {
      vrid: vip.vrid,
      family,
      version: vip.version,
      interval: vip.interval,
      addresses: ordered.map((a) => a.address),
      transport: vip.transport,
      peers: others.flatMap((other) => ownAddress(other, family) ?? []),
      password: vip.password,
      checksum: vip.checksum,
      preempt: vip.preempt,
      preemptDelay: vip.preemptDelay,
      preemptFast: vip.preemptFast,
    },
    // RFC 9568 5.1.2.1: multicast advertisements over IPv6 come from the link-local address.
    source: family === 'ipv6' && vip.transport !== 'unicast' ? undefined : ownAddress(node, family),
    policy: policyOf(vip),
    lease: vip.lease,
    garp: vip.garp,
  };
}

const ownAddress = (node: NodeConfig, family: Family): IpAddress | undefined =>
  node.addresses.find((address) => familyOf(address) === family);
