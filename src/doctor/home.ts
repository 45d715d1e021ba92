import type { NodeConfig } from '../config/config.ts';
import { sameSubnet } from '../config/subnet.ts';
import { familyOf } from '../wire/address.ts';
import type { Family, IpAddress } from '../wire/address.ts';
import type { LinkFacts } from './facts/links.ts';

/** Whether an address is in a subnet of an interface. Pure. */
export const isOnLink = ({ addresses }: LinkFacts, address: IpAddress): boolean =>
  addresses.some((own) => sameSubnet(own.address, address, own.prefixLength));

/**
 * Whether the nodes speak on an interface from the addresses that the configuration gives them. A VIP may be on another
 * interface than those addresses; what the hosts have there is not known beforehand. Pure.
 */
export const isHome = (nodes: readonly NodeConfig[], link: LinkFacts, family: Family): boolean =>
  nodes.some(({ addresses }) => addresses.some((each) => familyOf(each) === family && isOnLink(link, each)));
