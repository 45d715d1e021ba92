import { familyOf, type IpAddress } from './address.ts';
import { decodeV2, encodeV2, type AdvertisementV2 } from './advertisement2.ts';
import { decodeV3, encodeV3, type AdvertisementV3, type ChecksumForm, type Envelope } from './advertisement3.ts';
import { malformed, type Malformed } from './malformed.ts';

/**
 * src/wire: bytes to values and back, one packet a file, each under the figure of its RFC.
 *
 * A decoder gets bytes that anybody may have sent. It checks lengths before it loops, never throws on what it reads, and
 * refuses with a `Malformed` value whose reason is from a closed list. An encoder gets values that this program made, so
 * a value out of range is a programmer error and throws. What a decoder accepts, its encoder can write again.
 *
 * Nothing here opens a socket, reads a clock, keeps state or knows a configuration: whether a well-formed packet is
 * meant for us, and what follows from it, is decided elsewhere.
 */
export type { AdvertisementV2 } from './advertisement2.ts';
export type { AdvertisementV3, ChecksumForm } from './advertisement3.ts';

/** A VRRP advertisement. The interval is in seconds in version 2 and in centiseconds in version 3. */
export type Advertisement = AdvertisementV2 | AdvertisementV3;

/** A well-formed advertisement. */
export interface Decoded {
  readonly advertisement: Advertisement;
  /**
   * The form of checksum that fits: `message` in version 2, `pseudo-header` over IPv6, and over IPv4 in version 3
   * whichever the peer sent (`pseudo-header` where both fit).
   */
  readonly checksumForm: ChecksumForm;
}

const typeAdvertisement = 1;

/**
 * Decodes the payload of a datagram of IP protocol 112, between the addresses of `envelope`, in the order of RFC 9568
 * 7.1 and RFC 3768 7.1 as far as bytes alone can tell: version, type, length, checksum, and the address count. Refused:
 * `version` (also version 2 over IPv6), `type`, `length` (also bytes behind the message), `checksum`, `count`. The
 * refusal tells the VRID and version wherever the payload was long enough to hold them.
 */
export function decodeAdvertisement(payload: Uint8Array, envelope: Envelope): Decoded | Malformed {
  const [first, vrid] = payload;
  if (first === undefined) return malformed('length');
  const version = first >> 4;
  const reason = (): Decoded | Malformed['malformed'] => {
    if (version !== 3 && !(version === 2 && familyOf(envelope.source) === 'ipv4')) return 'version';
    if ((first & 0xf) !== typeAdvertisement) return 'type';
    if (version === 3) return decodeV3(payload, envelope);
    const advertisement = decodeV2(payload);
    return typeof advertisement === 'string' ? advertisement : { advertisement, checksumForm: 'message' };
  };
  const result = reason();
  if (typeof result === 'object') return result;
  return vrid === undefined ? { malformed: result, version } : { malformed: result, version, vrid };
}

/**
 * Encodes an advertisement with its checksum, as it travels between the addresses of `envelope`. `checksum` matters in
 * version 3 over IPv4 only. More than 255 addresses, none in version 3, or values out of their field's range throw.
 */
export function encodeAdvertisement(
  advertisement: Advertisement,
  envelope: { readonly source: IpAddress; readonly destination: IpAddress; readonly checksum: ChecksumForm },
): Uint8Array {
  return advertisement.version === 2 ? encodeV2(advertisement) : encodeV3(advertisement, envelope);
}
