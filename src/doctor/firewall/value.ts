import { sameSubnet } from '../../config/subnet.ts';
import { compareAddresses, familyOf, parseAddress } from '../../wire/address.ts';

/** Comparing what a rule asks for with what a packet has. Pure. */

/** A single value of a packet or of a rule. */
export type Scalar = string | number | boolean;

/** Names of protocols, as the tools print numbers (protocols(5)). */
const PROTOCOLS: Readonly<Record<string, number>> = {
  icmp: 1,
  igmp: 2,
  tcp: 6,
  udp: 17,
  dccp: 33,
  gre: 47,
  esp: 50,
  ah: 51,
  'ipv6-icmp': 58,
  icmpv6: 58,
  ospf: 89,
  carp: 112,
  vrrp: 112,
  sctp: 132,
  udplite: 136,
};

/** A number that may be written as a name; `undefined` for a name that is not known. */
export function protocolNumber(word: Scalar): number | undefined {
  const number = Number(word);
  return Number.isInteger(number) ? number : PROTOCOLS[String(word)];
}

/** Whether a value is the wanted one: addresses by value, interfaces with a wildcard at the end, anything else as text. */
export function equals(value: Scalar, wanted: Scalar): boolean {
  const [own, other] = [String(value), String(wanted)];
  if (own === other) return true;
  if (other.endsWith('*') || other.endsWith('+')) return own.startsWith(other.slice(0, -1));
  const [a, b] = [parseAddress(own), parseAddress(other)];
  return a !== undefined && b !== undefined && a === b;
}

/** Whether an address is within a prefix. */
export function isWithin(value: Scalar, prefix: string, length: number): boolean {
  const [own, base] = [parseAddress(String(value)), parseAddress(prefix)];
  return own !== undefined && base !== undefined && familyOf(own) === familyOf(base) && sameSubnet(own, base, length);
}

/** Below 0, 0 or above 0; `undefined` where the two cannot be compared. */
export function compare(value: Scalar, wanted: Scalar): number | undefined {
  const [own, other] = [parseAddress(String(value)), parseAddress(String(wanted))];
  if (own !== undefined && other !== undefined)
    return familyOf(own) === familyOf(other) ? compareAddresses(own, other) : undefined;
  const [left, right] = [Number(value), protocolNumber(wanted)];
  return Number.isNaN(left) || right === undefined ? undefined : left - right;
}

/** Whether any of these answers is yes; `undefined` when none is, and one is not known. */
export function anyOf(answers: readonly (boolean | undefined)[]): boolean | undefined {
  if (answers.includes(true)) return true;
  return answers.includes(undefined) ? undefined : false;
}

/** Whether all of these answers are yes; `undefined` when none is no, and one is not known. */
export function everyOf(answers: readonly (boolean | undefined)[]): boolean | undefined {
  if (answers.includes(false)) return false;
  return answers.includes(undefined) ? undefined : true;
}
