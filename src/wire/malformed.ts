/**
 * Why bytes were refused. The list is closed, so that every reason can be a counter and a case in a switch.
 *
 * - `length`: shorter or longer than the message says it is.
 * - `version`: not a version or address family that this decoder knows.
 * - `type`: another kind of message, header, hardware or operation than the one decoded here.
 * - `checksum`: the checksum does not fit the bytes.
 * - `count`: a VRRPv3 advertisement without any address (RFC 9568 5.2.5).
 * - `fragment`: a part of an IP datagram.
 * - `field`: a field holds a value that its RFC forbids, or a mandatory attribute is missing.
 */
export type MalformedReason = (typeof malformedReasons)[number];

/** All reasons, for counters that start at zero. */
export const malformedReasons = ['length', 'version', 'type', 'checksum', 'count', 'fragment', 'field'] as const;

/** Refused bytes, as a value. `vrid` and `version` are there when an advertisement was long enough to hold them. */
export interface Malformed {
  readonly malformed: MalformedReason;
  readonly vrid?: number;
  readonly version?: number;
}

/** Whether a decoder refused its input. */
export function isMalformed<T extends object>(value: T | Malformed): value is Malformed {
  return 'malformed' in value;
}

/** The refusal for one reason. */
export const malformed = (reason: MalformedReason): Malformed => ({ malformed: reason });
