import { describe, expect, test } from 'vitest';
import { isRefused, receive } from '../../src/vrrp/receive.ts';
import type { ReceivedDatagram, Refusal } from '../../src/vrrp/receive.ts';
import type { RouterConfig } from '../../src/vrrp/state.ts';
import { addressOf } from '../../src/wire/address.ts';
import { centiseconds, milliseconds, seconds } from '../../src/wire/units.ts';
import { datagram, withByte } from './datagram.ts';
import type { Forgery } from './datagram.ts';
import { v2, v3, v6 } from './fixture.ts';

/** What the router of `config` makes of a datagram: `accepted`, or the refusal. */
function verdict(config: RouterConfig, packet: ReceivedDatagram, priority = 100): Refusal | 'accepted' {
  const result = receive(packet, (vrid) => (vrid === config.vrid ? { config, priority } : undefined));
  return isRefused(result) ? result.refused : 'accepted';
}

function accepted(config: RouterConfig, packet: ReceivedDatagram, priority = 100) {
  const result = receive(packet, () => ({ config, priority }));
  if (isRefused(result)) throw new Error(`Refused: ${result.refused}`);
  return result;
}

const forged = (config: RouterConfig, forgery: Forgery): Refusal | 'accepted' =>
  verdict(config, datagram(config, 200, forgery));

describe('RFC 9568 7.1 receiving', () => {
  test('RFC 9568 7.1: the hop limit is 255, and nothing else will do', () => {
    for (const config of [v3, v6, { ...v3, transport: 'unicast' as const }]) {
      expect(forged(config, { hopLimit: 255 })).toBe('accepted');
      for (const hopLimit of [0, 1, 64, 254]) expect(forged(config, { hopLimit })).toBe('ttl');
    }
  });

  test('RFC 9568 7.1: the version is 3', () => {
    expect(forged(v3, {})).toBe('accepted');
    for (const first of [0x01, 0x11, 0x41, 0xf1]) expect(forged(v3, { bytes: withByte(0, first) })).toBe('version');
    expect(verdict(v3, datagram(v2, 200))).toBe('version-mismatch');
    expect(verdict(v6, { ...datagram(v6, 200), payload: datagram(v2, 200).payload })).toBe('version');
  });

  test('RFC 9568 7.1: the type is 1', () => {
    for (const first of [0x30, 0x32, 0x3f]) expect(forged(v3, { bytes: withByte(0, first) })).toBe('type');
  });

  test('RFC 9568 7.1: the packet is complete', () => {
    for (const config of [v3, v6]) {
      const { length } = datagram(config, 200).payload;
      for (let end = 0; end < length; end++) {
        expect(forged(config, { bytes: (payload) => payload.slice(0, end) })).toBe('length');
      }
      expect(forged(config, { bytes: (payload) => Uint8Array.of(...payload, 0) })).toBe('length');
    }
  });

  test('RFC 9568 7.1: the checksum is right', () => {
    for (const config of [v3, v6]) {
      expect(forged(config, {})).toBe('accepted');
      const { length } = datagram(config, 200).payload;
      for (const offset of [2, 5, 6, 7, length - 1]) {
        expect(forged(config, { bytes: (payload) => withByte(offset, (payload[offset] ?? 0) ^ 1)(payload) })).toBe(
          'checksum',
        );
      }
    }
  });

  test('RFC 9568 5.2.8: over IPv4 both forms of the checksum are accepted, and the unconfigured one is remarked on', () => {
    for (const checksum of ['pseudo-header', 'message'] as const) {
      const config = { ...v3, checksum };
      expect(accepted(config, datagram(v3, 200, { checksum }))).toMatchObject({ checksumForm: checksum, remarks: [] });
      const other = checksum === 'message' ? 'pseudo-header' : 'message';
      const result = accepted(config, datagram(v3, 200, { checksum: other }));
      expect(result).toMatchObject({ checksumForm: other, remarks: ['checksum-form'] });
    }
  });

  test('RFC 9568 5.2.8: over IPv6 the pseudo-header is part of the checksum', () => {
    expect(accepted(v6, datagram(v6, 200)).checksumForm).toBe('pseudo-header');
    const packet = datagram(v6, 200);
    expect(verdict(v6, { ...packet, source: addressOf('fe80::13') })).toBe('checksum');
  });

  test('RFC 9568 7.1, erratum 8299: the address count is not 0', () => {
    expect(forged(v3, {})).toBe('accepted');
    const empty = Uint8Array.of(0x31, 51, 200, 0, 0, 20, 0, 0);
    const sum = 0x3133 + 0xc800 + 20;
    const folded = ~((sum & 0xffff) + (sum >> 16)) & 0xffff;
    empty.set([folded >> 8, folded & 0xff], 6);
    expect(forged(v3, { bytes: () => empty })).toBe('count');
  });

  test('RFC 9568 7.1: the VRID is configured on the interface', () => {
    expect(forged(v3, { advertisement: (genuine) => ({ ...genuine, vrid: 52 }) })).toBe('vrid');
    expect(forged(v3, { advertisement: (genuine) => ({ ...genuine, vrid: 0 }) })).toBe('vrid');
  });

  test('RFC 9568 7.1, erratum 8298: an address owner listens, and remarks on it', () => {
    expect(accepted(v3, datagram(v3, 255), 255).remarks).toEqual(['owner']);
    expect(accepted(v3, datagram(v3, 255), 254).remarks).toEqual([]);
  });

  test('RFC 9568 7.1, erratum 8301: the Max Advertise Interval is not 0', () => {
    const interval = (value: number): Forgery => ({
      advertisement: (genuine) => (genuine.version === 3 ? { ...genuine, interval: centiseconds(value) } : genuine),
    });
    expect(forged(v3, interval(0))).toBe('interval');
    expect(forged(v3, interval(1))).toBe('accepted');
    expect(forged(v3, interval(4095))).toBe('accepted');
  });

  test('RFC 9568 5.2.6: the reserved bits are ignored', () => {
    const packet = datagram(v3, 200, {
      advertisement: (genuine) => (genuine.version === 3 ? { ...genuine, reserved: 15 } : genuine),
    });
    expect(accepted(v3, packet).heard).toEqual({ priority: 200, interval: 200, source: packet.source });
  });

  test('RFC 9568 7.1: another address list or interval is told and not dropped', () => {
    const fewer = datagram(v3, 200, { advertisement: (genuine) => ({ ...genuine, addresses: v3.addresses.slice(1) }) });
    expect(accepted(v3, fewer).remarks).toEqual(['address-list']);
    const reversed = datagram(v3, 200, {
      advertisement: (genuine) => ({ ...genuine, addresses: v3.addresses.toReversed() }),
    });
    expect(accepted(v3, reversed).remarks).toEqual([]);
    const slower = datagram({ ...v3, interval: milliseconds(1000) }, 200);
    expect(accepted(v3, slower)).toMatchObject({ remarks: ['interval'], heard: { interval: 1000 } });
  });

  test('RFC 9568 7.1: what is accepted arrives with its priority, its interval in milliseconds and its source', () => {
    for (const [config, interval] of [
      [v3, 200],
      [v6, 200],
      [v2, 1000],
    ] as const) {
      const packet = datagram(config, 7);
      expect(accepted(config, packet).heard).toEqual({ priority: 7, interval, source: config.peers[0] });
    }
  });
});

describe('RFC 3768 7.1 receiving', () => {
  test('RFC 3768 7.1: TTL, version, length and checksum', () => {
    expect(forged(v2, {})).toBe('accepted');
    expect(forged(v2, { hopLimit: 254 })).toBe('ttl');
    expect(verdict(v2, datagram(v3, 200))).toBe('version-mismatch');
    expect(forged(v2, { bytes: (payload) => payload.slice(0, -1) })).toBe('length');
    expect(forged(v2, { bytes: withByte(2, 201) })).toBe('checksum');
    expect(forged(v2, { bytes: withByte(0, 0x22) })).toBe('type');
  });

  test('RFC 3768 7.1: the local router is not the owner of the addresses', () => {
    expect(verdict(v2, datagram(v2, 200), 255)).toBe('owner');
    expect(verdict(v2, datagram(v2, 200), 254)).toBe('accepted');
  });

  test('RFC 3768 7.1: the authentication type matches', () => {
    const type = (authType: number): Forgery => ({
      advertisement: (genuine) => (genuine.version === 2 ? { ...genuine, authType } : genuine),
    });
    expect(forged(v2, type(0))).toBe('accepted');
    for (const unknown of [1, 2, 3, 255]) expect(forged(v2, type(unknown))).toBe('auth-type');
    expect(verdict({ ...v2, password: 's3cret' }, datagram(v2, 200))).toBe('auth-type');
    expect(verdict(v2, datagram({ ...v2, password: 's3cret' }, 200))).toBe('auth-type');
  });

  test('RFC 3768 5.3.10: authentication data without a password is ignored', () => {
    const data: Forgery = {
      advertisement: (genuine) =>
        genuine.version === 2 ? { ...genuine, authData: new Uint8Array(8).fill(9) } : genuine,
    };
    expect(forged(v2, data)).toBe('accepted');
    // With a password the same bytes count.
    expect(verdict({ ...v2, password: 'abc' }, datagram({ ...v2, password: 'abd' }, 200))).toBe('auth-data');
  });

  test('RFC 2338 5.3.6: the simple password matches in all of its 8 bytes', () => {
    const configured = { ...v2, password: 's3cretpw' };
    const from = (password: string): Refusal | 'accepted' => verdict(configured, datagram({ ...v2, password }, 200));
    expect(from('s3cretpw')).toBe('accepted');
    // What comes behind the eighth character never reaches the wire.
    expect(from('s3cretpw-and-more')).toBe('accepted');
    for (const wrong of ['s3cretpW', 's3cret', 'S3cretpw', ' s3cretp', '']) expect(from(wrong)).toBe('auth-data');
    expect(verdict({ ...v2, password: 'abc' }, datagram({ ...v2, password: 'abcd' }, 200))).toBe('auth-data');
    expect(verdict({ ...v2, password: 'abc' }, datagram({ ...v2, password: 'abc' }, 200))).toBe('accepted');
  });

  test('RFC 3768 7.1: the interval is the configured one', () => {
    const interval = (value: number): Forgery => ({
      advertisement: (genuine) => (genuine.version === 2 ? { ...genuine, interval: seconds(value) } : genuine),
    });
    expect(forged(v2, interval(1))).toBe('accepted');
    for (const other of [0, 2, 100, 255]) expect(forged(v2, interval(other))).toBe('interval');
  });

  test('RFC 3768 7.1: another address list is remarked on; the check is optional and dropping would make two masters', () => {
    const fewer = datagram(v2, 200, { advertisement: (genuine) => ({ ...genuine, addresses: [] }) });
    expect(accepted(v2, fewer).remarks).toEqual(['address-list']);
  });

  test('RFC 3768 7.1: the authentication is checked before the interval', () => {
    const both = datagram({ ...v2, password: 'x', interval: milliseconds(2000) }, 200);
    expect(verdict(v2, both)).toBe('auth-type');
    expect(verdict({ ...v2, password: 'y' }, both)).toBe('auth-data');
  });
});

describe('receiving beyond the RFC', () => {
  test('our own packet, reflected by the network, is refused before anything else is made of it', () => {
    for (const config of [v3, v2, v6]) {
      const packet = datagram(config, 254, { source: config.source });
      expect(verdict(config, packet)).toBe('own-packet');
      expect(verdict(config, datagram(config, 254))).toBe('accepted');
    }
  });

  test('each transport takes the destination it sends to, and no other', () => {
    const broadcast = addressOf('255.255.255.255');
    const group = addressOf('224.0.0.18');
    const transports = { multicast: group, broadcast, unicast: v3.source } as const;
    for (const [transport, own] of Object.entries(transports)) {
      const config = { ...v3, transport: transport as keyof typeof transports };
      for (const destination of Object.values(transports)) {
        expect(forged(config, { destination })).toBe(destination === own ? 'accepted' : 'destination');
      }
    }
    expect(forged(v6, { destination: addressOf('ff02::12') })).toBe('accepted');
    expect(forged(v6, { destination: addressOf('ff02::1') })).toBe('destination');
  });

  test('unicast listens to its peers only', () => {
    const config = { ...v3, transport: 'unicast' as const };
    expect(forged(config, {})).toBe('accepted');
    expect(forged(config, { source: addressOf('192.0.2.13') })).toBe('peer');
    expect(forged(v3, { source: addressOf('192.0.2.13') })).toBe('accepted');
  });

  test('a refusal names the VRID and version where the packet was long enough to have them', () => {
    const look = (packet: ReceivedDatagram) => receive(packet, () => undefined);
    expect(look(datagram(v3, 200))).toMatchObject({ refused: 'vrid', vrid: 51, version: 3, router: undefined });
    expect(look({ ...datagram(v3, 200), payload: Uint8Array.of(0x31) })).toMatchObject({
      refused: 'length',
      vrid: undefined,
    });
    expect(look({ ...datagram(v3, 200), payload: new Uint8Array(0) })).toMatchObject({
      refused: 'length',
      version: undefined,
    });
  });
});
