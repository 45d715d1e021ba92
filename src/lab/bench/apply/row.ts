import { ratio } from '../report.ts';
import { median, table } from '../statistics.ts';

/** One line of `bench apply`. */
export interface ApplyRow {
  /** What was done. Rows of one name and proxy compare with each other, the last of them being the reference. */
  readonly what: string;
  /** Name of the profile. */
  readonly proxy: string;
  /** `vipair`, or what it is compared with. */
  readonly by: string;
  /** How long it took each time, in milliseconds; empty where time is not the matter. */
  readonly times: readonly number[];
  /** Attempts of the client that failed, of how many; `undefined` where the client is not the matter. */
  readonly failed: { readonly count: number; readonly of: number } | undefined;
  /** What else was measured, by name, with its unit in the name. */
  readonly figures?: Readonly<Record<string, number>>;
  /** What else there is to say. */
  readonly note: string;
}

/** The rows as a table of text; the ratio is of medians. */
export function applyTable(rows: readonly ApplyRow[]): string {
  const head = ['WHAT', 'PROXY', 'BY', 'N', 'MEDIAN MS', 'WORST MS', 'RATIO', 'FAILED', 'OF', 'NOTE'];
  return table(
    head,
    rows.map(({ what, proxy, by, times, failed, note }) => {
      const base = rows.findLast((row) => row.what === what && row.proxy === proxy && row.by !== by);
      const isTimed = times.length > 0;
      const middle = median(times);
      return [
        ...[what, proxy, by, isTimed ? String(times.length) : '-'],
        ...(isTimed ? [middle.toFixed(1), Math.max(...times).toFixed(1)] : ['-', '-']),
        by === OURS && base !== undefined && base.times.length > 0 && isTimed ? ratio(middle, median(base.times)) : '-',
        ...(failed === undefined ? ['-', '-'] : [String(failed.count), String(failed.of)]),
        note,
      ];
    }),
  );
}

/** This program in the column BY. */
export const OURS = 'vipair';

/** A person, or a tool that writes a template, asks the checker and reloads. */
export const BY_HAND = 'by hand';
