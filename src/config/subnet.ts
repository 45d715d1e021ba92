import { addressBytes, familyOf, parseAddress } from '../wire/address.ts';
import type { IpAddress } from '../wire/address.ts';
import type { VipAddress } from './config.ts';
import { quote } from './report.ts';

/**
 * Addresses as the user writes them, with the reasons why some cannot be held by a host.
 */

/** Text that cannot be read, and why and what to do. */
export interface Refused {
  readonly refused: string;
}

/** Whether two addresses of one family share their first `length` bits. */
export function sameSubnet(a: IpAddress, b: IpAddress, length: number): boolean {
  const left = addressBytes(a);
  const right = addressBytes(b);
  if (left.length !== right.length) return false;
  return left.every((byte, at) => {
    const mask = maskByte(length, at);
    return (byte & mask) === ((right[at] ?? 0) & mask);
  });
}

/** Reads `192.0.2.101`, `192.0.2.101/24`, `2001:db8::101/64`. Without a prefix length it is the host's, 32 or 128. */
export function readVipAddress(text: string): VipAddress | Refused {
  const [host = '', prefix, ...rest] = text.split('/');
  const address = readHostAddress(host, 'such as 192.0.2.101/24');
  if (typeof address === 'object') return address;
  const family = familyOf(address);
  const longest = family === 'ipv4' ? 32 : 128;
  if (prefix === undefined) return { family, address, prefixLength: longest };
  const prefixLength = /^\d{1,3}$/.test(prefix) ? Number(prefix) : 0;
  if (rest.length > 0 || prefixLength < 1 || prefixLength > longest) {
    return {
      refused: `${quote(text)} has no prefix length from 1 to ${longest}; write ${address}/${longest === 32 ? 24 : 64}`,
    };
  }
  const end = subnetEnd(address, prefixLength);
  if (end !== undefined) return { refused: `${text} is ${end}; write an address of a host` };
  return { family, address, prefixLength };
}

/** Reads an address that a host can hold and others can reach. */
export function readHostAddress(text: string, example = 'such as 192.0.2.11'): IpAddress | Refused {
  const address = parseAddress(text);
  if (address === undefined)
    return { refused: `${quote(text)} is no IPv4 or IPv6 address; write one, ${example}${notes(text)}` };
  const kind = specialKind(address);
  return kind === undefined ? address : { refused: `${text} is ${kind}; write a unicast address, ${example}` };
}

function notes(text: string): string {
  if (text.includes('%')) return ', without the "%" and the interface';
  if (text.includes('/')) return ', without a prefix length';
  return parseAddress(text.replaceAll(/\b0+(?=\d)/g, '')) === undefined ? '' : ', without leading zeros';
}

/** What an address is instead of an ordinary unicast address (the IANA special-purpose registries). */
function specialKind(address: IpAddress): string | undefined {
  if (familyOf(address) === 'ipv4') {
    const first = Number.parseInt(address, 10);
    if (address === '255.255.255.255') return 'the broadcast address';
    if (first === 0) return 'the unspecified address or of "this network"';
    if (first === 127) return 'a loopback address';
    if (first >= 240) return 'of a reserved range';
    return first >= 224 ? 'a multicast address' : undefined;
  }
  const [first = 0, second = 0] = addressBytes(address);
  if (address === '::') return 'the unspecified address';
  if (address === '::1') return 'a loopback address';
  if (first === 0xff) return 'a multicast address';
  // RFC 4291 2.5.5.2: 80 zero bits, then 16 ones.
  const mapped = addressBytes(address)
    .subarray(0, 12)
    .every((byte, at) => byte === (at < 10 ? 0 : 0xff));
  if (mapped) return 'an IPv4 address written as IPv6';
  return first === 0 && second === 0 ? 'of a reserved range' : undefined;
}

/** Whether an address is the first or last of its subnet, where those mean the subnet (RFC 4632, 3021, 4291, 6164). */
function subnetEnd(address: IpAddress, length: number): string | undefined {
  const bytes = addressBytes(address);
  if (length > bytes.length * 8 - 2) return undefined;
  const host = bytes.map((byte, at) => byte & ~maskByte(length, at));
  if (host.every((byte) => byte === 0)) {
    return bytes.length === 4 ? 'the address of the network itself' : 'the subnet-router anycast address';
  }
  const isLast = host.every((byte, at) => byte === (~maskByte(length, at) & 0xff));
  return isLast && bytes.length === 4 ? 'the broadcast address of its subnet' : undefined;
}

/** The byte of a netmask of `length` bits at position `at`. */
function maskByte(length: number, at: number): number {
  const bits = Math.min(8, Math.max(0, length - at * 8));
  return (0xff << (8 - bits)) & 0xff;
}
