import { milliseconds } from '../wire/units.ts';
import type { ApplyConfig } from './config.ts';
import { formatDuration } from './duration.ts';
import type { RawApply } from './raw.ts';
import type { Report } from './report.ts';

/** When changes are put in force: the defaults, and what cannot be together. */
export function resolveApply(raw: RawApply, report: Report): ApplyConfig {
  const { quiet = milliseconds(200), spacing = milliseconds(1000), reloads = 10, refill = milliseconds(10_000) } = raw;
  const { retry = milliseconds(30_000), check_timeout: checkTimeout = milliseconds(30_000) } = raw;
  const ceiling = raw.ceiling ?? milliseconds(Math.max(2000, quiet));
  if (ceiling < quiet) {
    const quietWords = formatDuration(quiet);
    report.error(
      ['proxy', 'apply', 'ceiling'],
      `${formatDuration(ceiling)} is less than the quiet time of ${quietWords}; write "ceiling: ${quietWords}" or more`,
    );
  }
  return { quiet, ceiling, spacing, reloads, refill, retry, checkTimeout };
}
