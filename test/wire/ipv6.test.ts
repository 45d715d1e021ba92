import { describe, expect, it } from 'vitest';
import { decodeIpv6, encodeIpv6 } from '../../src/wire/ipv6.ts';
import { bytes, hex } from './hex.ts';

const addresses = 'fe8000000000000000000000000000ff ff020000000000000000000000000012';
const datagram = bytes(`6c012345 0004 70 ff ${addresses} 31330001`);

describe('the IPv6 header (RFC 8200 3)', () => {
  it('decodes to its fields and encodes to the same bytes', () => {
    const packet = decodeIpv6(datagram);
    expect(packet).toEqual({
      ...{ source: 'fe80::ff', destination: 'ff02::12', hopLimit: 255, nextHeader: 112 },
      ...{ trafficClass: 0xc0, flowLabel: 0x1_2345, payload: bytes('31330001') },
    });
    if ('payload' in packet) expect(hex(encodeIpv6(packet))).toBe(hex(datagram));
  });

  it('cuts padding off, and refuses what is not IPv6 or not whole', () => {
    expect(decodeIpv6(Uint8Array.of(...datagram, 0, 0))).toEqual(decodeIpv6(datagram));
    for (let length = 0; length < datagram.length; length++) {
      expect(decodeIpv6(datagram.subarray(0, length)), String(length)).toEqual({ malformed: 'length' });
    }
    expect(decodeIpv6(bytes('45'))).toEqual({ malformed: 'version' });
  });
});
