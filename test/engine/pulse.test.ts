import { describe, expect, it } from 'vitest';
import { isMoving } from '../../src/engine/pulse.ts';
import { milliseconds } from '../../src/wire/units.ts';

const pulse = (turns: number, drains: number, overdue = 0): Parameters<typeof isMoving>[1] => ({
  turns,
  drains,
  overdue: milliseconds(overdue),
});

describe('the engine moves', () => {
  it.each([
    ['at its first look', undefined, pulse(1, 1), true],
    ['when it turned and read', pulse(5, 5), pulse(6, 6), true],
    ['not when no turn came to its end', pulse(5, 5), pulse(5, 5), false],
    ['not when no port could be read', pulse(5, 5), pulse(9, 5), false],
    ['not when deadlines are not kept', pulse(5, 5), pulse(6, 6, 1000), false],
    ['when they are a little late', pulse(5, 5), pulse(6, 6, 900), true],
  ])('%s', (_, before, now, moves) => {
    expect(isMoving(before, now, milliseconds(2000))).toBe(moves);
  });
});
