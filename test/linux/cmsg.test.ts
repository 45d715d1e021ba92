import { endianness } from 'node:os';
import { describe, expect, it } from 'vitest';
import { controlInteger, parseControl } from '../../src/linux/cmsg.ts';

const little = endianness() === 'LE';

/** One item as the kernel lays it out, padded. */
function item(wordBytes: 4 | 8, level: number, type: number, data: readonly number[]): Uint8Array {
  const length = wordBytes + 8 + data.length;
  const bytes = new Uint8Array(Math.ceil(length / wordBytes) * wordBytes);
  const view = new DataView(bytes.buffer);
  if (wordBytes === 8) view.setBigUint64(0, BigInt(length), little);
  else view.setUint32(0, length, little);
  view.setInt32(wordBytes, level, little);
  view.setInt32(wordBytes + 4, type, little);
  bytes.set(data, wordBytes + 8);
  return bytes;
}

const four = (value: number): number[] => [...new Uint8Array(Int32Array.of(value).buffer)];

describe.each([4, 8] as const)('ancillary data with words of %i bytes', (wordBytes) => {
  const hopLimit = item(wordBytes, 41, 52, four(255));
  const info = item(wordBytes, 41, 50, [...Array(20).keys()]);

  it('is read item by item, over the padding', () => {
    const messages = parseControl(Uint8Array.of(...hopLimit, ...info), wordBytes);
    expect(messages.map(({ level, type }) => [level, type])).toEqual([
      [41, 52],
      [41, 50],
    ]);
    expect(messages.map((message) => controlInteger(message))).toEqual([255, expect.any(Number)]);
    expect([...(messages[1]?.data ?? [])]).toEqual([...Array(20).keys()]);
  });

  it('is read from the middle of a buffer', () => {
    const buffer = Uint8Array.of(9, 9, 9, ...hopLimit, 9);
    const [message] = parseControl(buffer.subarray(3, 3 + hopLimit.length), wordBytes);
    expect(message && controlInteger(message)).toBe(255);
  });

  it('ends where a tail is shorter than it says, or says less than a header', () => {
    expect(parseControl(hopLimit.subarray(0, wordBytes + 9), wordBytes)).toEqual([]);
    expect(parseControl(hopLimit.subarray(0, wordBytes + 7), wordBytes)).toEqual([]);
    expect(parseControl(new Uint8Array(64), wordBytes)).toEqual([]);
    expect(parseControl(new Uint8Array(64).fill(255), wordBytes)).toEqual([]);
  });

  it('has no integer where there are less than four bytes', () => {
    const [message] = parseControl(item(wordBytes, 1, 2, [1, 2]), wordBytes);
    expect(message && controlInteger(message)).toBeUndefined();
  });
});
