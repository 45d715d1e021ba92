import type { Holding } from '../../watch.ts';

/** How often an address went from one host to another; moments without a holder, or with two, are no move. Pure. */
export function movesOf(holdings: readonly Holding[]): number {
  const single = holdings.filter(({ holders }) => holders.length === 1).map(({ holders }) => holders[0]);
  return single.filter((holder, index) => index > 0 && holder !== single[index - 1]).length;
}

/** Who holds an address, in a word: `lb1`, `lb1+lb2`, `nobody`. */
export const holdersText = (holders: readonly string[]): string => holders.join('+') || 'nobody';
