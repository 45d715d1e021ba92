import type { IpAddress } from './address.ts';
import { addressBytes } from './address.ts';

declare const canonical: unique symbol;

/** A 48-bit Ethernet address as lower-case text, `02:00:5e:10:00:01`. Equal addresses are equal strings. */
export type MacAddress = string & { readonly [canonical]: 'mac' };

/** ff:ff:ff:ff:ff:ff. */
export const broadcastMac: MacAddress = 'ff:ff:ff:ff:ff:ff' as MacAddress;

/** 00:00:00:00:00:00, which ARP uses for "not known". */
export const zeroMac: MacAddress = '00:00:00:00:00:00' as MacAddress;

/** Reads an address written as six two-digit hexadecimal bytes between colons; `undefined` when it is none. */
export function parseMac(text: string): MacAddress | undefined {
  return /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text) ? (text.toLowerCase() as MacAddress) : undefined;
}

const byteTexts: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** The canonical text of 6 bytes; any other number of bytes throws. */
export function formatMac(bytes: Uint8Array): MacAddress {
  if (bytes.length !== 6) throw new Error(`An Ethernet address has 6 bytes, not ${bytes.length}`);
  let text = byteTexts[bytes[0] ?? 0] ?? '';
  for (let i = 1; i < 6; i++) text += `:${byteTexts[bytes[i] ?? 0]}`;
  return text as MacAddress;
}

/** The 6 bytes of an address. */
export function macBytes(mac: MacAddress): Uint8Array {
  const bytes = new Uint8Array(6);
  for (let i = 0; i < 6; i++) bytes[i] = Number.parseInt(mac.slice(i * 3, i * 3 + 2), 16);
  return bytes;
}

/**
 * The Ethernet address of an IPv4 (RFC 1112 6.4: 01:00:5e and the low 23 bits) or IPv6 (RFC 2464 7: 33:33 and the low
 * 32 bits) multicast group.
 */
export function multicastMac(group: IpAddress): MacAddress {
  const bytes = addressBytes(group);
  const [a = 0, b = 0, c = 0, d = 0] = bytes.subarray(-4);
  return formatMac(Uint8Array.from(bytes.length === 4 ? [0x01, 0x00, 0x5e, b & 0x7f, c, d] : [0x33, 0x33, a, b, c, d]));
}
