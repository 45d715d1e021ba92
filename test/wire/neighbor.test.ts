import { describe, expect, it } from 'vitest';
import { addressOf } from '../../src/wire/address.ts';
import { internetChecksum, pseudoHeader } from '../../src/wire/checksum.ts';
import { parseMac, type MacAddress } from '../../src/wire/mac.ts';
import {
  decodeNeighborAdvertisement,
  neighborAdvertisementFrame,
  unsolicitedNeighborAdvertisement,
} from '../../src/wire/neighbor.ts';
import { bytes, hex } from './hex.ts';

const mac = parseMac('02:00:00:00:00:02') as MacAddress;
const vip = addressOf('fe80::100');
const envelope = { source: vip, destination: addressOf('ff02::1') };
const target = 'fe800000000000000000000000000100';

/** A message with the checksum that fits `envelope`. */
function summed(text: string): Uint8Array {
  const message = bytes(text);
  message.set([0, 0], 2);
  const pseudo = pseudoHeader(envelope.source, envelope.destination, message.length, 58);
  new DataView(message.buffer).setUint16(2, internetChecksum(pseudo, message));
  return message;
}

describe('Neighbor Advertisement (RFC 4861 4.4)', () => {
  it('announces a VIP as keepalived does: override, target link-layer address, checksum', () => {
    expect(hex(unsolicitedNeighborAdvertisement(vip, mac, false))).toBe(`8800559c20000000${target}0201020000000002`);
  });

  it('sets the router flag of a host that forwards', () => {
    const message = unsolicitedNeighborAdvertisement(vip, mac, true);
    expect(message[4]).toBe(0xa0);
    expect(decodeNeighborAdvertisement(message, envelope)).toEqual({
      ...{ target: vip, mac, router: true, solicited: false, override: true },
    });
  });

  it('travels from the VIP to all nodes with hop limit 255', () => {
    const frame = neighborAdvertisementFrame(vip, mac, false);
    const ip = `60000000 0020 3a ff ${target} ff020000000000000000000000000001`.replaceAll(' ', '');
    expect(hex(frame).slice(0, 108)).toBe(`33330000000102000000000286dd${ip}`);
    expect(hex(frame).slice(108)).toBe(hex(unsolicitedNeighborAdvertisement(vip, mac, false)));
  });

  it('decodes without a link-layer address, or with one of another medium', () => {
    const plain = { target: vip, mac: undefined, router: false, solicited: false, override: true };
    expect(decodeNeighborAdvertisement(summed(`8800000020000000${target}`), envelope)).toEqual(plain);
    const infiniband = `8800000020000000${target}0203${'00'.repeat(22)}`;
    expect(decodeNeighborAdvertisement(summed(infiniband), envelope)).toEqual(plain);
  });

  it('skips options it does not know (4.6)', () => {
    const message = summed(`8800000020000000${target}0e01112233445566 0201020000000002`);
    expect(decodeNeighborAdvertisement(message, envelope)).toMatchObject({ mac });
  });
});

describe('RFC 4861 7.1.2 discards', () => {
  const good = summed(`8800000020000000${target}0201020000000002`);
  const group = 'ff020000000000000000000000000012';

  it.each([
    ['another ICMPv6 type', 'type', summed(`8700000020000000${target}`)],
    ['a code', 'field', summed(`8801000020000000${target}`)],
    ['a multicast target', 'field', summed(`8800000020000000${group}`)],
    ['solicited to a multicast group', 'field', summed(`8800000060000000${target}`)],
    ['an option of length 0', 'field', summed(`8800000020000000${target}0200020000000002`)],
    ['an option longer than the message', 'length', summed(`8800000020000000${target}0202020000000002`)],
    ['half an option header', 'length', summed(`8800000020000000${target}02`)],
    ['a wrong checksum', 'checksum', bytes(`8800559d20000000${target}0201020000000002`)],
  ] as const)('%s', (_what, reason, message) => {
    expect(decodeNeighborAdvertisement(message, envelope)).toEqual({ malformed: reason });
  });

  it('every truncation', () => {
    expect(decodeNeighborAdvertisement(good, envelope)).toMatchObject({ target: vip });
    for (let length = 0; length < good.length; length++) {
      expect(decodeNeighborAdvertisement(good.subarray(0, length), envelope)).toHaveProperty('malformed');
    }
  });

  it('the checksum of another destination', () => {
    const elsewhere = { ...envelope, destination: addressOf('ff02::2') };
    expect(decodeNeighborAdvertisement(good, elsewhere)).toEqual({ malformed: 'checksum' });
  });
});
