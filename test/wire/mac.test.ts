import { describe, expect, it } from 'vitest';
import { addressOf } from '../../src/wire/address.ts';
import { broadcastMac, formatMac, macBytes, multicastMac, parseMac, zeroMac } from '../../src/wire/mac.ts';
import { bytes, hex } from './hex.ts';

describe('Ethernet addresses', () => {
  it('are canonical text, and bytes again', () => {
    expect(parseMac('02:00:5E:1A:00:Ff')).toBe('02:00:5e:1a:00:ff');
    expect(formatMac(bytes('02005e1a00ff'))).toBe('02:00:5e:1a:00:ff');
    expect(hex(macBytes(broadcastMac))).toBe('ffffffffffff');
    expect(hex(macBytes(zeroMac))).toBe('000000000000');
  });

  it('have six two-digit bytes between colons', () => {
    for (const text of [
      '',
      '02:00:5e:1a:00',
      '02:00:5e:1a:00:ff:00',
      '2:0:5e:1a:0:ff',
      '02-00-5e-1a-00-ff',
      '02:00:5e:1a:00:fg',
    ]) {
      expect(parseMac(text), text).toBeUndefined();
    }
    expect(() => formatMac(bytes('02005e1a00'))).toThrow('not 5');
  });

  it.each([
    // RFC 1112 6.4 drops the top nine bits of the group, RFC 2464 7 all but the last 32.
    ['224.0.0.18', '01:00:5e:00:00:12'],
    ['239.255.1.2', '01:00:5e:7f:01:02'],
    ['ff02::12', '33:33:00:00:00:12'],
    ['ff02::1:ff12:3456', '33:33:ff:12:34:56'],
  ])('the group %s is at %s', (group, mac) => {
    expect(multicastMac(addressOf(group))).toBe(mac);
  });
});
