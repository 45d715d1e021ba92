import { describe, expect, it } from 'vitest';
import { addressOf } from '../../src/wire/address.ts';
import { internetChecksum, pseudoHeader } from '../../src/wire/checksum.ts';
import { parseMac, type MacAddress } from '../../src/wire/mac.ts';
import {
  decodeNeighborAdvertisement,
  decodeNeighborSolicitation,
  encodeNeighborAdvertisement,
  encodeNeighborSolicitation,
  solicitedNodeGroup,
} from '../../src/wire/neighbor.ts';
import {
  decodeNeighborPacket,
  encodeNeighborPacket,
  neighborProbe,
  unsolicitedAdvertisement,
  type NeighborPacket,
} from '../../src/wire/neighborpacket.ts';
import { bytes, hex } from './hex.ts';

const mac = parseMac('02:00:00:00:00:02') as MacAddress;
const vip = addressOf('fe80::100');
const envelope = { source: vip, destination: addressOf('ff02::1') };
const target = 'fe800000000000000000000000000100';

/** A message with the checksum that fits where it travels. */
function summed(text: string, { source, destination } = envelope): Uint8Array {
  const message = bytes(text);
  message.set([0, 0], 2);
  const pseudo = pseudoHeader(source, destination, message.length, 58);
  new DataView(message.buffer).setUint16(2, internetChecksum(pseudo, message));
  return message;
}

describe('Neighbor Advertisement (RFC 4861 4.4)', () => {
  const told = { target: vip, mac, router: false, solicited: false, override: true };

  it('announces a VIP as keepalived does: override, target link-layer address, checksum', () => {
    expect(hex(encodeNeighborAdvertisement(told, envelope))).toBe(`8800559c20000000${target}0201020000000002`);
  });

  it('sets the router flag of a host that forwards', () => {
    const message = encodeNeighborAdvertisement({ ...told, router: true }, envelope);
    expect(message[4]).toBe(0xa0);
    expect(decodeNeighborAdvertisement(message, envelope)).toEqual({ ...told, router: true });
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

describe('Neighbor Solicitation (RFC 4861 4.3)', () => {
  const group = solicitedNodeGroup(vip);
  const asked = { source: addressOf('fe80::1'), destination: group };
  const probing = { source: addressOf('::'), destination: group };

  it('is for the group of the last 24 bits (RFC 4291 2.7.1)', () => {
    expect(group).toBe('ff02::1:ff00:100');
    expect(solicitedNodeGroup(addressOf('2001:db8::5678:9abc:def0'))).toBe('ff02::1:ffbc:def0');
  });

  it('comes back as it was, from an address of its own and from none', () => {
    for (const [what, place] of [
      [{ target: vip, mac }, asked],
      [{ target: vip, mac: undefined }, asked],
      [{ target: vip, mac: undefined }, probing],
    ] as const) {
      expect(decodeNeighborSolicitation(encodeNeighborSolicitation(what, place), place)).toEqual(what);
    }
  });

  it.each([
    ['another ICMPv6 type', 'type', asked, `8800000000000000${target}`],
    ['a code', 'field', asked, `8701000000000000${target}`],
    ['a multicast target', 'field', asked, `8700000000000000ff020000000000000000000000000012`],
    ['an option of length 0', 'field', asked, `8700000000000000${target}0100020000000002`],
    ['an option longer than the message', 'length', asked, `8700000000000000${target}0102020000000002`],
    ['from ::, a link-layer address', 'field', probing, `8700000000000000${target}0101020000000002`],
    ['from ::, another group', 'field', { ...probing, destination: addressOf('ff02::1') }, `8700000000000000${target}`],
    ['from ::, the target itself', 'field', { ...probing, destination: vip }, `8700000000000000${target}`],
  ] as const)('discards %s (7.1.1)', (_what, reason, place, text) => {
    expect(decodeNeighborSolicitation(summed(text, place), place)).toEqual({ malformed: reason });
  });

  it('discards every truncation and a wrong checksum (7.1.1)', () => {
    const good = encodeNeighborSolicitation({ target: vip, mac }, asked);
    for (let length = 0; length < good.length; length++) {
      expect(decodeNeighborSolicitation(good.subarray(0, length), asked)).toHaveProperty('malformed');
    }
    good[3]! ^= 1;
    expect(decodeNeighborSolicitation(good, asked)).toEqual({ malformed: 'checksum' });
  });
});

describe('a frame of Neighbor Discovery', () => {
  const own = { address: addressOf('fe80::1'), mac: parseMac('02:00:00:00:00:01') as MacAddress };

  it('announces from the VIP to all nodes with hop limit 255', () => {
    const frame = unsolicitedAdvertisement(vip, mac, false);
    const ip = `60000000 0020 3a ff ${target} ff020000000000000000000000000001`.replaceAll(' ', '');
    expect(hex(frame).slice(0, 108)).toBe(`33330000000102000000000286dd${ip}`);
    expect(hex(frame).slice(108)).toBe(`8800559c20000000${target}0201020000000002`);
  });

  it('asks from an address of its own, with its Ethernet address, those who may hold the VIP', () => {
    expect(decodeNeighborPacket(neighborProbe(vip, own))).toEqual({
      ...{ from: own.mac, to: '33:33:ff:00:01:00', source: own.address, destination: 'ff02::1:ff00:100' },
      ...{ operation: 'solicitation', message: { target: vip, mac: own.mac } },
    });
  });

  it('comes back as it was', () => {
    const packet: NeighborPacket = {
      ...{ from: mac, to: own.mac, source: vip, destination: own.address, operation: 'advertisement' },
      message: { target: vip, mac: undefined, router: true, solicited: true, override: false },
    };
    expect(decodeNeighborPacket(encodeNeighborPacket(packet))).toEqual(packet);
  });

  it('may be padded by the medium', () => {
    const frame = neighborProbe(vip, own);
    expect(decodeNeighborPacket(Uint8Array.of(...frame, 0, 0, 0))).toEqual(decodeNeighborPacket(frame));
  });

  it.each([
    ['another EtherType', 'type', 12, '0800'],
    ['another IP version', 'version', 14, '40'],
    ['more bytes than there are', 'length', 18, '0100'],
    ['no message at all', 'length', 18, '0000'],
    ['another protocol', 'type', 20, '11'],
    ['a hop limit that a router has lowered (7.1)', 'field', 21, 'fe'],
    ['another source than the checksum is of', 'checksum', 37, '09'],
    ['another ICMPv6 type', 'type', 54, '80'],
  ])('with %s is refused', (_what, reason, offset, value) => {
    const frame = neighborProbe(vip, own);
    frame.set(bytes(value), offset);
    expect(decodeNeighborPacket(frame)).toEqual({ malformed: reason });
  });

  it('that is cut short anywhere is refused', () => {
    const frame = neighborProbe(vip, own);
    for (let length = 0; length < frame.length; length++) {
      expect(decodeNeighborPacket(frame.subarray(0, length))).toHaveProperty('malformed');
    }
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
