import { addressBytes, familyOf, formatAddress, isLinkLocal, type Family, type IpAddress } from './address.ts';
import { formatMac, type MacAddress } from './mac.ts';
import { malformed, type Malformed } from './malformed.ts';
import {
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_REPLACE,
  NLM_F_REQUEST,
  decodeAttributes,
  decodeString,
  encodeAttributes,
  encodeMessage,
  encodeString,
  littleEndian,
  type Attribute,
  type Message,
} from './netlink.ts';
import { Reader } from './reader.ts';
import { instant, seconds, type Instant, type Seconds } from './units.ts';
import { Writer } from './writer.ts';

/**
 * Links and addresses over NETLINK_ROUTE (rtnetlink(7)): the requests that read them and that install and remove a VIP,
 * and what the kernel says about them, in answers and in notifications alike. It opens no socket and remembers nothing.
 */

/** Message types. */
export const RTM_NEWLINK = 16;
export const RTM_DELLINK = 17;
export const RTM_GETLINK = 18;
export const RTM_NEWADDR = 20;
export const RTM_DELADDR = 21;
export const RTM_GETADDR = 22;

/** The groups to bind for changes of links, IPv4 addresses and IPv6 addresses, as the mask of sockaddr_nl. */
export const monitorGroups: number = 0x1 | 0x10 | 0x100;

const AF_UNSPEC = 0;
const AF_INET = 2;
const AF_INET6 = 10;

// The rest of the constants are the kernel's, from linux/if_link.h and linux/if_addr.h.
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_EXT_MASK = 29;
const RTEXT_FILTER_SKIP_STATS = 8;
const IFF_UP = 0x1;
const IFF_LOOPBACK = 0x8;
const IFF_LOWER_UP = 0x1_0000;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_CACHEINFO = 6;
const IFA_FLAGS = 8;
const IFA_PROTO = 11;
const IFA_F_NODAD = 0x2;
const IFA_F_DADFAILED = 0x8;
const IFA_F_TENTATIVE = 0x40;
const RT_SCOPE_UNIVERSE = 0;
const RT_SCOPE_LINK = 253;
const forever = 0xffff_ffff;

/** A network interface, as the kernel reports it. */
export interface Link {
  /** Whether the message says that the link is gone (RTM_DELLINK). */
  readonly removed: boolean;
  readonly index: number;
  readonly name: string;
  /** `undefined` where the hardware address is not 6 bytes long. */
  readonly mac: MacAddress | undefined;
  /** In bytes; 0 when the kernel does not say. */
  readonly mtu: number;
  /** Whether it is administratively up. */
  readonly up: boolean;
  /** Whether the layer below is up too: the cable is in. */
  readonly carrier: boolean;
  readonly loopback: boolean;
}

/** An address on an interface, as the kernel reports it. */
export interface InterfaceAddress {
  /** Whether the message says that the address is gone (RTM_DELADDR). */
  readonly removed: boolean;
  readonly index: number;
  readonly address: IpAddress;
  readonly prefixLength: number;
  /** How long the kernel still keeps it; `undefined` for ever. */
  readonly lifetime: Seconds | undefined;
  /** When it was installed or renewed last, to 10 ms, on the clock that counts from the boot; `undefined` if not said. */
  readonly renewedAt: Instant | undefined;
  /** Duplicate address detection is still going on: the address cannot be used yet. */
  readonly tentative: boolean;
  /** Duplicate address detection found another holder. */
  readonly duplicate: boolean;
  /** IFA_PROTO: who installed it; 0 when unknown (kernels before 5.18 do not say). */
  readonly protocol: number;
  /** Where the address means something: RT_SCOPE_UNIVERSE 0, RT_SCOPE_LINK 253, RT_SCOPE_HOST 254. */
  readonly scope: number;
  /** All IFA_F_* flags, also those that have a field of their own. */
  readonly flags: number;
}

/** What tells one interface address from another. */
export interface AddressKey {
  readonly index: number;
  readonly address: IpAddress;
  readonly prefixLength: number;
}

/** A VIP to install, or to renew when it is there already. */
export interface LeasedAddress extends AddressKey {
  /** The kernel removes the address by itself when this time passes without a renewal. At least 1. */
  readonly lease: Seconds;
  /** IFA_PROTO, 0 to 255: marks the address as ours, so that leftovers of a dead run are recognised. */
  readonly protocol: number;
}

/*
 * struct ifinfomsg (linux/rtnetlink.h)              struct ifaddrmsg (linux/if_addr.h)
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+                 +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |    Family     |    (padding)  |                 |    Family     | Prefix length |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+                 +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |          Device type          |                 |     Flags     |     Scope     |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+                 +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |       Index (32 bits)         |                 |       Index (32 bits)         |
 * |       Flags (32 bits)         |                 +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |    Change mask (32 bits)      |                 |  Attributes ...
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  Attributes ...
 */
const linkHeaderLength = 16;
const addressHeaderLength = 8;

/** Asks for all links. Answers are RTM_NEWLINK messages and an NLMSG_DONE. */
export const linkDump = (sequence: number): Uint8Array => linkRequest(NLM_F_DUMP, sequence, []);

/** Asks for the link of this name. The answer is one RTM_NEWLINK, or an NLMSG_ERROR with ENODEV. */
export const linkByName = (name: string, sequence: number): Uint8Array =>
  linkRequest(0, sequence, [{ type: IFLA_IFNAME, value: encodeString(name) }]);

/** Asks for all addresses, or those of one family. Answers are RTM_NEWADDR messages and an NLMSG_DONE. */
export function addressDump(sequence: number, family?: Family): Uint8Array {
  const payload = new Writer(addressHeaderLength)
    .u8(family ? kernelFamily(family) : AF_UNSPEC)
    .skip(7)
    .finish();
  return encodeMessage({ type: RTM_GETADDR, flags: NLM_F_REQUEST | NLM_F_DUMP, sequence, payload });
}

/**
 * Installs a VIP with a lifetime, or renews the lifetime of one that is there. The answer is an NLMSG_ERROR.
 *
 * An IPv6 VIP skips duplicate address detection, which would keep it unusable for a second after every take-over, and
 * is deprecated from the start (preferred lifetime 0), so that the host never chooses it as the source of its own
 * traffic. An IPv4 VIP of host length is not chosen anyway while the interface has another address.
 */
export function putAddress(request: LeasedAddress, sequence: number): Uint8Array {
  const { address, lease, protocol } = request;
  const ipv6 = familyOf(address) === 'ipv6';
  const attributes = localAddress(address);
  // struct ifa_cacheinfo: preferred and valid lifetime in seconds, then two time stamps that requests leave zero.
  const cacheInfo = new Writer(16, littleEndian)
    .u32(ipv6 ? 0 : lease)
    .u32(lease)
    .skip(8)
    .finish();
  attributes.push({ type: IFA_CACHEINFO, value: cacheInfo });
  if (ipv6) attributes.push({ type: IFA_FLAGS, value: new Writer(4, littleEndian).u32(IFA_F_NODAD).finish() });
  attributes.push({ type: IFA_PROTO, value: Uint8Array.of(protocol) });
  return addressRequest(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, request, attributes, sequence);
}

/** Removes an address. The answer is an NLMSG_ERROR, with EADDRNOTAVAIL when it was not there. */
export const removeAddress = (key: AddressKey, sequence: number): Uint8Array =>
  addressRequest(RTM_DELADDR, 0, key, localAddress(key.address), sequence);

/**
 * Decodes an RTM_NEWLINK or RTM_DELLINK. Refused: `length`, `type`, `field` (no name), and `version` for the messages of
 * another address family: a bridge reports its ports that way, and an RTM_DELLINK of a port only says that it left the
 * bridge.
 */
export function decodeLink(message: Message): Link | Malformed {
  if (message.type !== RTM_NEWLINK && message.type !== RTM_DELLINK) return malformed('type');
  if (message.payload.length < linkHeaderLength) return malformed('length');
  const reader = new Reader(message.payload, littleEndian);
  if (reader.u8() !== AF_UNSPEC) return malformed('version');
  reader.skip(3);
  const index = reader.u32();
  const flags = reader.u32();
  reader.skip(4);
  const attributes = attributeMap(reader.bytes(reader.remaining));
  const name = attributes.get(IFLA_IFNAME);
  const mac = attributes.get(IFLA_ADDRESS);
  if (name === undefined) return malformed('field');
  return {
    removed: message.type === RTM_DELLINK,
    index,
    name: decodeString(name),
    mac: mac?.length === 6 ? formatMac(mac) : undefined,
    mtu: word(attributes.get(IFLA_MTU)) ?? 0,
    up: (flags & IFF_UP) !== 0,
    carrier: (flags & IFF_LOWER_UP) !== 0,
    loopback: (flags & IFF_LOOPBACK) !== 0,
  };
}

/**
 * Decodes an RTM_NEWADDR or RTM_DELADDR. Refused: `length`, `type`, `version` (neither IPv4 nor IPv6), `field` (no
 * address, or a prefix longer than it).
 */
export function decodeAddress(message: Message): InterfaceAddress | Malformed {
  if (message.type !== RTM_NEWADDR && message.type !== RTM_DELADDR) return malformed('type');
  if (message.payload.length < addressHeaderLength) return malformed('length');
  const reader = new Reader(message.payload, littleEndian);
  const family = reader.u8();
  const prefixLength = reader.u8();
  const shortFlags = reader.u8();
  const scope = reader.u8();
  const index = reader.u32();
  if (family !== AF_INET && family !== AF_INET6) return malformed('version');
  const attributes = attributeMap(reader.bytes(reader.remaining));
  // On a point-to-point link IFA_ADDRESS is the peer's; our own is IFA_LOCAL, which IPv6 otherwise leaves out.
  const address = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS);
  const length = family === AF_INET ? 4 : 16;
  if (address?.length !== length || prefixLength > length * 8) return malformed('field');
  const valid = word(attributes.get(IFA_CACHEINFO)?.subarray(4)) ?? forever;
  // The last word of struct ifa_cacheinfo counts hundredths of a second since the boot.
  const renewed = word(attributes.get(IFA_CACHEINFO)?.subarray(12));
  const flags = word(attributes.get(IFA_FLAGS)) ?? shortFlags;
  return {
    removed: message.type === RTM_DELADDR,
    index,
    address: formatAddress(address),
    prefixLength,
    lifetime: valid === forever ? undefined : seconds(valid),
    renewedAt: renewed === undefined ? undefined : instant(renewed * 10),
    tentative: (flags & IFA_F_TENTATIVE) !== 0,
    duplicate: (flags & IFA_F_DADFAILED) !== 0,
    protocol: attributes.get(IFA_PROTO)?.[0] ?? 0,
    scope,
    flags,
  };
}

function linkRequest(flags: number, sequence: number, attributes: readonly Attribute[]): Uint8Array {
  const mask = new Writer(4, littleEndian).u32(RTEXT_FILTER_SKIP_STATS).finish();
  const body = encodeAttributes([...attributes, { type: IFLA_EXT_MASK, value: mask }]);
  const payload = new Writer(linkHeaderLength + body.length).skip(linkHeaderLength).bytes(body).finish();
  return encodeMessage({ type: RTM_GETLINK, flags: NLM_F_REQUEST | flags, sequence, payload });
}

function addressRequest(
  type: number,
  flags: number,
  key: AddressKey,
  attributes: readonly Attribute[],
  sequence: number,
): Uint8Array {
  const body = encodeAttributes(attributes);
  const payload = new Writer(addressHeaderLength + body.length, littleEndian)
    .u8(kernelFamily(familyOf(key.address)))
    .u8(key.prefixLength)
    .u8(0)
    .u8(isLinkLocal(key.address) ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE)
    .u32(key.index)
    .bytes(body)
    .finish();
  return encodeMessage({ type, flags: NLM_F_REQUEST | NLM_F_ACK | flags, sequence, payload });
}

function localAddress(address: IpAddress): Attribute[] {
  const value = addressBytes(address);
  return [
    { type: IFA_LOCAL, value },
    { type: IFA_ADDRESS, value },
  ];
}

/** The attributes by type, the last one of each, as the kernel's own parser keeps them. */
const attributeMap = (bytes: Uint8Array): ReadonlyMap<number, Uint8Array> =>
  new Map(decodeAttributes(bytes).map(({ type, value }) => [type, value]));

const word = (value: Uint8Array | undefined): number | undefined =>
  value !== undefined && value.length >= 4 ? new Reader(value, littleEndian).u32() : undefined;

const kernelFamily = (family: Family): number => (family === 'ipv4' ? AF_INET : AF_INET6);
