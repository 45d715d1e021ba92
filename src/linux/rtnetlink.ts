import type { IpAddress } from '../wire/address.ts';
import { macBytes } from '../wire/mac.ts';
import { isMalformed } from '../wire/malformed.ts';
import type { Message } from '../wire/netlink.ts';
import {
  addressDump,
  decodeAddress,
  decodeLink,
  linkDump,
  monitorGroups,
  putAddress,
  removeAddress,
  type InterfaceAddress as WireAddress,
  type Link as WireLink,
} from '../wire/rtnetlink.ts';
import type { Instant, Seconds } from '../wire/units.ts';
import { openNetlinkMonitor, openNetlinkRequests, receiveMessages, type NetlinkRequests } from './netlink.ts';
import { OpError } from './operror.ts';
import type { Socket } from './socket.ts';

/**
 * IFA_PROTO of the VIPs: marks them as ours, so that the leftovers of a dead run are recognised. The kernel uses 1 to 3
 * (linux/if_addr.h); this is the protocol number of VRRP.
 */
export const VIPAIR_ADDRESS_PROTOCOL: number = 112;

/** A network interface. */
export interface Link {
  readonly index: number;
  readonly name: string;
  /** Administratively up and with carrier (IFF_UP and IFF_LOWER_UP). */
  readonly up: boolean;
  /** The 6 bytes of its Ethernet address; empty when it has none. */
  readonly mac: Uint8Array;
  readonly mtu: number;
}

/** An address on an interface. */
export interface InterfaceAddress {
  readonly ifindex: number;
  readonly address: IpAddress;
  readonly prefixLength: number;
  /** RT_SCOPE_UNIVERSE 0, RT_SCOPE_LINK 253, RT_SCOPE_HOST 254 (rtnetlink(7)). */
  readonly scope: number;
  /** IFA_F_*: deprecated 0x20, tentative 0x40, no duplicate detection 0x02, permanent 0x80 (linux/if_addr.h). */
  readonly flags: number;
  /** Seconds the kernel still keeps it; 0xffffffff for ever. */
  readonly validLifetime: number;
  /** When it was installed or renewed last, to 10 ms; `undefined` if the kernel does not say. */
  readonly renewedAt: Instant | undefined;
  /** IFA_PROTO; 0 when the kernel does not say (before 5.18 it never does). */
  readonly protocol: number;
}

/** What happens to links and addresses. Our own changes are reported too; telling them apart is the caller's business. */
export interface RtnetlinkEvents {
  onLink(link: Link, gone: boolean): void;
  onAddress(address: InterfaceAddress, gone: boolean): void;
  /** Notifications were lost (ENOBUFS): list everything again. */
  onOverrun(): void;
  /** The monitor broke and is closed: open a new one. Called at most once. */
  onError(error: OpError): void;
}

/** Which address on which interface. */
export interface AddressKey {
  readonly ifindex: number;
  readonly address: IpAddress;
  readonly prefixLength: number;
}

/** The host's links and addresses. */
export interface Rtnetlink {
  /** Throws OpError. */
  links(): Link[];
  /** Throws OpError. */
  addresses(): InterfaceAddress[];
  /**
   * Installs an address that the kernel removes by itself when `lease` (at least 1 s) passes without another put, which
   * renews it. On IPv6 it is usable at once (no duplicate detection) and never chosen as source (deprecated). Throws
   * OpError: ENODEV when the interface is gone, EPERM, EACCES where IPv6 is disabled.
   */
  putAddress(address: AddressKey & { readonly lease: Seconds }): void;
  /** Returns false when it was not there (EADDRNOTAVAIL, ENODEV). Throws OpError otherwise. */
  removeAddress(address: AddressKey): boolean;
  close(): void;
}

/**
 * Opens rtnetlink (rtnetlink(7)): one socket for requests, which the kernel answers at once, and one for notifications.
 * Throws OpError.
 */
export function openRtnetlink(events: RtnetlinkEvents): Rtnetlink {
  const requests = openNetlinkRequests();
  const monitor = openMonitor(requests, events);
  return {
    links: () => requests.dump('list links', linkDump).flatMap((message) => linkOf(message) ?? []),
    addresses: () =>
      requests.dump('list addresses', (n) => addressDump(n)).flatMap((message) => addressOf(message) ?? []),
    putAddress({ ifindex: index, address, prefixLength, lease }): void {
      const request = { index, address, prefixLength, lease, protocol: VIPAIR_ADDRESS_PROTOCOL };
      requests.change(`put address "${address}/${prefixLength}" on interface ${index}`, (n) => putAddress(request, n));
    },
    removeAddress({ ifindex: index, address, prefixLength }): boolean {
      const op = `remove address "${address}/${prefixLength}" from interface ${index}`;
      try {
        requests.change(op, (n) => removeAddress({ index, address, prefixLength }, n));
        return true;
      } catch (error) {
        if (error instanceof OpError && (error.code === 'EADDRNOTAVAIL' || error.code === 'ENODEV')) return false;
        throw error;
      }
    },
    close(): void {
      monitor.close();
      requests.close();
    },
  };
}

function openMonitor(requests: NetlinkRequests, events: RtnetlinkEvents): Socket {
  try {
    return openNetlinkMonitor(monitorGroups).prepare((monitor) => {
      monitor.watch(() => {
        drain(monitor, events);
      });
    });
  } catch (error) {
    requests.close();
    throw error;
  }
}

/** Datagrams that are taken in one turn of the loop; the watch calls again for the rest. */
const drainMax = 256;

/**
 * The kernel says once that the queue has overflowed, and then drops every notification until the queue is empty. Hence
 * an overrun is told at its end: what the caller lists then is complete, and what changes later is notified again.
 * The queue of an overflowed socket only gets shorter, so this ends.
 */
function drain(monitor: Socket, events: RtnetlinkEvents): void {
  let overrun = false;
  for (let i = 0; (overrun || i < drainMax) && monitor.isOpen; i++) {
    try {
      const messages = receiveMessages(monitor);
      if (messages === undefined) break;
      for (const message of messages) if (monitor.isOpen) deliver(message, events);
    } catch (error) {
      if (!(error instanceof OpError)) throw error;
      if (error.code !== 'ENOBUFS') {
        monitor.close();
        events.onError(error);
        return;
      }
      overrun = true;
    }
  }
  if (overrun && monitor.isOpen) events.onOverrun();
}

function deliver(message: Message, events: RtnetlinkEvents): void {
  const link = decodeLink(message);
  if (!isMalformed(link)) events.onLink(fromWireLink(link), link.removed);
  const address = decodeAddress(message);
  if (!isMalformed(address)) events.onAddress(fromWireAddress(address), address.removed);
}

function linkOf(message: Message): Link | undefined {
  const link = decodeLink(message);
  return isMalformed(link) ? undefined : fromWireLink(link);
}

function addressOf(message: Message): InterfaceAddress | undefined {
  const address = decodeAddress(message);
  return isMalformed(address) ? undefined : fromWireAddress(address);
}

const fromWireLink = (link: WireLink): Link => ({
  index: link.index,
  name: link.name,
  up: link.up && link.carrier,
  mac: link.mac === undefined ? new Uint8Array() : macBytes(link.mac),
  mtu: link.mtu,
});

const fromWireAddress = (address: WireAddress): InterfaceAddress => ({
  ifindex: address.index,
  address: address.address,
  prefixLength: address.prefixLength,
  scope: address.scope,
  flags: address.flags,
  validLifetime: address.lifetime ?? 0xffff_ffff,
  renewedAt: address.renewedAt,
  protocol: address.protocol,
});
