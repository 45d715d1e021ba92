import { addressBytes, formatAddress, type IpAddress } from './address.ts';
import { internetChecksum } from './checksum.ts';
import { malformed, type Malformed } from './malformed.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** An unfragmented IPv4 datagram (RFC 791 3.1). Options are skipped when read and never written. */
export interface Ipv4Packet {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly ttl: number;
  /** The protocol of the payload, 112 for VRRP. */
  readonly protocol: number;
  /** The whole byte: 0xc0 is precedence "internetwork control". */
  readonly tos: number;
  readonly id: number;
  /** The DF flag; clear when left out. */
  readonly dontFragment?: boolean;
  readonly payload: Uint8Array;
}

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |Version|  IHL  |Type of Service|          Total Length         |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |         Identification        |0|D|M|     Fragment Offset     |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  Time to Live |    Protocol   |         Header Checksum       |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                         Source Address                        |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                      Destination Address                      |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |   Options, (IHL - 5) * 4 bytes                                |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
const minimumLength = 20;
const checksumOffset = 10;
const flagDontFragment = 0x4000;
/** More Fragments and the fragment offset: any of these bits set makes it a fragment. */
const fragmentMask = 0x3fff;

/**
 * Decodes a datagram, header first, as a raw socket delivers it; bytes behind its total length are padding and dropped.
 * Refused: `version`, `length` (also an IHL below 5 or beyond the total length), `checksum` of the header, `fragment`.
 */
export function decodeIpv4(bytes: Uint8Array): Ipv4Packet | Malformed {
  const first = bytes[0];
  if (first === undefined) return malformed('length');
  if (first >> 4 !== 4) return malformed('version');
  const headerLength = (first & 0xf) * 4;
  if (headerLength < minimumLength || bytes.length < headerLength) return malformed('length');
  const reader = new Reader(bytes);
  reader.skip(1);
  const tos = reader.u8();
  const totalLength = reader.u16();
  if (totalLength < headerLength || totalLength > bytes.length) return malformed('length');
  if (internetChecksum(bytes.subarray(0, headerLength)) !== 0) return malformed('checksum');
  const id = reader.u16();
  const fragment = reader.u16();
  if ((fragment & fragmentMask) !== 0) return malformed('fragment');
  const ttl = reader.u8();
  const protocol = reader.u8();
  reader.skip(2);
  const source = formatAddress(reader.bytes(4));
  const destination = formatAddress(reader.bytes(4));
  reader.skip(headerLength - minimumLength);
  const payload = reader.bytes(totalLength - headerLength);
  return { source, destination, ttl, protocol, tos, id, dontFragment: (fragment & flagDontFragment) !== 0, payload };
}

/** Encodes a datagram with a header of 20 bytes and its checksum. */
export function encodeIpv4(packet: Ipv4Packet): Uint8Array {
  const bytes = new Writer(minimumLength + packet.payload.length)
    .u8(0x45)
    .u8(packet.tos)
    .u16(minimumLength + packet.payload.length)
    .u16(packet.id)
    .u16(packet.dontFragment ? flagDontFragment : 0)
    .u8(packet.ttl)
    .u8(packet.protocol)
    .skip(2)
    .bytes(addressBytes(packet.source))
    .bytes(addressBytes(packet.destination))
    .bytes(packet.payload)
    .finish();
  new DataView(bytes.buffer).setUint16(checksumOffset, internetChecksum(bytes.subarray(0, minimumLength)));
  return bytes;
}
