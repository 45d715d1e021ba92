import { addressBytes, addressOf, formatAddress, type IpAddress } from './address.ts';
import { internetChecksum, protocolIcmpv6, pseudoHeader } from './checksum.ts';
import { formatMac, macBytes, type MacAddress } from './mac.ts';
import { malformed, type Malformed } from './malformed.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/*
 * The two messages of Neighbor Discovery that say which Ethernet address an IPv6 address is at, with the checks of
 * RFC 4861 7.1. The hop limit is not in them: `neighborpacket` checks it, with the rest of the frame.
 */

/** An ICMPv6 Neighbor Solicitation (RFC 4861 4.3): who has the target? */
export interface NeighborSolicitation {
  readonly target: IpAddress;
  /** The Source Link-Layer Address option; `undefined` without one, or with one that is not 6 bytes long. */
  readonly mac: MacAddress | undefined;
}

/** An ICMPv6 Neighbor Advertisement (RFC 4861 4.4). */
export interface NeighborAdvertisement {
  readonly target: IpAddress;
  /** The Target Link-Layer Address option; `undefined` without one, or with one that is not 6 bytes long. */
  readonly mac: MacAddress | undefined;
  readonly router: boolean;
  readonly solicited: boolean;
  readonly override: boolean;
}

/** Where an ICMPv6 message travels; both addresses are IPv6. */
export interface NeighborEnvelope {
  readonly source: IpAddress;
  readonly destination: IpAddress;
}

/** ff02::1, all nodes on the link (RFC 4291 2.7.1). */
export const allNodes: IpAddress = addressOf('ff02::1');

/** `::`, the source of who has no address yet (RFC 4291 2.5.2). */
const unspecified: IpAddress = addressOf('::');

const solicitedNodePrefix = addressBytes(addressOf('ff02::1:ff00:0'));

/** The group that the holder of `address` listens to, whoever it is (RFC 4291 2.7.1). */
export function solicitedNodeGroup(address: IpAddress): IpAddress {
  const bytes = solicitedNodePrefix.slice();
  bytes.set(addressBytes(address).subarray(13), 13);
  return formatAddress(bytes);
}

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * | Type 135 or 136 |  Code = 0   |          Checksum             |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |R|S|O|          Reserved; in a solicitation all of it          |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                    Target Address (16 bytes)                  |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |   Options ...   each: type, length in units of 8 bytes, value
 * +-+-+-+-+-+-+-+-+-+-+-+-
 */
export const typeNeighborSolicitation = 135;
export const typeNeighborAdvertisement = 136;
const fixedLength = 24;
const checksumOffset = 2;
const optionSourceLinkLayerAddress = 1;
const optionTargetLinkLayerAddress = 2;
const flagRouter = 0x80;
const flagSolicited = 0x40;
const flagOverride = 0x20;

/**
 * Decodes and validates a Neighbor Solicitation as RFC 4861 7.1.1 asks. Refused: `length`, `type`, `checksum`, `field`
 * (code, multicast target, an option of length zero; and, from `::`, one that is not sent to the solicited-node group or
 * tells a link-layer address).
 */
export function decodeNeighborSolicitation(
  message: Uint8Array,
  envelope: NeighborEnvelope,
): NeighborSolicitation | Malformed {
  const decoded = decode(message, typeNeighborSolicitation, optionSourceLinkLayerAddress, envelope);
  if ('malformed' in decoded) return decoded;
  const { target, option } = decoded;
  if (envelope.source === unspecified && (option !== undefined || !isSolicitedNode(envelope.destination)))
    return malformed('field');
  return { target, mac: ethernetOf(option) };
}

/** Encodes a Neighbor Solicitation with its checksum, as it travels between the addresses of `envelope`. */
export function encodeNeighborSolicitation(
  { target, mac }: NeighborSolicitation,
  envelope: NeighborEnvelope,
): Uint8Array {
  const option = mac === undefined ? undefined : { type: optionSourceLinkLayerAddress, mac };
  return encode({ type: typeNeighborSolicitation, flags: 0, target, option }, envelope);
}

/**
 * Decodes and validates a Neighbor Advertisement as RFC 4861 7.1.2 asks. Refused: `length`, `type`, `checksum`, `field`
 * (code, multicast target, solicited to a multicast group, or an option of length zero).
 */
export function decodeNeighborAdvertisement(
  message: Uint8Array,
  envelope: NeighborEnvelope,
): NeighborAdvertisement | Malformed {
  const decoded = decode(message, typeNeighborAdvertisement, optionTargetLinkLayerAddress, envelope);
  if ('malformed' in decoded) return decoded;
  const { target, option, flags } = decoded;
  const solicited = (flags & flagSolicited) !== 0;
  if (solicited && isMulticast(envelope.destination)) return malformed('field');
  const [router, override] = [(flags & flagRouter) !== 0, (flags & flagOverride) !== 0];
  return { target, mac: ethernetOf(option), router, solicited, override };
}

/** Encodes a Neighbor Advertisement with its checksum, as it travels between the addresses of `envelope`. */
export function encodeNeighborAdvertisement(
  advertisement: NeighborAdvertisement,
  envelope: NeighborEnvelope,
): Uint8Array {
  const { target, mac, router, solicited, override } = advertisement;
  const flags = (router ? flagRouter : 0) | (solicited ? flagSolicited : 0) | (override ? flagOverride : 0);
  const option = mac === undefined ? undefined : { type: optionTargetLinkLayerAddress, mac };
  return encode({ type: typeNeighborAdvertisement, flags, target, option }, envelope);
}

interface Decoded {
  readonly flags: number;
  readonly target: IpAddress;
  /** The value of the last link-layer address option. */
  readonly option: Uint8Array | undefined;
}

/** What both messages have in common. */
function decode(
  message: Uint8Array,
  type: number,
  optionType: number,
  { source, destination }: NeighborEnvelope,
): Decoded | Malformed {
  if (message.length < 1) return malformed('length');
  if (message[0] !== type) return malformed('type');
  if (message.length < fixedLength) return malformed('length');
  const pseudo = pseudoHeader(source, destination, message.length, protocolIcmpv6);
  if (internetChecksum(pseudo, message) !== 0) return malformed('checksum');
  const reader = new Reader(message);
  reader.skip(1);
  const code = reader.u8();
  reader.skip(2);
  const flags = reader.u8();
  reader.skip(3);
  const target = formatAddress(reader.bytes(16));
  if (code !== 0 || isMulticast(target)) return malformed('field');
  // Every option takes at least 8 bytes, so the loop ends.
  let option: Uint8Array | undefined;
  while (reader.remaining > 0) {
    if (reader.remaining < 2) return malformed('length');
    const [kind, length] = [reader.u8(), reader.u8() * 8];
    if (length === 0) return malformed('field');
    if (length - 2 > reader.remaining) return malformed('length');
    const value = reader.bytes(length - 2);
    if (kind === optionType) option = value;
  }
  return { flags, target, option };
}

interface Encoded {
  readonly type: number;
  readonly flags: number;
  readonly target: IpAddress;
  readonly option: { readonly type: number; readonly mac: MacAddress } | undefined;
}

function encode({ type, flags, target, option }: Encoded, { source, destination }: NeighborEnvelope): Uint8Array {
  const writer = new Writer(fixedLength + (option === undefined ? 0 : 8));
  writer.u8(type).u8(0).skip(2).u8(flags).skip(3).bytes(addressBytes(target));
  if (option !== undefined) writer.u8(option.type).u8(1).bytes(macBytes(option.mac));
  const message = writer.finish();
  const pseudo = pseudoHeader(source, destination, message.length, protocolIcmpv6);
  new DataView(message.buffer).setUint16(checksumOffset, internetChecksum(pseudo, message));
  return message;
}

const ethernetOf = (option: Uint8Array | undefined): MacAddress | undefined =>
  option?.length === 6 ? formatMac(option) : undefined;

const isMulticast = (address: IpAddress): boolean => address.startsWith('ff') && address.indexOf(':') === 4;

const isSolicitedNode = (address: IpAddress): boolean =>
  addressBytes(address)
    .subarray(0, 13)
    .every((byte, at) => byte === solicitedNodePrefix[at]);
