import { openRtnetlink } from '../linux/rtnetlink.ts';
import type { InterfaceAddress, Link, Rtnetlink, RtnetlinkEvents } from '../linux/rtnetlink.ts';
import type { OpError } from '../linux/operror.ts';

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

  close(): void {
    this.#rtnetlink.close();
  }
}
