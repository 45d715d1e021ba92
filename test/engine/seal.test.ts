import { expect, it } from 'vitest';
import { newSession, Seal } from '../../src/engine/seal.ts';

const key = new TextEncoder().encode('a key that is long enough');
const message = new TextEncoder().encode('web-1 is mine');

it('opens what it sealed, and nobody reads it on the way', () => {
  const sealed = new Seal(key).seal(message);
  expect(Buffer.from(sealed).includes(Buffer.from('web-1'))).toBe(false);
  expect(Buffer.from(new Seal(key).open(sealed) as Uint8Array)).toEqual(Buffer.from(message));
  expect(Buffer.from(new Seal(key).seal(message))).not.toEqual(Buffer.from(sealed));
});

it('refuses another key, every changed byte, and what is nothing of ours', () => {
  const sealed = new Seal(key).seal(message);
  expect(new Seal(new TextEncoder().encode('another key entirely')).open(sealed)).toBe('forged');
  for (let i = 0; i < sealed.length; i++) {
    const changed = Uint8Array.from(sealed).slice();
    changed[i] = (changed[i] ?? 0) ^ 1;
    expect(new Seal(key).open(changed)).toBe(i < 4 ? 'foreign' : 'forged');
  }
  for (let length = 0; length < sealed.length; length++) {
    expect(typeof new Seal(key).open(Uint8Array.from(sealed).slice(0, length))).toBe('string');
  }
});

it('a session is a number nobody guesses', () => {
  expect(newSession()).toMatch(/^[0-9a-f]{16}$/);
  expect(newSession()).not.toBe(newSession());
});
