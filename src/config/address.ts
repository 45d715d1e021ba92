import { familyOf } from '../wire/address.ts';
import type { IpAddress } from '../wire/address.ts';
import type { Config, NodeConfig, VipAddress, VipConfig } from './config.ts';
import { OWNER } from './weight.ts';
import type { Path, Report } from './report.ts';
import { sameSubnet } from './subnet.ts';

/**
 * Rules about addresses: no two of anything share one, an owner owns what it claims, and a VIP with a prefix length
 * lies in the subnet of a node that may hold it.
 */

/** An advertisement of 20 IPv6 addresses has 368 bytes with its headers: far below the least MTU of either family. */
const MOST_OF_A_FAMILY = 20;

/** Checks all addresses of the configuration. `where` says where an address of a VIP was written. */
export function checkAddresses(config: Config, where: (vip: string, index: number) => Path, report: Report): void {
  const holders = new Map<IpAddress, string>();
  for (const vip of config.vips) {
    for (const [index, { address }] of vip.addresses.entries()) {
      const other = holders.get(address);
      if (other === vip.name) report.error(where(vip.name, index), `${address} is written twice; keep one`);
      else if (other !== undefined) {
        report.error(where(vip.name, index), `${address} is an address of VIP "${other}" already; write another`);
      } else holders.set(address, vip.name);
      const message = ownership(config, vip, address) ?? placement(config, vip, vip.addresses[index]);
      if (message !== undefined) report.error(where(vip.name, index), message);
    }
    checkFamilies(config, vip, report);
  }
}

/** Why a VIP may not have the address of a node, which only that node with priority 255 allows (RFC 9568 5.2.4). */
function ownership({ nodes }: Config, vip: VipConfig, address: IpAddress): string | undefined {
  const node = nodes.find(({ addresses }) => addresses.includes(address));
  if (node === undefined || priorityOf(vip, node.name) === OWNER) return undefined;
  return (
    `${address} is the address of node ${node.name}, which would be taken away with the VIP; write another address, ` +
    `or "priority: { ${node.name}: 255, ... }" if the node shall own it`
  );
}

/** Why an address with a prefix length fits no node; nothing is guessed where no node has an address of its family. */
function placement(config: Config, vip: VipConfig, written: VipAddress | undefined): string | undefined {
  if (written === undefined) return undefined;
  const { address, family, prefixLength } = written;
  if (prefixLength === (family === 'ipv4' ? 32 : 128)) return undefined;
  const own = participants(config, vip).flatMap(({ addresses }) => addresses.filter((one) => familyOf(one) === family));
  if (own.length === 0 || own.some((one) => sameSubnet(one, address, prefixLength))) return undefined;
  return (
    `${address}/${prefixLength} is outside the subnet of every node that may hold it (${own.slice(0, 4).join(', ')}); ` +
    'write an address of their network, or the right prefix length'
  );
}

function checkFamilies(config: Config, vip: VipConfig, report: Report): void {
  const path = ['vips', vip.name];
  for (const family of ['ipv4', 'ipv6'] as const) {
    const addresses = vip.addresses.filter((one) => one.family === family).map(({ address }) => address);
    const title = family === 'ipv4' ? 'IPv4' : 'IPv6';
    if (addresses.length === 0) continue;
    if (addresses.length > MOST_OF_A_FAMILY) {
      report.error(
        [...path, 'addresses'],
        `has ${addresses.length} ${title} addresses, and an advertisement carries ` +
          `${MOST_OF_A_FAMILY} here; write a second VIP`,
      );
    }
    for (const node of participants(config, vip)) {
      const own = node.addresses.find((one) => familyOf(one) === family);
      if (vip.transport === 'unicast' && own === undefined) {
        report.error(
          path,
          `node ${node.name} has no ${title} address, which "transport: unicast" needs to reach it; ` +
            `write one under nodes.${node.name}`,
        );
      }
      if (priorityOf(vip, node.name) === OWNER && (own === undefined || !addresses.includes(own))) {
        report.error(
          [...path, 'priority', node.name],
          `255 is the priority of the address owner, and ${node.name} ` +
            `${own === undefined ? `has no ${title} address` : `has ${own}`}, not ${addresses.join(', ')}; write 254 or less`,
        );
      }
    }
  }
}

const participants = ({ nodes }: Config, { prefer }: VipConfig): readonly NodeConfig[] =>
  nodes.filter(({ name }) => prefer.includes(name));

const priorityOf = ({ priorities }: VipConfig, node: string): number | undefined =>
  Object.hasOwn(priorities, node) ? priorities[node] : undefined;
