import { addressBytes, familyOf, formatAddress, type IpAddress } from './address.ts';
import { internetChecksum, protocolVrrp, pseudoHeader } from './checksum.ts';
import type { MalformedReason } from './malformed.ts';
import { Reader } from './reader.ts';
import { centiseconds, type Centiseconds } from './units.ts';
import { Writer } from './writer.ts';

/** A VRRPv3 advertisement (RFC 9568 5.1), over IPv4 or IPv6. */
export interface AdvertisementV3 {
  readonly version: 3;
  readonly vrid: number;
  readonly priority: number;
  /** 12 bits. The sender's Max Advertise Interval; 0 is outside of the RFC but decodes, for the receiver to judge. */
  readonly interval: Centiseconds;
  /** 4 bits that are zero when sent and ignored when received (RFC 9568 5.2.6), kept so that bytes come back as is. */
  readonly reserved: number;
  readonly addresses: readonly IpAddress[];
}

/** The VRRPv3 IPv4 checksum: with pseudo-header (RFC 5798, keepalived, FRR) or over the message alone (RFC 9568). */
export type ChecksumForm = 'pseudo-header' | 'message';

/** The addresses of the IP header around an advertisement, of one family. */
export interface Envelope {
  readonly source: IpAddress;
  readonly destination: IpAddress;
}

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |Version| Type  | Virtual Rtr ID|   Priority    |IPvX Addr Count|
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |Reserve| Max Advertise Interval|          Checksum             |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                                                               |
 * +                       IPvX Address(es)                        +
 * |                  4 or 16 bytes each, by family                |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
const fixedLength = 8;
const checksumOffset = 6;
const versionAndType = 0x31;

/** Decodes the payload of a datagram whose first byte is known to say version 3, type advertisement. */
export function decodeV3(
  payload: Uint8Array,
  envelope: Envelope,
): { advertisement: AdvertisementV3; checksumForm: ChecksumForm } | MalformedReason {
  const addressLength = addressLengthOf(envelope.source);
  const length = fixedLength + (payload[3] ?? 0) * addressLength;
  if (payload.length !== length) return 'length';
  const checksumForm = matchingForm(payload, envelope);
  if (checksumForm === undefined) return 'checksum';
  const reader = new Reader(payload);
  reader.skip(1);
  const vrid = reader.u8();
  const priority = reader.u8();
  const count = reader.u8();
  // RFC 9568 5.2.5: an advertisement without addresses must be ignored.
  if (count === 0) return 'count';
  const word = reader.u16();
  reader.skip(2);
  const addresses: IpAddress[] = [];
  for (let i = 0; i < count; i++) addresses.push(formatAddress(reader.bytes(addressLength)));
  const interval = centiseconds(word & 0xfff);
  return { advertisement: { version: 3, vrid, priority, interval, reserved: word >> 12, addresses }, checksumForm };
}

/** Encodes an advertisement with its checksum; over IPv6 that has the pseudo-header whatever `checksum` says. */
export function encodeV3(
  advertisement: AdvertisementV3,
  envelope: Envelope & { readonly checksum: ChecksumForm },
): Uint8Array {
  const { vrid, priority, addresses, reserved, interval } = advertisement;
  if (addresses.length === 0) throw new Error('A VRRPv3 advertisement has at least one address');
  if (!Number.isInteger(interval) || interval < 0 || interval > 0xfff) {
    throw new RangeError(`${interval} is not 0 to 4095 whole centiseconds`);
  }
  const writer = new Writer(fixedLength + addresses.length * addressLengthOf(envelope.source));
  writer
    .u8(versionAndType)
    .u8(vrid)
    .u8(priority)
    .u8(addresses.length)
    .u16((reserved << 12) | interval)
    .skip(2);
  for (const address of addresses) {
    if (familyOf(address) !== familyOf(envelope.source)) throw new Error(`"${address}" is not of the sender's family`);
    writer.bytes(addressBytes(address));
  }
  const payload = writer.finish();
  const pseudo = familyOf(envelope.source) === 'ipv6' || envelope.checksum === 'pseudo-header';
  const checksum = pseudo ? internetChecksum(pseudoHeaderOf(payload, envelope), payload) : internetChecksum(payload);
  new DataView(payload.buffer).setUint16(checksumOffset, checksum);
  return payload;
}

/** The form whose checksum fits: RFC 9568 5.2.8 leaves the pseudo-header out for IPv4, RFC 5798 5.2.8 did not. */
function matchingForm(payload: Uint8Array, envelope: Envelope): ChecksumForm | undefined {
  if (internetChecksum(pseudoHeaderOf(payload, envelope), payload) === 0) return 'pseudo-header';
  return familyOf(envelope.source) === 'ipv4' && internetChecksum(payload) === 0 ? 'message' : undefined;
}

const pseudoHeaderOf = (payload: Uint8Array, { source, destination }: Envelope): Uint8Array =>
  pseudoHeader(source, destination, payload.length, protocolVrrp);

const addressLengthOf = (source: IpAddress): number => (familyOf(source) === 'ipv4' ? 4 : 16);
