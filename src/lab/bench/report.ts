import type { FailoverResult } from './failover.ts';
import { table } from './statistics.ts';

/**
 * Results side by side as a table of text: outages in milliseconds, and for each event how many times the median of
 * `reference` (a contender's name) a contender took. Without a result of the reference a ratio is a hyphen.
 */
export function failoverTable(results: readonly FailoverResult[], reference: string): string {
  const head = ['event', 'contender', 'n', 'median ms', 'worst ms', 'failed', 'conflict ms', 'ratio'];
  const rows = results.map((result) => {
    const base = results.find(({ contender, event }) => contender === reference && event === result.event);
    const failed = result.trials.flatMap(({ failures }) => Object.values(failures)).reduce((sum, n) => sum + n, 0);
    const conflict = Math.max(...result.trials.map((trial) => trial.conflict));
    return [
      result.event,
      result.contender,
      String(result.trials.length),
      result.median.toFixed(1),
      result.worst.toFixed(1),
      String(failed),
      conflict.toFixed(0),
      base === undefined || base.median === 0 ? '-' : `${(result.median / base.median).toFixed(1)}x`,
    ];
  });
  return table(head, rows);
}
