import { describe, expect, it } from 'vitest';
import { addressOf } from '../../src/wire/address.ts';
import { decodeIpv4, encodeIpv4 } from '../../src/wire/ipv4.ts';
import { bytes, hex } from './hex.ts';

/** keepalived's, VRRPv2 inside: identification 1, no flags. */
const header = '45c0002400010000ff70d0970a090001e0000012';
const payload = '2133c80100010c5d0a0900640000000000000000';
/** The header with fields replaced, and with a checksum that fits. */
function crafted(changes: Record<number, number>, options = ''): Uint8Array {
  const value = bytes(header.replace('0024', '0028') + options + payload);
  value[3] = value.length;
  value.set([0, 0], 10);
  for (const [offset, byte] of Object.entries(changes)) value[Number(offset)] = byte;
  const view = new DataView(value.buffer);
  let sum = 0;
  for (let i = 0; i < Math.min(value.length, Math.max(20, ((value[0] ?? 0) & 15) * 4)); i += 2)
    sum += view.getUint16(i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(10, 0xffff - sum);
  return value;
}

describe('the IPv4 header (RFC 791 3.1)', () => {
  it('decodes to its fields and encodes to the same bytes', () => {
    const datagram = crafted({});
    const packet = decodeIpv4(datagram);
    expect(packet).toEqual({
      ...{ source: '10.9.0.1', destination: '224.0.0.18', ttl: 255, protocol: 112, tos: 0xc0, id: 1 },
      dontFragment: false,
      payload: bytes(payload),
    });
    if ('payload' in packet) expect(hex(encodeIpv4(packet))).toBe(hex(datagram));
  });

  it('leaves DF clear unless asked', () => {
    const packet = {
      ...{ source: addressOf('10.9.0.1'), destination: addressOf('224.0.0.18'), ttl: 255, protocol: 112, tos: 0xc0 },
      ...{ id: 0xbeef, payload: bytes(payload) },
    };
    expect(hex(encodeIpv4(packet)).slice(0, 16)).toBe('45c00028beef0000');
    expect(hex(encodeIpv4({ ...packet, dontFragment: true })).slice(0, 16)).toBe('45c00028beef4000');
    expect(decodeIpv4(encodeIpv4({ ...packet, dontFragment: true }))).toEqual({ ...packet, dontFragment: true });
  });

  it('cuts padding behind the total length off', () => {
    const datagram = crafted({});
    expect(decodeIpv4(Uint8Array.of(...datagram, 0, 0, 0, 0))).toEqual(decodeIpv4(datagram));
  });

  it('skips options', () => {
    expect(decodeIpv4(crafted({ 0: 0x46 }, '94040000'))).toMatchObject({ ttl: 255, payload: bytes(payload) });
  });

  it('tells a VRRPv2 packet inside an IP authentication header (RFC 2402) by its protocol', () => {
    const ah = bytes('70040000 0a090002 00000001 d8b7f12c3e8e4940ee020b57 2133b40102011e5d 0a0900640000000000000000');
    const send = { source: addressOf('10.9.0.2'), destination: addressOf('224.0.0.18'), ttl: 255, tos: 0xc0, id: 1 };
    expect(decodeIpv4(encodeIpv4({ ...send, protocol: 51, payload: ah }))).toMatchObject({ protocol: 51, payload: ah });
  });

  it('refuses what is not IPv4, not whole or not good', () => {
    const good = crafted({});
    expect(decodeIpv4(bytes(''))).toEqual({ malformed: 'length' });
    for (let length = 1; length < good.length; length++) {
      expect(decodeIpv4(good.subarray(0, length)), String(length)).toEqual({ malformed: 'length' });
    }
    expect(decodeIpv4(crafted({ 0: 0x65 }))).toEqual({ malformed: 'version' });
    expect(decodeIpv4(crafted({ 0: 0x44 }))).toEqual({ malformed: 'length' });
    expect(decodeIpv4(crafted({ 0: 0x4f }))).toEqual({ malformed: 'length' });
    expect(decodeIpv4(crafted({ 3: 19 }))).toEqual({ malformed: 'length' });
    expect(decodeIpv4(crafted({ 3: 41 }))).toEqual({ malformed: 'length' });
    const broken = crafted({});
    broken[8] = 254;
    expect(decodeIpv4(broken)).toEqual({ malformed: 'checksum' });
  });

  it('refuses fragments, first, middle and last', () => {
    expect(decodeIpv4(crafted({ 6: 0x20 }))).toEqual({ malformed: 'fragment' });
    expect(decodeIpv4(crafted({ 6: 0x20, 7: 1 }))).toEqual({ malformed: 'fragment' });
    expect(decodeIpv4(crafted({ 7: 1 }))).toEqual({ malformed: 'fragment' });
    expect(decodeIpv4(crafted({ 6: 0x40 }))).toMatchObject({ dontFragment: true });
  });
});
