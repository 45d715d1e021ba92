import { centiseconds, milliseconds, seconds } from '../wire/units.ts';
import type { Centiseconds, Milliseconds, Seconds } from '../wire/units.ts';

/**
 * The arithmetic of VRRP time. Everything inside is milliseconds with fractions: the skew time of priority 254 at a
 * 10 ms interval is 78 microseconds, and truncating it would make two routers elect themselves at once. This is the
 * only place where the units of the wire are converted.
 */

/**
 * Skew_Time: how much longer a router waits the lower its priority is. RFC 9568 6.1 scales it with the active
 * router's interval; RFC 3768 6.1 has (256 - Priority) / 256 seconds whatever the interval.
 */
export function skewTime(version: 2 | 3, priority: number, interval: Milliseconds): Milliseconds {
  const unit = version === 2 ? 1000 : interval;
  return milliseconds(((256 - priority) / 256) * unit);
}

/** Active_Down_Interval: 3 x Active_Adver_Interval + Skew_Time (RFC 9568 6.1, RFC 3768 6.1). */
export function activeDownInterval(version: 2 | 3, priority: number, interval: Milliseconds): Milliseconds {
  return milliseconds(3 * interval + skewTime(version, priority, interval));
}

/** The interval of a received advertisement: seconds in version 2, centiseconds in version 3. */
export function intervalOfAdvertisement(
  advertisement:
    { readonly version: 2; readonly interval: Seconds } | { readonly version: 3; readonly interval: Centiseconds },
): Milliseconds {
  switch (advertisement.version) {
    case 2:
      return milliseconds(advertisement.interval * 1000);
    case 3:
      return milliseconds(advertisement.interval * 10);
  }
}

/** An interval as the Max Advertise Interval of version 3. The configuration has checked that it fits 12 bits. */
export const intervalInCentiseconds = (interval: Milliseconds): Centiseconds => centiseconds(Math.round(interval / 10));

/** An interval as the Adver Int of version 2. The configuration has checked that it is whole seconds. */
export const intervalInSeconds = (interval: Milliseconds): Seconds => seconds(Math.round(interval / 1000));
