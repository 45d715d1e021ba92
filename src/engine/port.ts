import { openArp } from '../linux/arp.ts';
import { openNdp } from '../linux/ndp.ts';
import type { NeighborSocket } from '../linux/neighbors.ts';
import { OpError } from '../linux/operror.ts';
import { VIPAIR_ADDRESS_PROTOCOL } from '../linux/rtnetlink.ts';
import type { InterfaceAddress, Link } from '../linux/rtnetlink.ts';
import type { VrrpTransport } from '../linux/transport.ts';
import { openVrrp4 } from '../linux/vrrp4.ts';
import { openVrrp6 } from '../linux/vrrp6.ts';
import { familyOf, isLinkLocal } from '../wire/address.ts';
import type { Family, IpAddress } from '../wire/address.ts';
import { after, instant, milliseconds } from '../wire/units.ts';
import type { Instant } from '../wire/units.ts';
import type { SegmentState } from './events.ts';
import type { ForeignRouter } from './snapshot.ts';

/** IFA_F_TENTATIVE: duplicate address detection is still running and the address cannot be bound (rtnetlink(7)). */
const TENTATIVE = 0x40;

/** Between two attempts to open sockets that could not be opened, or that broke as soon as they were open. */
const RETRY = milliseconds(1000);

/** A broken port is to be looked after before anything else. */
const AT_ONCE = instant(0);

export interface PortHooks {
  /** A socket has something to read, or is broken. */
  readonly onWake: () => void;
}

/**
 * One interface in one address family and with one source: the sockets that its virtual routers share. It follows the interface through
 * link loss, removal and re-creation; the sockets of a lost interface are closed, because a bound socket stays bound
 * to the index of an interface that is gone.
 */
export class Port {
  readonly interface: string;
  readonly family: Family;
  /** The node's configured address, if its virtual routers are to speak from that. */
  readonly preferred: IpAddress | undefined;
  readonly refused: Record<string, number> = {};
  /** BOUNDED: 64 foreign virtual routers of the segment; one that fell silent makes room. */
  readonly foreign: Map<string, ForeignRouter> = new Map();
  /**
   * When the wire told of the other nodes' own addresses last, and of those they advertise from, and with which Ethernet
   * address. BOUNDED: 64, or the nodes and 16 for each virtual router.
   */
  readonly neighbors: Map<IpAddress, { readonly mac: string; readonly at: Instant }> = new Map();
  /** Another address whose answers are noted there: the gateway's. */
  asked: IpAddress | undefined;
  state: SegmentState = 'absent';
  detail = '';
  /** The errno of the failure to open, while the state is `failed`. */
  failure: string | undefined;
  link: Link | undefined;
  transport: VrrpTransport | undefined;
  /** ARP, or Neighbor Discovery. */
  discovery: NeighborSocket | undefined;
  /** There was more to read than the last pass took: what is heard is not the latest. */
  isBehind = false;
  /** When to try again, while the state is `failed`. */
  retryAt: Instant | undefined;
  /** When the port came up again after it had been up and was lost; `undefined` while that has not happened. */
  backAt: Instant | undefined;
  readonly #hooks: PortHooks;
  #closers: (() => void)[] = [];
  #broken = false;
  #openedAt: Instant | undefined;
  #lost = false;

  constructor(name: string, family: Family, preferred: IpAddress | undefined, hooks: PortHooks) {
    this.interface = name;
    this.family = family;
    this.preferred = preferred;
    this.#hooks = hooks;
  }

  /** Brings the sockets in line with the interface. Returns whether anything changed that the routers must know of. */
  refresh(links: readonly Link[], addresses: readonly InterfaceAddress[], at: Instant): boolean {
    const link = links.find((candidate) => candidate.name === this.interface);
    if (link === undefined) return this.#become('absent', `interface "${this.interface}" does not exist`);
    if (!link.up) return this.#become('down', `interface "${this.interface}" has no link`);
    if (link.mac.length !== 6) {
      return this.#become(
        'failed',
        `interface "${this.interface}" has no Ethernet address; VRRP needs an Ethernet interface`,
      );
    }
    const own = addresses.filter((a) => a.ifindex === link.index && familyOf(a.address) === this.family);
    const source = chooseSource(own, this.family, this.preferred);
    if (source === undefined) {
      const wanted = this.family === 'ipv4' ? 'an IPv4 address' : (this.preferred ?? 'a link-local IPv6 address');
      return this.#become('no-address', `interface "${this.interface}" has no usable address; give it ${wanted}`);
    }
    const same = this.transport?.source === source && this.link?.index === link.index && sameMac(this.link, link);
    if (this.state === 'up' && same && !this.#broken) return false;
    const readyAt = this.#broken && this.#openedAt !== undefined ? after(this.#openedAt, RETRY) : at;
    if (readyAt > at) return this.#become('failed', `the sockets on "${this.interface}" broke again`, readyAt);
    return this.#open(link, source, at);
  }

  /** Asks the segment who has an address. What keeps the question from leaving is told by what matters. */
  ask(address: IpAddress): void {
    try {
      this.discovery?.probe(address);
    } catch (error) {
      if (!(error instanceof OpError)) throw error;
    }
  }

  /** One of the sockets broke; the next refresh opens all of them again. */
  break(): void {
    this.#broken = true;
  }

  /** When the next refresh is due although the kernel has no news. */
  get careAt(): Instant | undefined {
    return this.#broken ? AT_ONCE : this.retryAt;
  }

  close(): void {
    for (const close of this.#closers) close();
    this.#closers = [];
    this.transport = undefined;
    this.discovery = undefined;
    this.isBehind = false;
    this.#broken = false;
  }

  #open(link: Link, source: IpAddress, at: Instant): boolean {
    this.close();
    this.link = link;
    const { onWake } = this.#hooks;
    const onError = (): void => {
      this.#broken = true;
      onWake();
    };
    const { name, index: ifindex, mac } = link;
    const options = { interface: name, ifindex, mac, source, onReadable: onWake, onError };
    try {
      const transport = this.family === 'ipv4' ? openVrrp4(options) : openVrrp6(options);
      this.#closers.push(() => transport.close());
      const discovery = this.family === 'ipv4' ? openArp(options) : openNdp(options);
      this.#closers.push(() => discovery.close());
      this.discovery = discovery;
      this.transport = transport;
    } catch (error) {
      if (!(error instanceof OpError)) throw error;
      return this.#become('failed', error.message, after(at, RETRY), error.code);
    }
    this.#openedAt = at;
    this.retryAt = undefined;
    this.failure = undefined;
    if (this.#lost) this.backAt = at;
    this.#lost = false;
    this.state = 'up';
    this.detail = `from ${source}`;
    return true;
  }

  #become(state: SegmentState, detail: string, retryAt?: Instant, failure?: string): boolean {
    this.close();
    this.retryAt = retryAt;
    this.failure = failure;
    if (this.state === state && this.detail === detail) return false;
    if (this.state === 'up') this.#lost = true;
    this.state = state;
    this.detail = detail;
    return true;
  }
}

/**
 * The address that advertisements are sent from, never one of our VIPs: the configured one, else the first one. Over
 * IPv6 one is configured for unicast only, and no other will do then: peers refuse a stranger, and what they send does
 * not arrive. It is there a second later than the link, when duplicate address detection is over.
 */
export function chooseSource(
  own: readonly InterfaceAddress[],
  family: Family,
  preferred: IpAddress | undefined,
): IpAddress | undefined {
  const usable = own.filter((a) => a.protocol !== VIPAIR_ADDRESS_PROTOCOL && (a.flags & TENTATIVE) === 0);
  if (preferred !== undefined && usable.some((a) => a.address === preferred)) return preferred;
  if (family === 'ipv4') return usable[0]?.address;
  return preferred === undefined ? usable.find((a) => isLinkLocal(a.address))?.address : undefined;
}

const sameMac = (a: Link, b: Link): boolean => a.mac.every((byte, i) => byte === b.mac[i]);
