import type { Random } from './random.ts';

/** Values that sit on the edges of lengths, counts and flags. */
const edges = [0, 1, 2, 3, 4, 7, 8, 0x0f, 0x10, 0x7f, 0x80, 0xfe, 0xff] as const;

/** One buffer for all inputs, as a receive buffer is: a decoder that kept a view into it would be found out. */
const buffer = new Uint8Array(4096);

function fill(length: number, next: Random): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = next(256);
  return bytes;
}

/**
 * One input for a decoder: random bytes, or a valid message with bits flipped, bytes replaced, cut short, extended, or
 * with a piece of it repeated or left out. At most 4000 bytes. The result is a view into the middle of a buffer that the
 * next call overwrites, and its neighbors are whatever was there.
 */
export function mutate(valid: Uint8Array, next: Random): Uint8Array {
  let end = 3;
  for (const part of pieces(valid, next)) {
    buffer.set(part, end);
    end += part.length;
  }
  const input = buffer.subarray(3, end);
  if (input.length === 0) return input;
  const kind = next(4);
  if (kind === 0) for (let i = next(4); i >= 0; i--) input[next(input.length)] = edges[next(edges.length)] ?? 0;
  if (kind === 1) for (let i = next(3); i >= 0; i--) input[next(input.length)]! ^= 1 << next(8);
  return input;
}

function pieces(valid: Uint8Array, next: Random): Uint8Array[] {
  const cut = next(valid.length + 1);
  const from = next(cut + 1);
  switch (next(8)) {
    case 0:
      return [fill(next(96), next)];
    case 1:
      return [valid.subarray(0, cut)];
    case 2:
      return [valid, fill(1 + next(24), next)];
    case 3:
      return [valid.subarray(0, cut), valid.subarray(from, cut), valid.subarray(cut)];
    case 4:
      return [valid.subarray(0, from), valid.subarray(cut)];
    default:
      return [valid];
  }
}
