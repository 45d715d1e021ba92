import { addressBytes, familyOf, type IpAddress } from './address.ts';
import { Writer } from './writer.ts';

/** IP protocol numbers that appear in pseudo-headers here. */
export const protocolVrrp = 112;
export const protocolIcmpv6 = 58;

/**
 * The Internet checksum (RFC 1071) over the concatenation of `parts`: the complement of the one's complement sum of
 * 16-bit words, an odd last byte padded with zero. Over bytes that contain their own correct checksum it is 0.
 */
export function internetChecksum(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  let high = true;
  for (const part of parts) {
    for (const byte of part) {
      sum += high ? byte * 256 : byte;
      high = !high;
    }
  }
  // A double holds the sum of any message exactly, so the carries are folded once at the end.
  while (sum > 0xffff) sum = (sum % 0x1_0000) + Math.floor(sum / 0x1_0000);
  return 0xffff - sum;
}

/**
 * The pseudo-header that transport checksums cover.
 *
 * ```
 * IPv4 (RFC 793 3.1)                       IPv6 (RFC 8200 8.1)
 * source          4 bytes                  source                  16 bytes
 * destination     4 bytes                  destination             16 bytes
 * zero            1 byte                   upper-layer length       4 bytes
 * protocol        1 byte                   zero                     3 bytes
 * length          2 bytes                  next header              1 byte
 * ```
 *
 * `length` is that of the upper-layer message in bytes. Both addresses are of one family; anything else throws.
 */
export function pseudoHeader(source: IpAddress, destination: IpAddress, length: number, protocol: number): Uint8Array {
  const family = familyOf(source);
  if (family !== familyOf(destination)) throw new Error(`"${source}" and "${destination}" differ in family`);
  if (family === 'ipv4') {
    const writer = new Writer(12).bytes(addressBytes(source)).bytes(addressBytes(destination));
    return writer.skip(1).u8(protocol).u16(length).finish();
  }
  const writer = new Writer(40).bytes(addressBytes(source)).bytes(addressBytes(destination));
  return writer.u32(length).skip(3).u8(protocol).finish();
}
