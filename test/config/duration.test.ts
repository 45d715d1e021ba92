import { expect, test } from 'vitest';
import { formatDuration, parseDuration } from '../../src/config/duration.ts';
import { milliseconds } from '../../src/wire/units.ts';

test.each([
  ['200ms', 200],
  ['1s', 1000],
  ['1.5s', 1500],
  ['1.001s', 1001],
  ['40.95s', 40_950],
  ['0.5ms', 0.5],
  ['2m', 120_000],
  ['0s', 0],
])('%s is %d milliseconds', (text, value) => {
  expect(parseDuration(text)).toBe(value);
});

test.each([
  '',
  '200',
  '1 s',
  '-1s',
  '+1s',
  '1S',
  '1h',
  '1e3ms',
  '.5s',
  '1.s',
  '1.2345s',
  '12345678901s',
  '0x1s',
  '1s ',
  '1s\n',
])('%j is no duration', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test('a formatted duration reads back as itself', () => {
  for (const value of [0, 0.5, 1, 10, 200, 999, 1000, 1001, 1500, 40_950, 60_000, 999_999_999]) {
    expect(parseDuration(formatDuration(milliseconds(value)))).toBe(value);
  }
});
