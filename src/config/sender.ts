import { familyOf, isLinkLocal } from '../wire/address.ts';
import type { IpAddress } from '../wire/address.ts';
import type { Config } from './config.ts';

/**
 * Whether the file lets whoever advertises from `source` have a VRID: a node that takes part in a VIP of that VRID, in
 * which the host that hears it need not take part. A link-local address, or another one that is of no node where
 * `isAnyNode` says that nodes have such addresses, may be of any node. Pure.
 */
export const maySend = (
  { nodes, vips }: Config,
  source: IpAddress,
  vrid: number | undefined,
  isAnyNode: boolean = isLinkLocal(source),
): boolean => {
  const senders = nodes.filter(({ addresses }) => isAnyNode || addresses.includes(source));
  const family = familyOf(source);
  return vips.some(
    (vip) =>
      vip.vrid === vrid &&
      vip.addresses.some((each) => each.family === family) &&
      senders.some(({ name }) => vip.priorities[name] !== undefined),
  );
};

/**
 * Whether what is announced is a VIP of the file, all of its addresses of that family and no other. Nodes may advertise
 * from addresses that the file does not have, those of another interface; then this tells them from strangers. Pure.
 */
export const isOfFile = ({ vips }: Config, vrid: number, announced: readonly IpAddress[]): boolean => {
  const said = new Set(announced);
  const [first] = announced;
  if (first === undefined) return false;
  return vips.some((vip) => {
    const own = vip.addresses.filter(({ family }) => family === familyOf(first));
    return vip.vrid === vrid && own.length === said.size && own.every(({ address }) => said.has(address));
  });
};
