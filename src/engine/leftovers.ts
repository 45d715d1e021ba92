import { VIPAIR_ADDRESS_PROTOCOL } from '../linux/rtnetlink.ts';
import type { InterfaceAddress, Rtnetlink } from '../linux/rtnetlink.ts';
import type { Instance } from './instance.ts';
import type { Journal } from './journal.ts';

/**
 * Addresses that a former run of the daemon has left in the kernel, where they live until their lease ends. Those that
 * are still configured are adopted: the role goes on where it stopped. All others are removed.
 */

/** Whether every address of a virtual router is still leased to this host. */
export function holdsAll(kernel: Rtnetlink, { assignment, port }: Instance): boolean {
  const present = kernel.addresses().filter((a) => a.ifindex === port.link?.index && isOurs(a));
  const { addresses } = assignment;
  return addresses.length > 0 && addresses.every(({ address }) => present.some((a) => a.address === address));
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

const isOurs = (address: InterfaceAddress): boolean => address.protocol === VIPAIR_ADDRESS_PROTOCOL;
