import { describe, expect, expectTypeOf, it } from 'vitest';
import type { AdvertisementV2, AdvertisementV3 } from '../../src/wire/advertisement.ts';
import {
  after,
  between,
  centiseconds,
  instant,
  milliseconds,
  seconds,
  type Centiseconds,
  type Instant,
  type Milliseconds,
  type Seconds,
} from '../../src/wire/units.ts';

describe('units of time', () => {
  it('adds and subtracts on the monotonic clock', () => {
    expect(after(instant(1000), milliseconds(2.5))).toBe(1002.5);
    expect(between(instant(1000), instant(1002.5))).toBe(2.5);
    expect(between(instant(1002.5), instant(1000))).toBe(-2.5);
    expect([seconds(2), centiseconds(50)]).toEqual([2, 50]);
  });

  it('cannot be mixed up: the type checker refuses each for the other', () => {
    expectTypeOf<Seconds>().not.toExtend<Centiseconds>();
    expectTypeOf<Centiseconds>().not.toExtend<Seconds>();
    expectTypeOf<Milliseconds>().not.toExtend<Instant>();
    expectTypeOf<Instant>().not.toExtend<Milliseconds>();
    expectTypeOf<number>().not.toExtend<Milliseconds>();
    expectTypeOf<AdvertisementV2['interval']>().toEqualTypeOf<Seconds>();
    expectTypeOf<AdvertisementV3['interval']>().toEqualTypeOf<Centiseconds>();
    // @ts-expect-error seconds are not centiseconds.
    const wrong: Centiseconds = seconds(1);
    expect(wrong).toBe(1);
  });
});
