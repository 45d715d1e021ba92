import { describe, expect, test } from 'vitest';
import { advertisementOf } from '../../src/vrrp/advertise.ts';
import {
  activeDownInterval,
  intervalInCentiseconds,
  intervalInSeconds,
  intervalOfAdvertisement,
  skewTime,
} from '../../src/vrrp/timers.ts';
import { centiseconds, milliseconds, seconds } from '../../src/wire/units.ts';
import { v2, v3 } from './fixture.ts';

describe('timers', () => {
  test('RFC 9568 6.1: Skew_Time is (256 - Priority) * Active_Adver_Interval / 256', () => {
    expect(skewTime(3, 100, milliseconds(1000))).toBe(609.375);
    expect(skewTime(3, 254, milliseconds(200))).toBe(1.5625);
    expect(skewTime(3, 255, milliseconds(1000))).toBe(3.90625);
    expect(skewTime(3, 1, milliseconds(1000))).toBe(996.09375);
  });

  test('RFC 3768 6.1: Skew_Time is (256 - Priority) / 256 seconds whatever the interval', () => {
    for (const interval of [1000, 2000, 255_000]) expect(skewTime(2, 100, milliseconds(interval))).toBe(609.375);
    expect(skewTime(3, 100, milliseconds(2000))).not.toBe(609.375);
  });

  test('RFC 9568 6.1: Active_Down_Interval is 3 * Active_Adver_Interval + Skew_Time', () => {
    expect(activeDownInterval(3, 100, milliseconds(1000))).toBe(3609.375);
    expect(activeDownInterval(3, 254, milliseconds(10))).toBe(30.078125);
    expect(activeDownInterval(2, 100, milliseconds(5000))).toBe(15_609.375);
  });

  test('a skew time below a millisecond is not truncated: two priorities never share a deadline', () => {
    expect(skewTime(3, 254, milliseconds(10))).toBe(0.078125);
    const skews = Array.from({ length: 254 }, (_, i) => skewTime(3, i + 1, milliseconds(10)));
    expect(new Set(skews).size).toBe(254);
    expect(Math.min(...skews)).toBeGreaterThan(0);
  });

  test('the wire counts seconds in version 2 and centiseconds in version 3', () => {
    expect(intervalOfAdvertisement({ version: 2, interval: seconds(1) })).toBe(1000);
    expect(intervalOfAdvertisement({ version: 3, interval: centiseconds(1) })).toBe(10);
    expect(intervalOfAdvertisement({ version: 3, interval: centiseconds(4095) })).toBe(40_950);
    expect(intervalOfAdvertisement({ version: 2, interval: seconds(255) })).toBe(255_000);
  });

  test('every interval that the wire can carry comes back as it was', () => {
    for (let value = 1; value <= 4095; value++) {
      expect(intervalInCentiseconds(intervalOfAdvertisement({ version: 3, interval: centiseconds(value) }))).toBe(
        value,
      );
    }
    for (let value = 1; value <= 255; value++) {
      expect(intervalInSeconds(intervalOfAdvertisement({ version: 2, interval: seconds(value) }))).toBe(value);
    }
  });

  test('what is sent and what is learned from it are the same interval', () => {
    expect(intervalOfAdvertisement(advertisementOf(v3, 1))).toBe(v3.interval);
    expect(intervalOfAdvertisement(advertisementOf(v2, 1))).toBe(v2.interval);
  });

  test('seconds, centiseconds and milliseconds cannot be mixed: the compiler refuses', () => {
    // @ts-expect-error seconds where version 3 has centiseconds
    expect(intervalOfAdvertisement({ version: 3, interval: seconds(1) })).toBe(10);
    // @ts-expect-error centiseconds where version 2 has seconds
    expect(intervalOfAdvertisement({ version: 2, interval: centiseconds(100) })).toBe(100_000);
    // @ts-expect-error centiseconds where milliseconds belong
    expect(skewTime(3, 255, centiseconds(256))).toBe(1);
    // @ts-expect-error a bare number is no time at all
    expect(activeDownInterval(3, 256, 100)).toBe(300);
    // @ts-expect-error milliseconds are not what the wire of version 3 carries
    const wrong: ReturnType<typeof intervalInCentiseconds> = milliseconds(10);
    expect(wrong).toBe(10);
  });
});
