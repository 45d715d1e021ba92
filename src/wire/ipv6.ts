import { addressBytes, formatAddress, type IpAddress } from './address.ts';
import { malformed, type Malformed } from './malformed.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** An IPv6 datagram (RFC 8200 3) without extension headers. */
export interface Ipv6Packet {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly hopLimit: number;
  /** The protocol of the payload, 112 for VRRP. Extension headers are not walked: they appear as their own number. */
  readonly nextHeader: number;
  readonly trafficClass: number;
  /** 20 bits. */
  readonly flowLabel: number;
  readonly payload: Uint8Array;
}

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |Version| Traffic Class |           Flow Label                  |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |         Payload Length        |  Next Header  |   Hop Limit   |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                    Source Address (16 bytes)                  |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                 Destination Address (16 bytes)                |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
const headerLength = 40;

/** Decodes a datagram; bytes behind the payload length are padding and dropped. Refused: `length`, `version`. */
export function decodeIpv6(bytes: Uint8Array): Ipv6Packet | Malformed {
  if (bytes.length < 1) return malformed('length');
  if ((bytes[0] ?? 0) >> 4 !== 6) return malformed('version');
  if (bytes.length < headerLength) return malformed('length');
  const reader = new Reader(bytes);
  const first = reader.u32();
  const length = reader.u16();
  const nextHeader = reader.u8();
  const hopLimit = reader.u8();
  const source = formatAddress(reader.bytes(16));
  const destination = formatAddress(reader.bytes(16));
  if (length > reader.remaining) return malformed('length');
  return {
    source,
    destination,
    hopLimit,
    nextHeader,
    trafficClass: (first >>> 20) & 0xff,
    flowLabel: first & 0xf_ffff,
    payload: reader.bytes(length),
  };
}

/** Encodes a datagram. */
export function encodeIpv6(packet: Ipv6Packet): Uint8Array {
  return new Writer(headerLength + packet.payload.length)
    .u32(((6 << 28) | (packet.trafficClass << 20) | packet.flowLabel) >>> 0)
    .u16(packet.payload.length)
    .u8(packet.nextHeader)
    .u8(packet.hopLimit)
    .bytes(addressBytes(packet.source))
    .bytes(addressBytes(packet.destination))
    .bytes(packet.payload)
    .finish();
}
