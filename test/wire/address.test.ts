import { isIP } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  addressBytes,
  addressOf,
  compareAddresses,
  familyOf,
  formatAddress,
  isLinkLocal,
  parseAddress,
} from '../../src/wire/address.ts';
import { bytes, hex } from './hex.ts';
import { random } from './random.ts';

describe('IPv6 text is canonical (RFC 5952)', () => {
  it.each([
    // [clause, spelling, canonical]
    ['4.1 leading zeros go', '2001:0db8:0000:0000:0008:0800:200C:417A', '2001:db8::8:800:200c:417a'],
    ['4.1 a zero group stays one digit', '2001:db8:0000:1:0001:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['4.2.1 the run is shortened as far as it goes', '2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
    ['4.2.1 an already shortened run is made longer', '2001:db8::0:1', '2001:db8::1'],
    ['4.2.2 one zero group is not shortened', '2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['4.2.3 the longest run is shortened', '2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['4.2.3 of two equal runs the first', '2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['4.3 lower case', '2001:DB8:AaAa:BBBB:CcCc:DDDD:EeEe:FFFF', '2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff'],
    ['5 IPv4-mapped keeps its dotted tail', '::FFFF:192.0.2.1', '::ffff:192.0.2.1'],
    ['5 IPv4-mapped gets a dotted tail', '0:0:0:0:0:ffff:c000:201', '::ffff:192.0.2.1'],
    ['a dotted tail elsewhere becomes groups', '64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['a dotted tail without a run', '1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:102:304'],
    ['a dotted tail of the lowest addresses', '::0.0.0.1', '::1'],
    ['unspecified', '0:0:0:0:0:0:0:0', '::'],
    ['run at the front', '0:0:0:0:0:0:0:1', '::1'],
    ['run at the end', 'fe80:0:0:0:0:0:0:0', 'fe80::'],
    ['run of one group at the end', '1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['run of one group at the front', '::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
    ['no run at all', '1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
  ])('%s: %s', (_clause, spelling, canonical) => {
    expect(parseAddress(spelling)).toBe(canonical);
    expect(parseAddress(canonical)).toBe(canonical);
  });

  it('agrees with the URL standard, which serialises the same way but for the dotted tail', () => {
    const next = random(5952);
    for (let i = 0; i < 5000; i++) {
      // Groups that are often zero, so that runs of every length and place occur.
      const groups = Array.from({ length: 8 }, () => (next(2) === 0 ? 0 : next(0x1_0000)));
      const text = groups.map((group) => group.toString(16)).join(':');
      const canonical = addressOf(text);
      expect(`[${canonical}]`).toBe(new URL(`http://[${text}]/`).hostname);
      expect(formatAddress(addressBytes(canonical))).toBe(canonical);
      expect(isIP(canonical)).toBe(6);
    }
  });
});

describe('parseAddress refuses', () => {
  it.each([
    [
      '',
      '1.2.3',
      '1.2.3.4.5',
      '256.0.0.1',
      '01.2.3.4',
      '0x1.2.3.4',
      '1.2.3.4 ',
      ' 1.2.3.4',
      '1.2.3.4\n',
      '1..2.3',
      '-1.2.3.4',
    ],
    [
      ':',
      ':::',
      '::1::',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '1::2:3:4:5:6:7:8',
      '12345::',
      'g::',
      '::1/64',
      '[::1]',
    ],
    ['::ffff:1.2.3', '::ffff:256.1.1.1', '::ffff:01.2.3.4', '1.2.3.4::', '1:2:3:4:5:6:7:1.2.3.4', '::1.2.3.4:5'],
    ['fe80::1%eth0', 'fe80::1%', '192.0.2.1/24', 'localhost', '192.0.2.1:80', 'undefined', '१.2.3.4'],
  ])('%j and the like', (...texts) => {
    for (const text of texts) expect(parseAddress(text), text).toBeUndefined();
  });

  it('and addressOf throws, because there it is a bug', () => {
    expect(() => addressOf('192.0.2.256')).toThrow('"192.0.2.256"');
  });
});

describe('bytes', () => {
  it.each([
    ['192.0.2.1', 'c0000201'],
    ['0.0.0.0', '00000000'],
    ['255.255.255.255', 'ffffffff'],
    ['fe80::1', 'fe800000000000000000000000000001'],
    ['::', '00000000000000000000000000000000'],
    ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
    ['1:2:3:4:5:6:7:0', '00010002000300040005000600070000'],
    ['2001:db8::1:0:0:1', '20010db8000000000001000000000001'],
  ])('%s is %s, both ways', (text, expected) => {
    expect(hex(addressBytes(addressOf(text)))).toBe(expected);
    expect(formatAddress(bytes(expected))).toBe(text);
  });

  it('of another length are a bug', () => {
    for (const length of [0, 3, 5, 15, 17])
      expect(() => formatAddress(new Uint8Array(length))).toThrow(`not ${length}`);
  });

  it('may be a view into a larger buffer', () => {
    expect(formatAddress(bytes('ffff c0000201 ffff').subarray(2, 6))).toBe('192.0.2.1');
    expect(formatAddress(Buffer.from([9, 192, 0, 2, 1]).subarray(1))).toBe('192.0.2.1');
  });
});

describe('compareAddresses orders as unsigned numbers (RFC 9568 6.4.3)', () => {
  it.each([
    ['192.0.2.9', '192.0.2.10'],
    ['9.255.255.255', '10.0.0.0'],
    ['127.255.255.255', '128.0.0.0'],
    ['0.0.0.0', '255.255.255.255'],
    ['fe80::9', 'fe80::10'],
    ['fe80::ffff', 'fe80::1:0'],
    ['7fff::', '8000::'],
    ['::ffff:255.255.255.255', '::1:0:0:0'],
    ['::', '::1'],
  ])('%s is smaller than %s', (smaller, greater) => {
    expect(compareAddresses(addressOf(smaller), addressOf(greater))).toBeLessThan(0);
    expect(compareAddresses(addressOf(greater), addressOf(smaller))).toBeGreaterThan(0);
    expect(compareAddresses(addressOf(smaller), addressOf(smaller))).toBe(0);
  });

  it('agrees with big integers', () => {
    const next = random(6);
    const value = (address: Uint8Array): bigint => BigInt(`0x${hex(address)}`);
    for (let i = 0; i < 2000; i++) {
      const length = next(2) === 0 ? 4 : 16;
      const left = Uint8Array.from({ length }, () => next(256));
      const right = Uint8Array.from(left, (byte) => (next(6) === 0 ? next(256) : byte));
      const expected = value(left) < value(right) ? -1 : Number(value(left) > value(right));
      expect(Math.sign(compareAddresses(formatAddress(left), formatAddress(right)))).toBe(expected);
    }
  });
});

describe('families and scopes', () => {
  it('tells the family', () => {
    expect(familyOf(addressOf('192.0.2.1'))).toBe('ipv4');
    expect(familyOf(addressOf('::ffff:192.0.2.1'))).toBe('ipv6');
    expect(familyOf(addressOf('::'))).toBe('ipv6');
  });

  it('knows fe80::/10 and nothing else as link-local', () => {
    for (const text of ['fe80::1', 'fe80::', 'fe9a::1', 'febf:ffff::1'])
      expect(isLinkLocal(addressOf(text)), text).toBe(true);
    for (const text of ['fec0::1', 'fe7f::1', 'ff02::1', 'fe8::1', '2001:db8::fe80', '::', '169.254.1.1', 'fd09::1']) {
      expect(isLinkLocal(addressOf(text)), text).toBe(false);
    }
  });
});
