import { VIPAIR_ADDRESS_PROTOCOL } from '../linux/rtnetlink.ts';
import type { InterfaceAddress, Rtnetlink } from '../linux/rtnetlink.ts';
import type { Instance } from './instance.ts';
import type { Journal } from './journal.ts';
import type { Instant } from '../wire/units.ts';

/**
 * Addresses that a former run of the daemon has left in the kernel, where they live until their lease ends. Those that
 * are still configured, and were renewed so lately that no peer can have taken over, are adopted: the role goes on
 * where it stopped. All others are removed.
 */

/** Whether every address of a virtual router is held, and was renewed less than three intervals ago. */
export function holdsAll(kernel: Rtnetlink, { assignment, port }: Instance, at: Instant): boolean {
  const { addresses, router } = assignment;
  const since = at - 3 * router.interval;
  const fresh = kernel
    .addresses()
    .filter((a) => a.ifindex === port.link?.index && isOurs(a) && a.renewedAt !== undefined && a.renewedAt > since);
  return addresses.length > 0 && addresses.every(({ address }) => fresh.some((a) => a.address === address));
}

/** Removes what no virtual router wants any more. */
export function sweep(kernel: Rtnetlink, instances: readonly Instance[], journal: Journal): void {
  const names = new Map(kernel.links().map((link) => [link.index, link.name]));
  for (const { ifindex, address, prefixLength } of kernel.addresses().filter(isOurs)) {
    const name = names.get(ifindex);
    const wanted = instances.some(
      ({ assignment }) => assignment.interface === name && assignment.addresses.some((a) => a.address === address),
    );
    if (wanted || name === undefined) continue;
    kernel.removeAddress({ ifindex, address, prefixLength });
    journal.tell({ type: 'address-swept', address, interface: name });
  }
}

/**
 * Tells of addresses of a virtual router that somebody else has put on this host. They are not ours to remove, and while
 * they stay this host answers for them in every state.
 */
export function tellStrays(found: readonly InterfaceAddress[], { assignment, port }: Instance, journal: Journal): void {
  const router = assignment.key;
  for (const { address, ifindex, protocol } of found) {
    if (protocol === VIPAIR_ADDRESS_PROTOCOL || ifindex !== port.link?.index) continue;
    if (!assignment.addresses.some((own) => own.address === address)) continue;
    journal.tellOnce(`stray:${router}:${address}`, { type: 'address-stray', router, address });
  }
}

const isOurs = (address: InterfaceAddress): boolean => address.protocol === VIPAIR_ADDRESS_PROTOCOL;
