import { OpError } from '../linux/operror.ts';
import type { InterfaceAddress, Rtnetlink } from '../linux/rtnetlink.ts';
import { advertisementOf, destinationsOf } from '../vrrp/advertise.ts';
import { RESIGNED } from '../vrrp/priority.ts';
import type { Action, RouterConfig } from '../vrrp/state.ts';
import { encodeAdvertisement } from '../wire/advertisement.ts';
import type { IpAddress } from '../wire/address.ts';
import { after, milliseconds } from '../wire/units.ts';
import type { Instant } from '../wire/units.ts';
import { announceDue, conflict, takeover } from './announcer.ts';
import type { InstalledAddress } from './assignment.ts';
import { leaseEnd, leaseOf } from './instance.ts';
import type { Instance } from './instance.ts';
import type { Journal } from './journal.ts';

/**
 * The only executor of the protocol's actions: here, and nowhere else, a decision becomes a datagram or an address.
 * A failed operation is counted and told, and the protocol goes on: what the failure means to the election comes back
 * as silence on the wire and as an address lease that runs out.
 */
export interface Executor {
  readonly kernel: Rtnetlink;
  readonly journal: Journal;
}

/**
 * Performs one action of an instance. `config` is the configuration that its step was given. False when it was to
 * advertise and nobody could be reached.
 */
export function perform(
  executor: Executor,
  instance: Instance,
  config: RouterConfig,
  action: Action,
  at: Instant,
): boolean {
  switch (action.type) {
    case 'sendAdvertisement':
      if (!send(executor, instance, config, action.priority)) return false;
      if (action.priority !== RESIGNED) renew(executor, instance, at);
      return true;
    case 'addAddresses':
      install(executor, instance, at);
      return true;
    case 'removeAddresses':
      uninstall(executor, instance, instance.assignment.addresses);
      instance.renewedAt = undefined;
      instance.announcer = undefined;
      return true;
    case 'announceAddresses':
      if (action.cause === 'conflict') instance.counters.conflicts++;
      announceFor(executor, instance, action.cause === 'conflict' ? 'contender' : 'takeover', at);
      return true;
  }
}

/**
 * Announces the addresses: at a take-over, because another active router was heard, or because of anything else that may
 * have told the neighbours otherwise.
 */
export function announceFor(
  executor: Executor,
  instance: Instance,
  cause: 'takeover' | 'contender' | 'conflict',
  at: Instant,
): void {
  const { garp } = instance.assignment;
  const running = instance.announcer;
  instance.announcer =
    cause === 'takeover' || running === undefined
      ? takeover(garp, at)
      : conflict(garp, running, at, cause === 'contender');
  announceNow(executor, instance, at);
}

/** Sends the announcements that are due. */
export function announceNow(executor: Executor, instance: Instance, at: Instant): void {
  const { discovery } = instance.port;
  if (instance.announcer === undefined || discovery === undefined) return;
  const due = announceDue(instance.assignment.garp, instance.announcer, at);
  instance.announcer = due.announcer;
  // Frame by frame over all addresses, so that the last address does not wait for the whole burst of the first.
  for (let frame = 0; frame < due.frames; frame++) {
    for (const { address } of instance.assignment.addresses) {
      attempt(executor, instance, `announce:${instance.assignment.key}`, () => {
        discovery.announce(address);
        instance.counters.announcements++;
      });
    }
  }
}

/** Asks the segment who has the addresses; a failure to ask is no failure to serve. */
export function probe(executor: Executor, instance: Instance): void {
  const { port, assignment } = instance;
  for (const { address } of assignment.addresses) {
    attempt(executor, instance, `probe:${assignment.key}`, () => port.discovery?.probe(address));
  }
}

/** Removes addresses that may or may not be installed. */
export function uninstall(executor: Executor, instance: Instance, addresses: readonly InstalledAddress[]): void {
  const ifindex = instance.port.link?.index;
  if (ifindex === undefined) return;
  for (const { address, prefixLength } of addresses) {
    guardAddress(executor, instance, address, () => executor.kernel.removeAddress({ ifindex, address, prefixLength }));
  }
}

/**
 * Installs the addresses, or renews them: the kernel takes an address away when its lease is not renewed. Returns
 * whether all of them are there.
 */
export function install(executor: Executor, instance: Instance, at: Instant): boolean {
  const ifindex = instance.port.link?.index;
  if (ifindex === undefined) return false;
  const { lease } = instance.assignment;
  let complete = true;
  for (const { address, prefixLength } of instance.assignment.addresses) {
    complete =
      guardAddress(executor, instance, address, () => {
        executor.kernel.putAddress({ ifindex, address, prefixLength, lease });
      }) && complete;
  }
  if (complete) instance.renewedAt = at;
  return complete;
}

/** An address that vanishes this close to the end of its lease was taken by the kernel, not by somebody. */
const EXPIRY_MARGIN = milliseconds(100);

/** Puts back addresses that somebody else has deleted, without giving up the active role. `found` is what is there. */
export function restore(executor: Executor, instance: Instance, found: readonly InterfaceAddress[], at: Instant): void {
  const { assignment, port, state, renewedAt } = instance;
  const end = leaseEnd(instance);
  // What was renewed in this very turn may not have been there yet when the kernel was asked.
  if (state.name !== 'active' || end === undefined || renewedAt === at || at >= end - EXPIRY_MARGIN) return;
  const isThere = (address: IpAddress): boolean =>
    found.some((a) => a.ifindex === port.link?.index && a.address === address);
  const lost = assignment.addresses.filter(({ address }) => !isThere(address));
  if (lost.length === 0 || !install(executor, instance, at)) return;
  const router = assignment.key;
  for (const { address } of lost) {
    instance.counters.addressesRestored++;
    executor.journal.tellOnce(`restored:${router}:${address}`, { type: 'address-restored', router, address });
  }
  announceFor(executor, instance, 'conflict', at);
}

/** Renews after a quarter of the lease, so that three renewals may fail before the addresses go. */
function renew(executor: Executor, instance: Instance, at: Instant): void {
  if (instance.state.name !== 'active' || instance.announcer === undefined) return;
  const due = instance.renewedAt === undefined || at >= after(instance.renewedAt, milliseconds(leaseOf(instance) / 4));
  if (due) install(executor, instance, at);
}

/** Advertises to every destination. True when somebody was reached, or nobody has to be. */
function send(executor: Executor, instance: Instance, config: RouterConfig, priority: number): boolean {
  const { transport } = instance.port;
  if (transport === undefined) return false;
  const advertisement = advertisementOf(config, priority);
  const destinations = destinationsOf(config);
  let reached = 0;
  for (const destination of destinations) {
    const key = `send:${instance.assignment.key}:${destination}`;
    const envelope = { source: config.source, destination, checksum: config.checksum };
    const payload = encodeAdvertisement(advertisement, envelope);
    if (!attempt(executor, instance, key, () => transport.send(payload, destination))) continue;
    executor.journal.forget(key);
    reached++;
  }
  if (reached === 0) return destinations.length === 0;
  instance.counters.advertisementsSent++;
  if (priority === RESIGNED) instance.counters.priorityZeroSent++;
  return true;
}

/** Runs an operation on the wire; a failure is counted and told once a minute. */
function attempt(executor: Executor, instance: Instance, key: string, operation: () => void): boolean {
  try {
    operation();
    return true;
  } catch (error) {
    if (!(error instanceof OpError)) throw error;
    instance.counters.sendErrors++;
    executor.journal.tellOnce(key, { type: 'send-failed', router: instance.assignment.key, detail: error.message });
    return false;
  }
}

function guardAddress(executor: Executor, instance: Instance, address: IpAddress, operation: () => void): boolean {
  const { key } = instance.assignment;
  try {
    operation();
    executor.journal.forget(`address:${key}:${address}`);
    return true;
  } catch (error) {
    if (!(error instanceof OpError)) throw error;
    executor.journal.tellOnce(`address:${key}:${address}`, {
      type: 'address-failed',
      router: key,
      address,
      detail: error.message,
    });
    return false;
  }
}
