import { endianness } from 'node:os';
import { describe, expect, it } from 'vitest';
import { native } from '../../src/linux/native.ts';
import { ipv6Sockaddr } from '../../src/linux/sockaddr.ts';
import { isRefused } from '../../src/linux/transport.ts';
import { readVrrp4 } from '../../src/linux/vrrp4.ts';
import { readVrrp6 } from '../../src/linux/vrrp6.ts';
import { addressOf } from '../../src/wire/address.ts';
import { encodeIpv4 } from '../../src/wire/ipv4.ts';

const payload = Uint8Array.of(0x31, 51, 254, 1, 0, 20, 0, 0);

describe('an IPv4 datagram from a raw socket', () => {
  const source = '192.0.2.1';
  const packet = {
    source: addressOf(source),
    destination: addressOf('224.0.0.18'),
    ttl: 254,
    tos: 0xc0,
    id: 7,
    protocol: 112,
    payload,
  };

  it('is read from its header', () => {
    const datagram = readVrrp4({ bytes: encodeIpv4(packet), source });
    expect(datagram).toEqual({ source, destination: '224.0.0.18', hopLimit: 254, payload });
    expect(isRefused(datagram)).toBe(false);
  });

  it.each([
    ['another protocol', encodeIpv4({ ...packet, protocol: 51 })],
    ['a header that is cut', encodeIpv4(packet).subarray(0, 19)],
    ['a wrong header checksum', encodeIpv4(packet).with(10, 0xee)],
    ['another IP version', encodeIpv4(packet).with(0, 0x65)],
    ['nothing', new Uint8Array()],
  ])('is refused with %s', (_, bytes) => {
    const datagram = readVrrp4({ bytes, source });
    expect(datagram).toEqual({ refused: 'ip-header', source });
    expect(isRefused(datagram)).toBe(true);
  });

  it('is refused when it fills the buffer, because it may have been longer', () => {
    const bytes = encodeIpv4({ ...packet, payload: new Uint8Array(2028) });
    expect(readVrrp4({ bytes, source })).toEqual({ refused: 'truncated', source });
    expect(readVrrp4({ bytes: encodeIpv4({ ...packet, payload: new Uint8Array(2027) }), source })).toMatchObject({
      hopLimit: 254,
    });
  });
});

describe('an IPv6 datagram from a raw socket', () => {
  const little = endianness() === 'LE';
  const { wordBytes } = native();

  function item(type: number, data: readonly number[]): number[] {
    const length = wordBytes + 8 + data.length;
    const bytes = new Uint8Array(Math.ceil(length / wordBytes) * wordBytes);
    const view = new DataView(bytes.buffer);
    view.setUint32(little || wordBytes === 4 ? 0 : 4, length, little);
    view.setInt32(wordBytes, 41, little);
    view.setInt32(wordBytes + 4, type, little);
    bytes.set(data, wordBytes + 8);
    return [...bytes];
  }

  const hopLimit = item(52, [...new Uint8Array(Int32Array.of(255).buffer)]);
  const info = item(50, [...ipv6Sockaddr(addressOf('ff02::12'), 1).subarray(8, 24), 0, 0, 0, 0]);
  const from = ipv6Sockaddr(addressOf('fe80::1'), 2);
  const received = { bytes: payload, from, control: Uint8Array.from([...hopLimit, ...info]), truncated: false };

  it('is read with its ancillary data, and copied', () => {
    const datagram = readVrrp6(received);
    expect(datagram).toEqual({ source: 'fe80::1', destination: 'ff02::12', hopLimit: 255, payload });
    expect('payload' in datagram && datagram.payload.buffer).not.toBe(payload.buffer);
  });

  it('is refused when it was cut', () => {
    expect(readVrrp6({ ...received, truncated: true })).toEqual({ refused: 'truncated', source: 'fe80::1' });
  });

  it.each([
    ['hop limit', { control: Uint8Array.from(info) }],
    ['destination', { control: Uint8Array.from(hopLimit) }],
    ['source', { from: new Uint8Array() }],
  ])('is refused without a %s', (_, less) => {
    expect(readVrrp6({ ...received, ...less })).toMatchObject({ refused: 'ip-header' });
  });
});
