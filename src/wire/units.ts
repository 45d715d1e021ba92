/**
 * Units as types. A bare `number` never means time in this program: VRRPv2 counts seconds, VRRPv3 centiseconds, and
 * everything behind the codecs milliseconds. Mixing them is a compile error, because the commonest bug of VRRP
 * implementations is an interval read in the wrong unit.
 */
declare const unit: unique symbol;

/** Whole seconds: the VRRPv2 advertisement interval (RFC 3768 5.3.7), kernel address lifetimes. */
export type Seconds = number & { readonly [unit]: 'seconds' };

/** Whole centiseconds: the VRRPv3 Max Advertise Interval (RFC 9568 5.2.6), 1 to 4095. */
export type Centiseconds = number & { readonly [unit]: 'centiseconds' };

/** A duration in milliseconds, fractions allowed. */
export type Milliseconds = number & { readonly [unit]: 'milliseconds' };

/** A point on the monotonic clock (CLOCK_MONOTONIC), in milliseconds, fractions allowed. */
export type Instant = number & { readonly [unit]: 'instant' };

/** Marks a number as seconds. */
export const seconds = (value: number): Seconds => value as Seconds;

/** Marks a number as centiseconds. */
export const centiseconds = (value: number): Centiseconds => value as Centiseconds;

/** Marks a number as a duration in milliseconds. */
export const milliseconds = (value: number): Milliseconds => value as Milliseconds;

/** Marks a number as a point on the monotonic clock, in milliseconds. */
export const instant = (value: number): Instant => value as Instant;

/** The point `duration` after `start`. */
export const after = (start: Instant, duration: Milliseconds): Instant => (start + duration) as Instant;

/** The time from `start` to `end`; negative when `end` is the earlier one. */
export const between = (start: Instant, end: Instant): Milliseconds => (end - start) as Milliseconds;
