/**
 * `bench apply`: what it costs to keep a proxy in step with its backends, next to doing it by hand in the same run: how
 * long a change takes to reach the client, what becomes of many at once, what clients lose, how a dead backend leaves,
 * and what checking two thousand costs. Real daemons and proxies in a lab; the client is another process.
 */
import { profileNames } from '../../pair.ts';
import { measureBurst } from './burst.ts';
import { measureChecks } from './checks.ts';
import { measureDeath } from './death.ts';
import { measureLatency } from './latency.ts';
import { measureLoss } from './loss.ts';
import type { ApplyRow } from './row.ts';

/** The parts of the benchmark, in the order of the table. */
export const PARTS = ['latency', 'burst', 'loss', 'death', 'checks'] as const;

export type Part = (typeof PARTS)[number];

export interface ApplyBenchOptions {
  /** Names of profiles; all unless given. */
  readonly profiles?: readonly string[];
  /** All unless given. */
  readonly parts?: readonly Part[];
  /** Of what is timed. */
  readonly repetitions: number;
  readonly progress: (line: string) => void;
}

const SIZES = [10, 1000, 10_000];

/** More deaths take long and say no more. */
const MOST_DEATHS = 5;

/** Measures the parts and returns their rows. Throws `OpError`. */
export async function runApply(options: ApplyBenchOptions): Promise<ApplyRow[]> {
  const { profiles = profileNames, parts = PARTS, repetitions, progress } = options;
  const rows: ApplyRow[] = [];
  for (const part of parts) {
    // Checking is the daemon's own doing, whichever proxy is told.
    for (const profile of part === 'checks' ? profiles.slice(0, 1) : profiles) {
      progress(`${part}: ${profile}`);
      rows.push(...(await measurePart(part, profile, repetitions, progress)));
    }
  }
  return rows;
}

async function measurePart(
  part: Part,
  profile: string,
  repetitions: number,
  progress: (line: string) => void,
): Promise<ApplyRow[]> {
  switch (part) {
    case 'latency': {
      const rows: ApplyRow[] = [];
      for (const servers of SIZES) {
        progress(`  ${servers} servers`);
        rows.push(...(await measureLatency({ profile, servers, repetitions, progress })));
      }
      return rows;
    }
    case 'burst':
      return measureBurst(profile, progress);
    case 'loss':
      return measureLoss(profile, progress);
    case 'death':
      return measureDeath(profile, Math.min(repetitions, MOST_DEATHS), progress);
    case 'checks':
      return [...(await measureChecks(profile, 'tcp', progress)), ...(await measureChecks(profile, 'http', progress))];
  }
}
