import { addressBytes, formatAddress, type IpAddress } from './address.ts';
import { internetChecksum } from './checksum.ts';
import type { MalformedReason } from './malformed.ts';
import { Reader } from './reader.ts';
import { seconds, type Seconds } from './units.ts';
import { Writer } from './writer.ts';

/** A VRRPv2 advertisement (RFC 3768 5.1), which carries IPv4 addresses only. */
export interface AdvertisementV2 {
  readonly version: 2;
  readonly vrid: number;
  readonly priority: number;
  readonly interval: Seconds;
  /** 0 none, 1 simple text password (RFC 2338 5.3.6), 2 IP authentication header; others are kept as they came. */
  readonly authType: number;
  /** 8 bytes, zero without a password. */
  readonly authData: Uint8Array;
  readonly addresses: readonly IpAddress[];
}

/*
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |Version| Type  | Virtual Rtr ID|   Priority    | Count IP Addrs|
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |   Auth Type   |   Adver Int   |          Checksum             |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                         IP Address (1)                        |
 * |                            .   .   .                          |
 * |                         IP Address (n)                        |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                     Authentication Data (1)                   |
 * |                     Authentication Data (2)                   |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
const fixedLength = 8;
const addressLength = 4;
const authLength = 8;
const checksumOffset = 6;
const versionAndType = 0x21;

/**
 * Decodes the payload of an IPv4 datagram whose first byte is known to say version 2, type advertisement. The checksum
 * covers the whole message, authentication data included, without a pseudo-header (RFC 3768 5.3.8).
 */
export function decodeV2(payload: Uint8Array): AdvertisementV2 | MalformedReason {
  const length = fixedLength + (payload[3] ?? 0) * addressLength + authLength;
  if (payload.length !== length) return 'length';
  if (internetChecksum(payload) !== 0) return 'checksum';
  const reader = new Reader(payload);
  reader.skip(1);
  const vrid = reader.u8();
  const priority = reader.u8();
  const count = reader.u8();
  const authType = reader.u8();
  const interval = seconds(reader.u8());
  reader.skip(2);
  const addresses: IpAddress[] = [];
  for (let i = 0; i < count; i++) addresses.push(formatAddress(reader.bytes(addressLength)));
  return { version: 2, vrid, priority, interval, authType, authData: reader.bytes(authLength), addresses };
}

/** Encodes an advertisement with its checksum. IPv6 addresses and values out of range throw. */
export function encodeV2(advertisement: AdvertisementV2): Uint8Array {
  const { vrid, priority, addresses, authType, authData, interval } = advertisement;
  const writer = new Writer(fixedLength + addresses.length * addressLength + authLength);
  writer.u8(versionAndType).u8(vrid).u8(priority).u8(addresses.length).u8(authType).u8(interval).skip(2);
  for (const address of addresses) writer.bytes(addressBytes(address));
  const payload = writer.bytes(authData).finish();
  new DataView(payload.buffer).setUint16(checksumOffset, internetChecksum(payload));
  return payload;
}
