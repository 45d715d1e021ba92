import { isIPv4, isIPv6 } from 'node:net';

/** The two address families VRRP runs over. Each is a virtual router of its own (RFC 9568 1). */
export type Family = 'ipv4' | 'ipv6';

declare const canonical: unique symbol;

/**
 * An IPv4 or IPv6 address as canonical text: dotted decimal, or RFC 5952 form. Two equal addresses are equal strings,
 * so they can be keys, travel in JSON and be compared with `===`. No zone and no prefix length.
 */
export type IpAddress = string & { readonly [canonical]: 'address' };

/** The family of a canonical address. */
export const familyOf = (address: IpAddress): Family => (address.includes(':') ? 'ipv6' : 'ipv4');

/** Reads an address from text in any accepted spelling; `undefined` when it is none. */
export function parseAddress(text: string): IpAddress | undefined {
  if (isIPv4(text)) return text as IpAddress;
  if (!isIPv6(text) || text.includes('%')) return undefined;
  return formatAddress(ipv6Bytes(text));
}

/** Reads an address that the program itself wrote; throws on anything else, because that is a bug. */
export function addressOf(text: string): IpAddress {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`Not an IP address: "${text}"`);
  return address;
}

/** The 4 or 16 bytes of an address in network order. */
export function addressBytes(address: IpAddress): Uint8Array {
  if (address.includes(':')) return ipv6Bytes(address);
  const bytes = new Uint8Array(4);
  writeDotted(address, bytes, 0);
  return bytes;
}

/**
 * The canonical text of 4 or 16 bytes in network order. IPv6 is written as RFC 5952 4 asks, and IPv4-mapped addresses
 * (::ffff:0:0/96) with a dotted tail as 5 recommends, which is also how the kernel's tools and Node write them.
 */
export function formatAddress(bytes: Uint8Array): IpAddress {
  if (bytes.length === 4) return bytes.join('.') as IpAddress;
  if (bytes.length !== 16) throw new Error(`An IP address has 4 or 16 bytes, not ${bytes.length}`);
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0));
  if (mappedPrefix.every((group, i) => groups[i] === group))
    return `::ffff:${bytes.subarray(12).join('.')}` as IpAddress;
  const { start, length } = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(':') as IpAddress;
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}` as IpAddress;
}

/**
 * Orders two addresses of one family as unsigned numbers in network order, as the tie-break of RFC 9568 6.4.3 needs:
 * negative when `a` is the smaller, 0 when equal, positive when `a` is the greater.
 */
export function compareAddresses(a: IpAddress, b: IpAddress): number {
  const left = addressBytes(a);
  const right = addressBytes(b);
  for (let i = 0; i < left.length; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** Whether an address is IPv6 link-local unicast, fe80::/10 (RFC 4291 2.5.6). */
export const isLinkLocal = (address: IpAddress): boolean => /^fe[89ab][0-9a-f]:/.test(address);

/** The first 96 bits of IPv4-mapped addresses (RFC 4291 2.5.5.2), as 16-bit groups. */
const mappedPrefix = [0, 0, 0, 0, 0, 0xffff] as const;

function ipv6Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(16);
  const gap = text.indexOf('::');
  if (gap === -1) {
    writeGroups(text, bytes, 0);
    return bytes;
  }
  const start = writeGroups(text.slice(0, gap), bytes, 0);
  const end = writeGroups(text.slice(gap + 2), bytes, start);
  // What stands behind the gap was written right after what stands before it; it belongs at the end.
  const moved = 16 - (end - start);
  bytes.copyWithin(moved, start, end);
  return bytes.fill(0, start, moved);
}

/**
 * Writes colon-separated groups from `offset` on, the last of which may be a dotted IPv4 address (RFC 4291 2.2), and
 * gives the offset behind them.
 */
function writeGroups(text: string, bytes: Uint8Array, offset: number): number {
  if (text === '') return offset;
  let end = offset;
  for (const group of text.split(':')) {
    if (group.includes('.')) return writeDotted(group, bytes, end);
    const value = Number.parseInt(group, 16);
    bytes[end++] = value >> 8;
    bytes[end++] = value & 0xff;
  }
  return end;
}

function writeDotted(text: string, bytes: Uint8Array, offset: number): number {
  let end = offset;
  for (const part of text.split('.')) bytes[end++] = Number(part);
  return end;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let i = 0; i < groups.length; i++) {
    let end = i;
    while (groups[end] === 0) end++;
    if (end - i > best.length) best = { start: i, length: end - i };
    i = Math.max(i, end - 1);
  }
  return best;
}
