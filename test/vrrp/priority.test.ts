import { describe, expect, test } from 'vitest';
import { FLOOR, givesWay, mayPreempt, OWNER, RECOVERING, RESIGNED } from '../../src/vrrp/priority.ts';
import { addressOf } from '../../src/wire/address.ts';

const low = addressOf('192.0.2.9');
const high = addressOf('192.0.2.10');

describe('priorities', () => {
  test('RFC 9568 6.4.3: for any two claims exactly one gives way', () => {
    const claims = [0, 1, 2, 100, 254, 255].flatMap((priority) => [low, high].map((source) => ({ priority, source })));
    for (const a of claims) {
      for (const b of claims) {
        const ways = [givesWay(a, b), givesWay(b, a)].filter(Boolean);
        expect(ways).toHaveLength(a === b ? 0 : 1);
      }
    }
  });

  test('RFC 9568 6.4.2: a lower priority may be preempted, an equal one never', () => {
    expect(mayPreempt(true, 100, 99)).toBe(true);
    expect(mayPreempt(true, 100, 100)).toBe(false);
    expect(mayPreempt(true, 100, 101)).toBe(false);
    expect(mayPreempt(false, 100, 99)).toBe(false);
  });

  test('RFC 9568 6.1: the address owner preempts without Preempt_Mode', () => {
    expect(mayPreempt(false, OWNER, 254)).toBe(true);
    expect(mayPreempt(false, OWNER, OWNER)).toBe(false);
    expect(mayPreempt(false, 254, 253)).toBe(false);
  });

  test('a router at the floor is relieved by every better one, whatever Preempt_Mode says', () => {
    expect(mayPreempt(false, RECOVERING, FLOOR)).toBe(true);
    expect(mayPreempt(false, 254, FLOOR)).toBe(true);
    expect(mayPreempt(false, FLOOR, FLOOR)).toBe(false);
    expect(mayPreempt(false, 254, RECOVERING)).toBe(false);
  });

  test('resigned, floor, recovering and owner are in this order', () => {
    expect([RESIGNED, FLOOR, RECOVERING, OWNER]).toEqual([0, 1, 2, 255]);
  });
});
