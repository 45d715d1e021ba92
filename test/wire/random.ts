/** Gives a whole number from 0 up to, not including, `below`. */
export type Random = (below: number) => number;

/** A reproducible source of numbers (xorshift32): the same seed gives the same sequence everywhere. */
export function random(seed: number): Random {
  let state = Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
