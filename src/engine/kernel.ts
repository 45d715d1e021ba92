import { openRtnetlink } from '../linux/rtnetlink.ts';
import type { InterfaceAddress, Link, Rtnetlink, RtnetlinkEvents } from '../linux/rtnetlink.ts';
import { OpError } from '../linux/operror.ts';
import { addressOf } from '../wire/address.ts';

/**
 * The engine's one hold on the kernel's links and addresses. Its news may end (`onError`): from then on it is deaf, and
 * what it lists is still right, until `mend` has opened it anew. Whoever mends it must look at everything again.
 */
export class Kernel implements Rtnetlink {
  readonly #events: RtnetlinkEvents;
  #rtnetlink: Rtnetlink;
  #isDeaf = false;

  /** Throws OpError. */
  constructor(events: RtnetlinkEvents) {
    this.#events = {
      onLink: (link, gone) => events.onLink(link, gone),
      onAddress: (address, gone) => events.onAddress(address, gone),
      onOverrun: () => events.onOverrun(),
      onError: (error: OpError) => {
        this.#isDeaf = true;
        events.onError(error);
      },
    };
    this.#rtnetlink = openRtnetlink(this.#events);
  }

  /** Opens it anew when it is deaf. Throws OpError when that fails; it can still be asked then. */
  mend(): void {
    if (!this.#isDeaf) return;
    const fresh = openRtnetlink(this.#events);
    this.#rtnetlink.close();
    this.#rtnetlink = fresh;
    this.#isDeaf = false;
  }

  /** All links and addresses, after it was mended if need be; the error when the kernel refuses to be asked. */
  survey(): { readonly links: Link[]; readonly addresses: InterfaceAddress[] } | OpError {
    try {
      this.mend();
      return { links: this.links(), addresses: this.addresses() };
    } catch (error) {
      if (!(error instanceof OpError)) throw error;
      return error;
    }
  }

  links(): Link[] {
    return this.#rtnetlink.links();
  }

  addresses(): InterfaceAddress[] {
    return this.#rtnetlink.addresses();
  }

  putAddress(address: Parameters<Rtnetlink['putAddress']>[0]): void {
    this.#rtnetlink.putAddress(address);
  }

  removeAddress(address: Parameters<Rtnetlink['removeAddress']>[0]): boolean {
    return this.#rtnetlink.removeAddress(address);
  }

  /**
   * Why the kernel lets us change no address, which makes a daemon useless; `undefined` when it does. It is asked about
   * an interface that nobody has: the permission is what it looks at first.
   */
  refusal(): string | undefined {
    try {
      this.#rtnetlink.removeAddress({ ifindex: 0x7fff_ffff, address: addressOf('192.0.2.0'), prefixLength: 32 });
      return undefined;
    } catch (error) {
      if (!(error instanceof OpError)) throw error;
      if (error.code !== 'EPERM' && error.code !== 'EACCES') return undefined;
      return new OpError('change addresses', error.code, { advice: 'run as root or grant CAP_NET_ADMIN' }).message;
    }
  }

  close(): void {
    this.#rtnetlink.close();
  }
}
