import { OpError } from '../linux/operror.ts';
import { VIPAIR_ADDRESS_PROTOCOL } from '../linux/rtnetlink.ts';
import type { InterfaceAddress, Link } from '../linux/rtnetlink.ts';
import type { Instance } from './instance.ts';
import type { Executor } from './perform.ts';
import type { Instant } from '../wire/units.ts';

/**
 * Addresses that a former run of the daemon has left in the kernel, where they live until their lease ends. Those that
 * are still configured, and were renewed so lately that no peer can have taken over, are adopted: the role goes on
 * where it stopped. All others are removed.
 */

/** Whether every address of a virtual router is held, and was renewed less than three intervals ago. */
export function holdsAll(found: readonly InterfaceAddress[], { assignment, port }: Instance, at: Instant): boolean {
  const { addresses, router } = assignment;
  const since = at - 3 * router.interval;
  const fresh = found.filter(
    (a) => a.ifindex === port.link?.index && isOurs(a) && a.renewedAt !== undefined && a.renewedAt > since,
  );
  return addresses.length > 0 && addresses.every((wanted) => fresh.some((a) => isSame(a, wanted)));
}

/** Removes what no virtual router wants any more. What cannot be removed is told, and goes when its lease ends. */
export function sweep(
  { kernel, journal }: Executor,
  links: readonly Link[],
  found: readonly InterfaceAddress[],
  instances: readonly Instance[],
): void {
  const names = new Map(links.map((link) => [link.index, link.name]));
  for (const held of found.filter(isOurs)) {
    const name = names.get(held.ifindex);
    const wanted = instances.some(
      ({ assignment }) => assignment.interface === name && assignment.addresses.some((a) => isSame(a, held)),
    );
    if (wanted || name === undefined) continue;
    const { ifindex, address, prefixLength } = held;
    try {
      kernel.removeAddress({ ifindex, address, prefixLength });
      journal.tell({ type: 'address-swept', address, interface: name });
    } catch (error) {
      if (!(error instanceof OpError)) throw error;
      journal.tell({ type: 'address-failed', router: name, address, detail: error.message });
    }
  }
}

/** What a former run has left of a virtual router that is not adopted, with any prefix length. */
export const leftoversOf = (found: readonly InterfaceAddress[], instance: Instance): InterfaceAddress[] =>
  found.filter((held) => isOn(held, instance) && !isStray(held, instance));

/**
 * Tells of addresses of a virtual router that somebody else has put on this host. They are not ours to remove, and while
 * they stay this host answers for them in every state.
 */
export function tellStrays(found: readonly InterfaceAddress[], instance: Instance, { journal }: Executor): void {
  const router = instance.assignment.key;
  for (const held of found) {
    const { address } = held;
    if (!isOn(held, instance) || !isStray(held, instance)) continue;
    journal.tellOnce(`stray:${router}:${address}`, { type: 'address-stray', router, address });
  }
}

const isOurs = (address: InterfaceAddress): boolean => address.protocol === VIPAIR_ADDRESS_PROTOCOL;

/** Kernels before 5.18 do not say whose an address is; but one that lives no longer than a lease is as good as ours. */
const isStray = (held: InterfaceAddress, { assignment }: Instance): boolean =>
  !isOurs(held) && held.validLifetime > assignment.lease;

const isOn = (held: InterfaceAddress, { assignment, port }: Instance): boolean =>
  held.ifindex === port.link?.index && assignment.addresses.some(({ address }) => address === held.address);

const isSame = (
  a: Pick<InterfaceAddress, 'address' | 'prefixLength'>,
  b: Pick<InterfaceAddress, 'address' | 'prefixLength'>,
): boolean => a.address === b.address && a.prefixLength === b.prefixLength;
