import { beforeAll, describe, expect, it } from 'vitest';
import { measureFault } from '../../../src/lab/bench/faults/measure.ts';
import type { FaultScenario } from '../../../src/lab/bench/faults/scenario.ts';
import { SCENARIOS } from '../../../src/lab/bench/faults/scenarios.ts';
import { vipairSubject } from '../../../src/lab/bench/faults/subject.ts';
import { profileNamed, profileNames } from '../../../src/lab/pair.ts';
import { GAP, usePair } from './pair.ts';

/*
 * Scenarios of `bench faults` that no other test plays with a proxy and a client, one pair a profile. The benchmark has
 * all of them with every proxy.
 */
const played: Readonly<Record<string, readonly string[]>> = {
  nginx: ['path-cut', 'frozen'],
  haproxy: ['check-deleted', 'one-way-out'],
};

describe.each(profileNames)('with %s', (name) => {
  const pair = usePair(`tf${name}`, { backends: 1, secondLink: true });
  beforeAll(() => pair.serve(name));

  const scenarios = SCENARIOS.filter((scenario) => played[name]?.includes(scenario.name) === true);
  it.each(scenarios.map((scenario) => [scenario.what, scenario] as const))('%s', async (_, scenario: FaultScenario) => {
    const subject = vipairSubject(profileNamed(name), scenario.setUp ?? {});
    const row = await measureFault(pair.lab, subject, scenario);
    if (typeof row === 'string') throw new Error(row);
    expect(row.short.filter((each) => each !== 'outage')).toEqual([]);
    expect(row.isLasting).toBe(false);
    expect(row.outage).toBeLessThan((scenario.must.outage ?? 0) + 4 * GAP);
  });
});
