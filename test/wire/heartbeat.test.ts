import { describe, expect, it } from 'vitest';
import { addressOf } from '../../src/wire/address.ts';
import { decodeHeartbeat, encodeHeartbeat, labelOf } from '../../src/wire/heartbeat.ts';
import { isMalformed } from '../../src/wire/malformed.ts';
import { milliseconds } from '../../src/wire/units.ts';
import { beat, report } from '../pair/beat.ts';
import { random } from './random.ts';

const full = beat({
  counter: 2 ** 40 + 3,
  leaving: true,
  reach: 'none',
  echoes: ['0123456789abcdef', 'fedcba9876543210'],
  paths: [{ node: labelOf('lb1'), path: labelOf('eth1'), age: milliseconds(30) }],
  routers: [
    report({ heard: { source: 1, age: milliseconds(200) }, refused: { reason: 15, source: 2, age: milliseconds(10) } }),
    report({ family: 'ipv6', source: addressOf('fe80::12'), state: 'backup', priority: 1 }),
    report({ state: 'initialize', source: undefined, priority: 0 }),
  ],
  words: new TextEncoder().encode('words of the manager'),
});

describe('a heartbeat', () => {
  it('comes back as it was sent', () => {
    for (const each of [full, beat()]) expect(decodeHeartbeat(encodeHeartbeat(each))).toEqual(each);
  });

  it('carries a thousand virtual routers', () => {
    const many = beat({ routers: Array.from({ length: 1000 }, (_, i) => report({ vrid: (i % 255) + 1, vip: i })) });
    const bytes = encodeHeartbeat(many);
    expect(bytes.length).toBeLessThan(60_000);
    expect(decodeHeartbeat(bytes)).toEqual(many);
  });

  it('that is cut anywhere is refused or shorter in its last part, and never throws', () => {
    const bytes = encodeHeartbeat(full);
    for (let length = 0; length < bytes.length - full.words.length; length++) {
      expect(isMalformed(decodeHeartbeat(bytes.subarray(0, length)))).toBe(true);
    }
  });

  it('of random bytes never throws', () => {
    const dice = random(1);
    const bytes = encodeHeartbeat(full);
    for (let i = 0; i < 5000; i++) {
      const broken = bytes.slice();
      for (let hits = dice(4); hits >= 0; hits--) broken[dice(broken.length)] = dice(256);
      expect(() => decodeHeartbeat(broken)).not.toThrow();
    }
  });

  it('of another version is refused as such', () => {
    const bytes = encodeHeartbeat(full);
    bytes[0] = 2;
    expect(decodeHeartbeat(bytes)).toEqual({ malformed: 'version' });
  });

  it('has ages that saturate', () => {
    const old = beat({ paths: [{ node: 1, path: 2, age: milliseconds(1e9) }] });
    expect(decodeHeartbeat(encodeHeartbeat(old))).toMatchObject({ paths: [{ age: 655_350 }] });
  });
});

it('a label is the same number on every host', () => {
  expect([labelOf(''), labelOf('eth1')]).toEqual([0x811c_9dc5, labelOf('eth1')]);
  expect(labelOf('a')).toBe(0xe40c_292c);
});
