import { formatMac, macBytes, type MacAddress } from './mac.ts';
import { malformed, type Malformed } from './malformed.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** EtherType numbers (IEEE 802.3 3.2.6). */
export const etherTypeIpv4 = 0x0800;
export const etherTypeArp = 0x0806;
export const etherTypeIpv6 = 0x86dd;

/** Bytes before the payload of an untagged frame. */
export const ethernetHeaderLength = 14;

/** An untagged Ethernet II frame without its frame check sequence. */
export interface EthernetFrame {
  readonly destination: MacAddress;
  readonly source: MacAddress;
  readonly etherType: number;
  /** With the padding, if the frame was shorter than the 60 bytes of the medium's minimum. */
  readonly payload: Uint8Array;
}

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                          Destination                          |
 * +                               +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                               |                               |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+                               +
 * |                            Source                             |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |           EtherType           |          Payload ...
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */

/** Decodes a frame as a packet socket delivers it. Refused: `length`. */
export function decodeEthernet(bytes: Uint8Array): EthernetFrame | Malformed {
  if (bytes.length < ethernetHeaderLength) return malformed('length');
  const reader = new Reader(bytes);
  const destination = formatMac(reader.bytes(6));
  const source = formatMac(reader.bytes(6));
  const etherType = reader.u16();
  return { destination, source, etherType, payload: reader.bytes(reader.remaining) };
}

/** Encodes a frame; the driver pads it to the minimum of the medium. */
export function encodeEthernet(frame: EthernetFrame): Uint8Array {
  return new Writer(ethernetHeaderLength + frame.payload.length)
    .bytes(macBytes(frame.destination))
    .bytes(macBytes(frame.source))
    .u16(frame.etherType)
    .bytes(frame.payload)
    .finish();
}
