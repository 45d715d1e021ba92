import { describe, expect, test } from 'vitest';
import { advertisementOf, authenticationOf, destinationsOf, groupOf } from '../../src/vrrp/advertise.ts';
import { decodeAdvertisement, encodeAdvertisement } from '../../src/wire/advertisement.ts';
import { addressOf } from '../../src/wire/address.ts';
import { milliseconds } from '../../src/wire/units.ts';
import { v2, v3, v6 } from './fixture.ts';

describe('RFC 9568 7.2 transmitting', () => {
  test('RFC 9568 7.2: the fields are those of the virtual router', () => {
    expect(advertisementOf(v3, 254)).toEqual({
      version: 3,
      vrid: 51,
      priority: 254,
      reserved: 0,
      interval: 20,
      addresses: v3.addresses,
    });
    expect(advertisementOf({ ...v3, vrid: 7, interval: milliseconds(40_950) }, 0)).toMatchObject({
      vrid: 7,
      priority: 0,
      interval: 4095,
    });
  });

  test('RFC 9568 7.2: the checksum is computed, in the form that is configured', () => {
    const [destination] = destinationsOf(v3);
    if (destination === undefined) throw new Error('no destination');
    for (const checksum of ['pseudo-header', 'message'] as const) {
      const bytes = encodeAdvertisement(advertisementOf(v3, 254), { source: v3.source, destination, checksum });
      const decoded = decodeAdvertisement(bytes, { source: v3.source, destination });
      expect(decoded).toEqual({ advertisement: advertisementOf(v3, 254), checksumForm: checksum });
    }
  });

  test('RFC 9568 7.2: it goes to the VRRP group of its family, 224.0.0.18 or ff02::12', () => {
    expect(destinationsOf(v3)).toEqual(['224.0.0.18']);
    expect(destinationsOf(v6)).toEqual(['ff02::12']);
    expect(groupOf('ipv4')).not.toBe(groupOf('ipv6'));
  });

  test('RFC 9568 5.2.9: the addresses keep the order of the configuration, the IPv6 link-local one first', () => {
    expect(advertisementOf(v6, 1).addresses).toEqual(['fe80::101', '2001:db8::101']);
    expect(advertisementOf({ ...v3, addresses: v3.addresses.toReversed() }, 1).addresses).toEqual([
      '192.0.2.103',
      '192.0.2.101',
    ]);
  });

  test('unicast sends to each peer and broadcast to the limited broadcast address, never to the group', () => {
    const peers = [addressOf('192.0.2.12'), addressOf('192.0.2.13')];
    expect(destinationsOf({ ...v3, transport: 'unicast', peers })).toEqual(peers);
    expect(destinationsOf({ ...v3, transport: 'unicast', peers: [] })).toEqual([]);
    expect(destinationsOf({ ...v3, transport: 'broadcast', peers })).toEqual(['255.255.255.255']);
  });
});

describe('RFC 3768 7.2 transmitting', () => {
  test('RFC 3768 7.2: the fields are those of the virtual router, the interval in seconds', () => {
    expect(advertisementOf({ ...v2, interval: milliseconds(3000) }, 100)).toEqual({
      version: 2,
      vrid: 51,
      priority: 100,
      interval: 3,
      authType: 0,
      authData: new Uint8Array(8),
      addresses: v2.addresses,
    });
  });

  test('RFC 2338 5.3.6: the password is padded with zeros to 8 bytes and cut behind them', () => {
    expect(authenticationOf('abc')).toEqual({ type: 1, data: Uint8Array.of(0x61, 0x62, 0x63, 0, 0, 0, 0, 0) });
    expect(authenticationOf('12345678')).toEqual(authenticationOf('123456789'));
    expect(authenticationOf(undefined)).toEqual({ type: 0, data: new Uint8Array(8) });
    expect(advertisementOf({ ...v2, password: 'abc' }, 1)).toMatchObject({ authType: 1 });
  });
});
