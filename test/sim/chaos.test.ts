import { expect, test } from 'vitest';
import { chaos } from './chaos.ts';
import type { Outcome } from './chaos.ts';

/** As many runs as there are seeds; `VIPAIR_SIM_SEED=1234` runs that one alone. */
const RUNS = 2000;
const chosen = process.env['VIPAIR_SIM_SEED'];
const seeds = chosen === undefined ? Array.from({ length: RUNS }, (_, i) => i + 1) : [Number(chosen)];

test(`${seeds.length} random runs keep what is promised, and come to rest`, () => {
  const outcomes = seeds.map(run);
  const sum = (pick: (outcome: Outcome) => number): number => outcomes.reduce((total, each) => total + pick(each), 0);
  // Runs in which nothing happens would prove nothing.
  expect(sum(({ takeovers }) => takeovers) / seeds.length).toBeGreaterThan(3);
  expect(sum(({ simulated }) => simulated) / seeds.length).toBeGreaterThan(60_000);
  expect(sum(({ events }) => events) / seeds.length).toBeGreaterThan(500);
}, 300_000);

test('the same seed gives the same run', () => {
  for (const seed of [1, 2, 3]) expect(chaos(seed)).toEqual(chaos(seed));
  expect(chaos(1)).not.toEqual(chaos(2));
});

function run(seed: number): Outcome {
  try {
    return chaos(seed);
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw new Error(
      `${what}\nAgain with: VIPAIR_SIM_SEED=${seed} npx vitest run --config test/vitest.config.ts test/sim`,
      {
        cause: error,
      },
    );
  }
}
