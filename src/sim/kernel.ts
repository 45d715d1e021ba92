import type { IpAddress } from '../wire/address.ts';
import { after } from '../wire/units.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';

/**
 * The part of a kernel that holds virtual addresses: each for as long as its lease, and on its own. It goes on doing so
 * when the daemon that put them there is frozen or dead, which is what the lease is for. As many addresses as the host
 * has virtual routers for.
 */
export class Kernel {
  readonly #until = new Map<IpAddress, Instant>();

  /** Installs addresses, or renews their lease. */
  put(addresses: readonly IpAddress[], at: Instant, lease: Milliseconds): void {
    for (const address of addresses) this.#until.set(address, after(at, lease));
  }

  /** Takes addresses away, whether they are there or not. */
  remove(addresses: readonly IpAddress[]): void {
    for (const address of addresses) this.#until.delete(address);
  }

  /** Whether the host answers for all of some addresses. */
  holds(addresses: readonly IpAddress[], at: Instant): boolean {
    return addresses.every((address) => this.#leased(address, at));
  }

  /** Whether it answers for any of them. */
  holdsAny(addresses: readonly IpAddress[], at: Instant): boolean {
    return addresses.some((address) => this.#leased(address, at));
  }

  /** Loses everything: the power is gone. */
  clear(): void {
    this.#until.clear();
  }

  #leased(address: IpAddress, at: Instant): boolean {
    const until = this.#until.get(address);
    return until !== undefined && at < until;
  }
}
