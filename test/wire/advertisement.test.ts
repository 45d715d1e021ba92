import { describe, expect, it } from 'vitest';
import { addressOf } from '../../src/wire/address.ts';
import { decodeAdvertisement, encodeAdvertisement, type Advertisement } from '../../src/wire/advertisement.ts';
import { internetChecksum } from '../../src/wire/checksum.ts';
import { isMalformed } from '../../src/wire/malformed.ts';
import { centiseconds, seconds } from '../../src/wire/units.ts';
import { advertisementVectors } from '../vectors/advertisements.ts';
import { bytes, hex } from './hex.ts';

const ipv4 = { source: addressOf('10.77.0.1'), destination: addressOf('224.0.0.18') };
const ipv6 = { source: addressOf('fe80::1'), destination: addressOf('ff02::12') };
const v2 = '2133640100017018 0a4d0065 0000000000000000';
const v3 = '31336401006474d8 0a4d0065';

/** The payload with the checksum that fits the message alone. */
function summed(text: string): Uint8Array {
  const payload = bytes(text);
  payload.set([0, 0], 6);
  new DataView(payload.buffer).setUint16(6, internetChecksum(payload));
  return payload;
}

describe('what keepalived and FRR sent', () => {
  it.each(advertisementVectors.map((vector) => [`v${vector.version}`, vector.name, vector] as const))(
    '%s %s decodes, and encodes to the same bytes',
    (_version, _name, vector) => {
      const envelope = { source: addressOf(vector.source), destination: addressOf(vector.destination) };
      const payload = bytes(vector.hex);
      const decoded = decodeAdvertisement(payload, envelope);
      if (isMalformed(decoded)) throw new Error(decoded.malformed);
      const { advertisement, checksumForm } = decoded;
      expect(advertisement).toMatchObject({
        version: vector.version,
        vrid: vector.vrid,
        priority: vector.priority,
        interval: vector.interval,
        addresses: vector.addresses,
      });
      expect(checksumForm).toBe(vector.checksumForm);
      if (advertisement.version === 2) {
        expect(advertisement.authType).toBe(vector.authType ?? 0);
        expect(Buffer.from(advertisement.authData).toString()).toBe((vector.password ?? '').padEnd(8, '\0'));
      } else {
        expect(advertisement.reserved).toBe(0);
      }
      expect(hex(encodeAdvertisement(advertisement, { ...envelope, checksum: checksumForm }))).toBe(hex(payload));
    },
  );
});

describe('RFC 9568 7.1: what bytes alone can tell, in its order', () => {
  const both = { vrid: 51, version: 3 };

  it('verifies the version', () => {
    const vrid = 51;
    expect(decodeAdvertisement(bytes(v3), ipv4)).not.toHaveProperty('malformed');
    expect(decodeAdvertisement(bytes('41336401006474d8 0a4d0065'), ipv4)).toEqual({
      malformed: 'version',
      version: 4,
      vrid,
    });
    expect(decodeAdvertisement(bytes('11336401006474d8 0a4d0065'), ipv4)).toEqual({
      malformed: 'version',
      version: 1,
      vrid,
    });
    expect(decodeAdvertisement(bytes('00'), ipv4)).toEqual({ malformed: 'version', version: 0 });
  });

  it('knows no version 2 over IPv6', () => {
    expect(decodeAdvertisement(bytes(v2), ipv6)).toEqual({ malformed: 'version', version: 2, vrid: 51 });
  });

  it('verifies the type, after the version', () => {
    expect(decodeAdvertisement(bytes('32336401006474d8 0a4d0065'), ipv4)).toEqual({ malformed: 'type', ...both });
    expect(decodeAdvertisement(bytes('20'), ipv4)).toEqual({ malformed: 'type', version: 2 });
    expect(decodeAdvertisement(bytes('42'), ipv4)).toMatchObject({ malformed: 'version' });
  });

  it('verifies that the packet is complete, after the type', () => {
    expect(decodeAdvertisement(bytes(''), ipv4)).toEqual({ malformed: 'length' });
    expect(decodeAdvertisement(bytes('31'), ipv4)).toEqual({ malformed: 'length', version: 3 });
    const whole = bytes(v3);
    for (let length = 2; length < whole.length; length++) {
      expect(decodeAdvertisement(whole.subarray(0, length), ipv4), String(length)).toEqual({
        malformed: 'length',
        ...both,
      });
    }
  });

  it('refuses bytes behind the message, whose IP header would have cut padding off', () => {
    expect(decodeAdvertisement(bytes(`${v3}00`), ipv4)).toEqual({ malformed: 'length', ...both });
    expect(decodeAdvertisement(bytes(`${v2}00000000`), ipv4)).toMatchObject({ malformed: 'length', version: 2 });
  });

  it('takes the length of an address from the family', () => {
    expect(decodeAdvertisement(bytes(v3), ipv6)).toEqual({ malformed: 'length', ...both });
  });

  it('verifies the checksum, after the length', () => {
    expect(decodeAdvertisement(bytes('31336401006474d9 0a4d0065'), ipv4)).toEqual({ malformed: 'checksum', ...both });
    expect(decodeAdvertisement(bytes('31336401006474d9 0a4d00'), ipv4)).toMatchObject({ malformed: 'length' });
  });

  it('accepts IPv4 checksums with and without the pseudo-header, and says which', () => {
    expect(decodeAdvertisement(bytes(v3), ipv4)).toMatchObject({ checksumForm: 'pseudo-header' });
    expect(decodeAdvertisement(bytes('3133640100645fb5 0a4d0065'), ipv4)).toMatchObject({ checksumForm: 'message' });
  });

  it('refuses the multicast pseudo-header in a unicast packet', () => {
    const unicast = { ...ipv4, destination: addressOf('10.77.0.2') };
    expect(decodeAdvertisement(bytes(v3), unicast)).toMatchObject({ malformed: 'checksum' });
  });

  it('insists on the pseudo-header over IPv6', () => {
    const text = '3133640100640000 fe800000000000000000000000000101';
    expect(decodeAdvertisement(summed(text), ipv6)).toEqual({ malformed: 'checksum', ...both });
  });

  it('refuses an advertisement without addresses (5.2.5)', () => {
    expect(decodeAdvertisement(summed('3133640000640000'), ipv4)).toEqual({ malformed: 'count', ...both });
  });
});

describe('RFC 3768 7.1 where it differs', () => {
  it('has 8 bytes of authentication data behind the addresses, always', () => {
    expect(decodeAdvertisement(bytes('2133640100017018 0a4d0065'), ipv4)).toMatchObject({ malformed: 'length' });
  });

  it('covers the authentication data with the checksum (5.3.8)', () => {
    expect(decodeAdvertisement(bytes(v2), ipv4)).toMatchObject({ checksumForm: 'message' });
    const other = bytes(v2);
    other.set([1], other.length - 1);
    expect(decodeAdvertisement(other, ipv4)).toEqual({ malformed: 'checksum', vrid: 51, version: 2 });
    expect(decodeAdvertisement(bytes('2133640201016463 0a4d0065 0a4d0067 7333637265747077'), ipv4)).toMatchObject({
      malformed: 'checksum',
    });
  });

  it('has no pseudo-header: the same bytes are good between any two hosts', () => {
    const elsewhere = { source: addressOf('192.0.2.1'), destination: addressOf('192.0.2.2') };
    expect(decodeAdvertisement(bytes(v2), elsewhere)).not.toHaveProperty('malformed');
  });

  it('keeps authentication types and data it does not know', () => {
    const decoded = decodeAdvertisement(summed('213364000701 0000 0102030405060708'), ipv4);
    expect(decoded).toMatchObject({
      advertisement: { authType: 7, authData: bytes('0102030405060708'), addresses: [] },
    });
  });
});

describe('values', () => {
  const base = { version: 3, vrid: 1, priority: 1, interval: centiseconds(100), reserved: 0 } as const;
  const send = { ...ipv4, checksum: 'message' } as const;
  const back = (advertisement: Advertisement): unknown =>
    decodeAdvertisement(encodeAdvertisement(advertisement, send), ipv4);

  it('keeps all 12 bits of the interval and all 4 reserved bits apart', () => {
    for (const [interval, reserved] of [
      [4095, 0],
      [0, 15],
      [1, 8],
      [0xabc, 5],
    ] as const) {
      const advertisement = { ...base, interval: centiseconds(interval), reserved, addresses: [addressOf('10.0.0.1')] };
      expect(back(advertisement)).toMatchObject({ advertisement });
    }
  });

  it('carries 255 addresses and keeps their order', () => {
    const addresses = Array.from({ length: 255 }, (_, i) => addressOf(`10.0.0.${254 - i < 0 ? 255 : 254 - i}`));
    const payload = encodeAdvertisement({ ...base, addresses }, send);
    expect(payload.length).toBe(8 + 255 * 4);
    expect(decodeAdvertisement(payload, ipv4)).toMatchObject({ advertisement: { addresses } });
  });

  it('does not share memory with the receive buffer', () => {
    const payload = summed('2133640101010000 0a4d0065 7333637265747077');
    const decoded = decodeAdvertisement(Buffer.from(payload.buffer), ipv4);
    payload.fill(0);
    expect(decoded).toMatchObject({
      advertisement: { authData: bytes('7333637265747077'), addresses: ['10.77.0.101'] },
    });
  });

  it('reads from the middle of a larger buffer', () => {
    const inside = bytes(`ffffff ${v3} ffffff`).subarray(3, 15);
    expect(decodeAdvertisement(inside, ipv4)).toMatchObject({ advertisement: { vrid: 51, priority: 100 } });
  });

  it('treats what no program should ask for as a bug', () => {
    const one = [addressOf('10.0.0.1')];
    const wrong: readonly Advertisement[] = [
      { ...base, addresses: [] },
      { ...base, addresses: Array.from({ length: 256 }, () => addressOf('10.0.0.1')) },
      { ...base, addresses: [addressOf('fe80::1')] },
      { ...base, addresses: one, interval: centiseconds(4096) },
      { ...base, addresses: one, interval: centiseconds(20.5) },
      { ...base, addresses: one, reserved: 16 },
      { ...base, addresses: one, vrid: 256 },
      { ...base, addresses: one, vrid: 1.5 },
      { ...base, addresses: one, priority: -1 },
      { ...base, version: 2, addresses: one, interval: seconds(1), authType: 1, authData: bytes('00') },
      {
        ...base,
        version: 2,
        addresses: [addressOf('fe80::1')],
        interval: seconds(1),
        authType: 0,
        authData: new Uint8Array(8),
      },
      { ...base, version: 2, addresses: one, interval: seconds(256), authType: 0, authData: new Uint8Array(8) },
    ];
    for (const advertisement of wrong) expect(() => encodeAdvertisement(advertisement, send)).toThrow();
  });
});
