import { endianness } from 'node:os';
import { describe, expect, it } from 'vitest';
import {
  internetSockaddr,
  ipv6Sockaddr,
  netlinkSockaddr,
  packetSockaddr,
  readIpv4Sockaddr,
  readIpv6Sockaddr,
  readNetlinkPort,
  unixSockaddr,
} from '../../src/linux/sockaddr.ts';
import { addressOf } from '../../src/wire/address.ts';

const hex = (bytes: Uint8Array | undefined): string | undefined => bytes && Buffer.from(bytes).toString('hex');

/** The structures of a little-endian host; the fields that are in host order differ elsewhere. */
describe.runIf(endianness() === 'LE')('socket addresses as bytes', () => {
  it('sockaddr_in6 has a scope for link-local and multicast addresses only', () => {
    expect(hex(ipv6Sockaddr(addressOf('fe80::1'), 7))).toBe(
      '0a00' + '0000' + '00000000' + 'fe800000000000000000000000000001' + '07000000',
    );
    expect(hex(ipv6Sockaddr(addressOf('ff02::12'), 258))).toMatch(/02010000$/);
    expect(hex(ipv6Sockaddr(addressOf('2001:db8::1'), 7))).toMatch(/00000000$/);
    expect(hex(ipv6Sockaddr(addressOf('ff::1'), 7))).toMatch(/00000000$/);
  });

  it('sockaddr_in and sockaddr_in6 hold the port, and are read back', () => {
    const four = internetSockaddr(addressOf('192.0.2.1'), 8080);
    expect(hex(four)).toBe('0200' + '1f90' + 'c0000201' + '0000000000000000');
    const six = internetSockaddr(addressOf('2001:db8::1'), 8080);
    expect(hex(six)).toBe('0a00' + '1f90' + '00000000' + '20010db8000000000000000000000001' + '00000000');
    expect([readIpv4Sockaddr(four), readIpv6Sockaddr(six)]).toEqual(['192.0.2.1', '2001:db8::1']);
    expect([readIpv4Sockaddr(six), readIpv6Sockaddr(four), readIpv4Sockaddr(four.subarray(0, 7))]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('sockaddr_nl holds the groups', () => {
    expect(hex(netlinkSockaddr(0x111))).toBe('1000' + '0000' + '00000000' + '11010000');
  });

  it('sockaddr_ll holds protocol and interface', () => {
    expect(hex(packetSockaddr(3, 0x0806))).toBe(
      '1100' + '0806' + '03000000' + '0000' + '00' + '00' + '0000000000000000',
    );
  });

  it('sockaddr_un is a path with its NUL or an abstract name without', () => {
    expect(hex(unixSockaddr('/run/x'))).toBe('0100' + '2f72756e2f78' + '00');
    expect(hex(unixSockaddr('@ab'))).toBe('0100' + '00' + '6162');
  });
});

describe('reading socket addresses', () => {
  it('gives back the IPv6 address', () => {
    expect(readIpv6Sockaddr(ipv6Sockaddr(addressOf('fe80::1:2'), 7))).toBe('fe80::1:2');
  });

  it('tells the kernel from a process', () => {
    const kernel = netlinkSockaddr(0);
    expect(readNetlinkPort(kernel)).toBe(0);
    new DataView(kernel.buffer).setUint32(4, 4711, endianness() === 'LE');
    expect(readNetlinkPort(kernel)).toBe(4711);
  });

  it('refuses what is short or of another family', () => {
    expect(readIpv6Sockaddr(new Uint8Array())).toBeUndefined();
    expect(readIpv6Sockaddr(packetSockaddr(1, 0))).toBeUndefined();
    expect(readIpv6Sockaddr(new Uint8Array(28))).toBeUndefined();
    expect(readNetlinkPort(new Uint8Array(4))).toBeUndefined();
    expect(readNetlinkPort(ipv6Sockaddr(addressOf('::1'), 0))).toBeUndefined();
  });
});

describe('unix socket names', () => {
  it.each(['', '@', '/', 'relative', `/${'x'.repeat(107)}`, `@${'x'.repeat(107)}`])('refuses "%s"', (path) => {
    expect(unixSockaddr(path)).toBeUndefined();
  });

  it('takes the longest that fits', () => {
    expect(unixSockaddr(`/${'x'.repeat(106)}`)).toHaveLength(110);
    expect(unixSockaddr(`@${'x'.repeat(106)}`)).toHaveLength(109);
  });
});
