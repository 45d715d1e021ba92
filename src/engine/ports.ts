import type { InterfaceAddress, Link } from '../linux/rtnetlink.ts';
import type { Family, IpAddress } from '../wire/address.ts';
import type { Instant } from '../wire/units.ts';
import { earliest } from './instance.ts';
import { Port } from './port.ts';

/**
 * The ports of the host: one for each interface and family that a virtual router is configured on. Over IPv6, virtual
 * routers that multicast and others that unicast speak from different addresses, and have two.
 */
export class Ports {
  readonly #onWake: () => void;
  readonly #ports = new Map<string, Port>();

  constructor(onWake: () => void) {
    this.#onWake = onWake;
  }

  [Symbol.iterator](): IterableIterator<Port> {
    return this.#ports.values();
  }

  /** The port of an interface, family and configured source; a new one is closed until it is refreshed. */
  open(name: string, family: Family, preferred: IpAddress | undefined): Port {
    const key = `${name}/${family}/${preferred}`;
    const port = this.#ports.get(key) ?? new Port(name, family, preferred, { onWake: this.#onWake });
    this.#ports.set(key, port);
    return port;
  }

  /** When the first port has to be looked after: one that has broken, or that could not be opened. */
  careAt(): Instant | undefined {
    return earliest([...this].map((port) => port.careAt));
  }

  /** Whether an interface carries one of the ports, or may come to. */
  concern(name: string, index: number): boolean {
    for (const port of this) if (port.interface === name || port.link?.index === index) return true;
    return false;
  }

  /** Whether an address on an interface may make a difference to a port; one that is not up may be anywhere. */
  concernAddress(ifindex: number): boolean {
    for (const port of this) if (port.state !== 'up' || port.link?.index === ifindex) return true;
    return false;
  }

  /** Brings all ports in line with the kernel's interfaces; returns those that changed. */
  refresh(links: readonly Link[], addresses: readonly InterfaceAddress[], at: Instant): Port[] {
    return [...this].filter((port) => port.refresh(links, addresses, at));
  }

  /** Closes the ports that no virtual router uses any more. */
  closeUnused(used: ReadonlySet<Port>): void {
    for (const [key, port] of this.#ports) {
      if (used.has(port)) continue;
      port.close();
      this.#ports.delete(key);
    }
  }

  close(): void {
    this.closeUnused(new Set());
  }
}
