import { sameSubnet } from '../../config/subnet.ts';
import { familyOf, isLinkLocal } from '../../wire/address.ts';
import type { IpAddress } from '../../wire/address.ts';
import type { LinkFacts } from '../facts/links.ts';
import { finding } from '../finding.ts';
import type { Finding } from '../finding.ts';
import { movingVips, routersOf } from '../patient.ts';
import type { Patient, Router } from '../patient.ts';

/** The least that IPv6 needs (RFC 8200 5), and what no segment of a proxy goes below. */
const LEAST_MTU = 1280;

/** The interfaces of this host's VIPs, and the addresses on them. Pure. */
export function judgeLinks({ config, node }: Pick<Patient, 'config' | 'node'>, links: readonly LinkFacts[]): Finding[] {
  const routers = routersOf(config, node.name);
  const names = new Set(routers.map((router) => router.interface));
  const moving = movingVips({ config, node });
  return [
    ...[...names].flatMap((name) => {
      const link = links.find((each) => each.name === name);
      const own = routers.filter((router) => router.interface === name);
      if (link === undefined) return [missing(name, links)];
      return [...judgeLink(link, own), ...own.flatMap((router) => judgeRouter(router, link, moving))];
    }),
    ...judgeOwnAddresses(node, links),
    ...judgeVips(routers, node, links),
  ];
}

function missing(name: string, links: readonly LinkFacts[]): Finding {
  const others = links.map((each) => each.name).filter((each) => each !== 'lo');
  const there = others.length === 0 ? 'there is none but lo' : `there is ${others.slice(0, 8).join(', ')}`;
  return finding(
    'INTERFACE-MISSING',
    name,
    `the interface "${name}" of the configuration does not exist; ${there}`,
    'correct `interface` in the configuration; write one for each node where hosts differ',
  );
}

function judgeLink(
  { name, isUp, hasCarrier, isMulticast, mtu, bondMode, bridge }: LinkFacts,
  own: readonly Router[],
): Finding[] {
  const findings: Finding[] = [];
  if (!isUp) {
    const fix = `run \`ip link set ${name} up\`, and see why it was not up`;
    findings.push(finding('INTERFACE-DOWN', name, `the interface "${name}" is down`, fix));
  } else if (!hasCarrier) {
    const fix = 'see the cable, the port of the switch, and the driver';
    findings.push(finding('INTERFACE-DOWN', name, `the interface "${name}" has no link`, fix));
  }
  const needsMulticast = own.some(({ vip }) => vip.transport === 'multicast');
  if (needsMulticast && !isMulticast) {
    const fix = `run \`ip link set ${name} multicast on\`, or write \`transport: unicast\``;
    findings.push(finding('INTERFACE-MULTICAST', name, `the interface "${name}" does not do multicast`, fix));
  }
  if (mtu > 0 && mtu < LEAST_MTU) {
    const text = `the interface "${name}" has an MTU of ${mtu} bytes, below ${LEAST_MTU}`;
    findings.push(
      finding('INTERFACE-MTU', name, text, `run \`ip link set ${name} mtu 1500\`, if the segment carries that`),
    );
  }
  if (bondMode === 'balance-alb' || bondMode === 'balance-tlb') {
    const text = `the interface "${name}" is a bond of mode ${bondMode}, which changes the Ethernet addresses that neighbors see`;
    findings.push(finding('INTERFACE-BOND', name, text, 'use the mode active-backup or 802.3ad'));
  }
  if (needsMulticast && bridge !== undefined && bridge.snoops && !bridge.queries) {
    const text = `the bridge "${bridge.name}" of "${name}" snoops multicast and asks nobody for memberships`;
    const fix = `if no other querier is on the segment, run \`ip link set ${bridge.name} type bridge mcast_querier 1\``;
    findings.push(finding('BRIDGE-SNOOPING', name, text, fix));
  }
  return findings;
}

function judgeRouter(
  { vip, family, interface: name }: Router,
  link: LinkFacts,
  moving: ReadonlySet<IpAddress>,
): Finding[] {
  // An address from DHCP has a lifetime, too, and is the host's own.
  const own = link.addresses.filter((each) => each.family === family && !moving.has(each.address));
  const isUsable = own.some(({ address }) => family === 'ipv4' || vip.transport === 'unicast' || isLinkLocal(address));
  const subject = `${vip.name}/${family}`;
  if (!isUsable) {
    const kind =
      family === 'ipv4' ? 'IPv4 address' : vip.transport === 'unicast' ? 'IPv6 address' : 'link-local IPv6 address';
    const fix = `give "${name}" one; advertisements come from it`;
    return [finding('INTERFACE-ADDRESS', subject, `the interface "${name}" has no ${kind} of its own`, fix)];
  }
  const strays = vip.addresses.filter(
    (each) =>
      each.family === family &&
      !isLinkLocal(each.address) &&
      !own.some(({ address, prefixLength }) => sameSubnet(address, each.address, prefixLength)),
  );
  if (strays.length === 0) return [];
  const text = `${strays.map(({ address }) => address).join(', ')} is in no subnet of the interface "${name}" (${own.map(({ address, prefixLength }) => `${address}/${prefixLength}`).join(', ')})`;
  const fix = 'correct the address or the interface; a VIP that a router sends here by a route may stay';
  return [finding('INTERFACE-SUBNET', subject, text, fix)];
}

function judgeOwnAddresses(node: Patient['node'], links: readonly LinkFacts[]): Finding[] {
  const present = new Set(links.flatMap(({ addresses }) => addresses.map(({ address }) => address)));
  return node.addresses
    .filter((address) => !present.has(address))
    .map((address) => {
      const text = `the configuration gives node ${node.name} the address ${address}, which this host does not have`;
      const family = familyOf(address) === 'ipv4' ? '' : '-6 ';
      const fix = `correct nodes.${node.name}, or put the address on this host; \`ip ${family}address\` shows what it has`;
      return finding('NODE-ADDRESS', node.name, text, fix);
    });
}

/** A VIP that is there for ever was not put by the daemon, whose addresses have a lifetime. */
function judgeVips(routers: readonly Router[], node: Patient['node'], links: readonly LinkFacts[]): Finding[] {
  const vips = routers.flatMap(({ vip, family }) =>
    vip.addresses.filter((each) => each.family === family).map(({ address }) => ({ address, name: vip.name })),
  );
  return links.flatMap((link) =>
    link.addresses.flatMap(({ address, prefixLength, isForever }) => {
      const vip = vips.find((each) => each.address === address);
      // The owner's address is the host's own (RFC 9568 1.7).
      if (vip === undefined || !isForever || node.addresses.includes(address)) return [];
      const text = `the VIP ${address} of ${vip.name} is on "${link.name}" without a lifetime: another program or the network configuration of this host has put it there`;
      const fix = `take it out of the network configuration and run \`ip address del ${address}/${prefixLength} dev ${link.name}\``;
      return [finding('VIP-STATIC', vip.name, text, fix)];
    }),
  );
}
