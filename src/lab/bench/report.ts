import type { FailoverResult } from './failover.ts';
import { median, table } from './statistics.ts';

/**
 * Fail-overs side by side as a table of text. Outages are those of the client in milliseconds, median and worst; the ratio
 * says how many times the median of `reference`, a contender's name, in the same event a contender took, a hyphen without
 * one. Failed are the client's attempts over all repetitions; the time without a holder and with two are medians.
 */
export function failoverTable(results: readonly FailoverResult[], reference: string): string {
  const head = ['EVENT', 'DAEMON', 'N', 'MEDIAN MS', 'WORST MS', 'RATIO', 'FAILED', 'NO HOLDER MS', 'TWO HOLDERS MS'];
  const rows = results.map(({ event, contender, trials, median: middle, worst }) => {
    const base = results.find((other) => other.contender === reference && other.event === event);
    const failed = trials.flatMap(({ failures }) => Object.values(failures)).reduce((sum, n) => sum + n, 0);
    return [
      ...[event, contender, String(trials.length), middle.toFixed(1), worst.toFixed(1)],
      ratio(middle, base?.median),
      String(failed),
      median(trials.map(({ vacancy }) => vacancy)).toFixed(1),
      median(trials.map(({ conflict }) => conflict)).toFixed(1),
    ];
  });
  return table(head, rows);
}

/** `1.4x`, `24x`; a hyphen where there is nothing to divide by. */
export function ratio(value: number, base: number | undefined): string {
  if (base === undefined || base === 0) return '-';
  const times = value / base;
  return `${times >= 10 ? Math.round(times) : times.toFixed(1)}x`;
}
