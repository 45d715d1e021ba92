import type { Config, HeartbeatPath, NodeConfig } from '../../config/config.ts';
import { addressOf, familyOf } from '../../wire/address.ts';
import type { Family, IpAddress } from '../../wire/address.ts';
import { routersOf } from '../patient.ts';
import type { Router } from '../patient.ts';
import type { Packet } from './packet.ts';
import { TCP, UDP, VRRP } from './packet.ts';

/** The packets that a host must be able to send and to receive. Pure. */

const EVERYBODY = addressOf('255.255.255.255');

const GROUPS: Readonly<Record<Family, IpAddress>> = { ipv4: addressOf('224.0.0.18'), ipv6: addressOf('ff02::12') };

/** Over IPv6 advertisements come from a link-local address (RFC 9568 5.1.2.1); which one is not known beforehand. */
const SOME_LINK_LOCAL = addressOf('fe80::1');

const addressIn = ({ addresses }: NodeConfig, family: Family): IpAddress | undefined =>
  addresses.find((address) => familyOf(address) === family);

/** The address from which a node speaks on an interface; `undefined` where that is not known. */
export type SourceOf = (node: NodeConfig, link: string, family: Family) => IpAddress | undefined;

/** Advertisements in both directions, for each interface, family and peer once. */
export function advertisements(config: Config, node: NodeConfig, sourceOf: SourceOf): Packet[] {
  const packets = routersOf(config, node.name).flatMap((router) =>
    config.nodes
      .filter((other) => other.name !== node.name && router.vip.priorities[other.name] !== undefined)
      .flatMap((other) => advertisement(router, node, other, sourceOf)),
  );
  const seen = new Set<string>();
  return packets.filter((packet) => {
    const { name, family, interface: link, cast } = packet;
    const key = JSON.stringify([name, family, link, cast]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function advertisement(
  { vip, family, interface: link }: Router,
  node: NodeConfig,
  other: NodeConfig,
  sourceOf: SourceOf,
): Packet[] {
  const [own, peer] = [addressIn(node, family), addressIn(other, family)];
  const { transport } = vip;
  const isLocal = family === 'ipv6' && transport !== 'unicast';
  const common = {
    ...{ family, protocol: VRRP, interface: link, cast: transport },
    ...{ sourcePort: undefined, destinationPort: undefined },
    // A unicast peer may have been answered, and may not.
    states: transport === 'unicast' ? (['new', 'established'] as const) : (['new'] as const),
  };
  const to = (who: IpAddress | undefined): IpAddress | undefined =>
    transport === 'multicast' ? GROUPS[family] : transport === 'broadcast' ? EVERYBODY : who;
  const [destinationIn, destinationOut] = [to(own), to(peer)];
  const sources = isLocal
    ? [SOME_LINK_LOCAL, SOME_LINK_LOCAL]
    : [other, node].map((each) => sourceOf(each, link, family));
  return [
    ...(destinationIn === undefined
      ? []
      : [
          {
            ...common,
            name: `advertisements of ${other.name}`,
            direction: 'in' as const,
            source: sources[0],
            destination: destinationIn,
          },
        ]),
    ...(destinationOut === undefined
      ? []
      : [
          {
            ...common,
            name: `advertisements to ${transport === 'unicast' ? other.name : 'the other hosts'}`,
            direction: 'out' as const,
            source: sources[1],
            destination: destinationOut,
          },
        ]),
  ];
}

/** The heartbeat's datagrams in both directions. `linkOf` says on which interface an address of this host is. */
export function heartbeats(
  { heartbeat, nodes }: Config,
  node: NodeConfig,
  linkOf: (address: IpAddress) => string | undefined,
): Packet[] {
  return (heartbeat?.paths ?? []).flatMap((path) =>
    nodes
      .filter((other) => other.name !== node.name)
      .flatMap((other) => heartbeatOf(path, node.name, other.name, linkOf)),
  );
}

function heartbeatOf(
  path: HeartbeatPath,
  node: string,
  other: string,
  linkOf: (address: IpAddress) => string | undefined,
): Packet[] {
  const isOnLink = path.kind === 'interface';
  const [own, peer] = isOnLink ? [undefined, undefined] : [path.addresses[node], path.addresses[other]];
  const link = isOnLink ? path.interfaces[node] : own && linkOf(own);
  const [towardsUs, towardsPeer] = isOnLink ? [EVERYBODY, EVERYBODY] : [own, peer];
  if (link === undefined || towardsUs === undefined || towardsPeer === undefined) return [];
  const common = {
    ...{ family: familyOf(towardsUs), protocol: UDP, interface: link },
    ...{ cast: isOnLink ? ('broadcast' as const) : ('unicast' as const) },
    ...{ sourcePort: path.port, destinationPort: path.port },
    states: isOnLink ? (['new'] as const) : (['new', 'established'] as const),
  };
  const name = `heartbeat ${path.name}`;
  return [
    { ...common, name: `${name} of ${other}`, direction: 'in', source: peer, destination: towardsUs },
    { ...common, name: `${name} to ${other}`, direction: 'out', source: own, destination: towardsPeer },
  ];
}

/** The first packet of a client, for each place where a service listens. */
export function clientPackets(config: Config, node: NodeConfig): Packet[] {
  const routers = routersOf(config, node.name);
  return config.services.flatMap(({ name, listen }) =>
    listen.flatMap(({ address, port }) =>
      routers.flatMap(({ vip, family, interface: link }) =>
        vip.addresses
          .filter((each) => each.family === family && (address === undefined || address === each.address))
          .map((each): Packet => ({
            ...{ name: `clients of service ${name} at ${each.address} port ${port}`, direction: 'in', family },
            ...{ protocol: TCP, interface: link, source: undefined, destination: each.address, cast: 'unicast' },
            ...{ sourcePort: undefined, destinationPort: port, states: ['new'] },
          })),
      ),
    ),
  );
}
