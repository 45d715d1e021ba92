import { describe, expect, it } from 'vitest';
import { addressOf } from '../../src/wire/address.ts';
import { internetChecksum, pseudoHeader } from '../../src/wire/checksum.ts';
import { bytes, hex } from './hex.ts';

describe('internetChecksum (RFC 1071)', () => {
  it('adds the numerical example of RFC 1071 3', () => {
    // The sum there is ddf2; the checksum is its complement.
    expect(internetChecksum(bytes('0001 f203 f4f5 f6f7'))).toBe(0xffff - 0xddf2);
  });

  it('is 0 over bytes that hold their own checksum', () => {
    expect(internetChecksum(bytes('0001 f203 f4f5 f6f7 220d'))).toBe(0);
  });

  it('pads an odd last byte with zero, and joins parts byte by byte', () => {
    expect(internetChecksum(bytes('010203'))).toBe(internetChecksum(bytes('01020300')));
    const whole = internetChecksum(bytes('0102030405'));
    expect(internetChecksum(bytes('01'), bytes('020304'), bytes('05'))).toBe(whole);
    expect(internetChecksum(bytes(''), bytes('0102030405'), bytes(''))).toBe(whole);
  });

  it('carries around, also over a message of the greatest size', () => {
    expect(internetChecksum(bytes('ffff ffff'))).toBe(0);
    expect(internetChecksum(bytes('ffff 0001'))).toBe(0xfffe);
    expect(internetChecksum(new Uint8Array(65536).fill(0xff))).toBe(0);
    expect(internetChecksum(bytes(''))).toBe(0xffff);
  });
});

describe('pseudoHeader', () => {
  it('has 12 bytes for IPv4 (RFC 793 3.1)', () => {
    const header = pseudoHeader(addressOf('10.9.0.1'), addressOf('224.0.0.18'), 0x1234, 112);
    expect(hex(header)).toBe('0a090001' + 'e0000012' + '0070' + '1234');
  });

  it('has 40 bytes for IPv6 (RFC 8200 8.1)', () => {
    const header = pseudoHeader(addressOf('fe80::1'), addressOf('ff02::12'), 0x1_2345, 58);
    expect(hex(header)).toBe('fe80' + '0'.repeat(27) + '1' + 'ff02' + '0'.repeat(26) + '12' + '00012345' + '0000003a');
  });

  it('never mixes families', () => {
    expect(() => pseudoHeader(addressOf('10.9.0.1'), addressOf('ff02::12'), 8, 112)).toThrow('family');
  });
});
