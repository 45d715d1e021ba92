/**
 * `bench failover`: the same faults on the same lab, for this program and for keepalived in the set-ups that people
 * run, one after the other in one run, so that the figures compare although the machine is shared and noisy.
 */
import { milliseconds } from '../../wire/units.ts';
import { labUp } from '../lab.ts';
import { frontPort, installFronts, profileNamed, startBackends } from '../pair.ts';
import { vipOf } from '../pairfile.ts';
import type { Contender } from './contender.ts';
import { measureFailover } from './failover.ts';
import type { Event, FailoverResult } from './failover.ts';
import { keepalivedBest, keepalivedScript, keepalivedWeight } from './keepalived.ts';
import { vipair } from './vipair.ts';

export interface SuiteOptions {
  /** Name of the profile of the proxy on both hosts. */
  readonly profile: string;
  /** Of each event and contender. */
  readonly repetitions: number;
  /** Only these events; all by default. */
  readonly events?: readonly Event[];
  /** Told while it goes on. */
  readonly progress: (line: string) => void;
}

/** The events in the order of the table. */
export const EVENTS: readonly Event[] = [
  'proxy-killed',
  'daemon-terminated',
  'link-cut',
  'daemon-killed',
  'daemon-stopped',
  'address-deleted',
];

/** With whom the others are compared. */
export const REFERENCE: string = vipair({}).name;

interface Row {
  readonly event: Event;
  readonly contender: Contender;
}

/** Measures every row and returns the results in the order of the table. Throws `OpError`. */
export async function runSuite(options: SuiteOptions): Promise<FailoverResult[]> {
  const { profile: name, repetitions, progress } = options;
  const profile = profileNamed(name);
  const lab = await labUp({ name: 'bench' });
  try {
    await startBackends(lab);
    installFronts(lab, profile);
    const results: FailoverResult[] = [];
    const rows = plan(name, profile.processName).filter(({ event }) => options.events?.includes(event) ?? true);
    for (const [index, { event, contender }] of rows.entries()) {
      progress(`[${index + 1}/${rows.length}] ${event}: ${contender.name}`);
      const result = await measureFailover(lab, {
        event,
        contender,
        vip: vipOf(1),
        port: frontPort,
        repetitions,
        onTrial: (trial, at) => progress(`  ${at + 1}/${repetitions}: ${Math.round(trial.outage * 10) / 10} ms`),
      });
      results.push(result);
    }
    return results;
  } finally {
    lab.down();
  }
}

function plan(profile: string, processName: string): Row[] {
  const proxy = profile;
  // Proxies die here many times in a row: recovery must not take longer each time, and is not what is measured.
  const settings = { sysctl: 'apply', recover_after: '3s', recover_max: '3s' };
  const ours = vipair({ proxy, settings });
  const fast = vipair({ proxy, settings: { ...settings, interval: '10ms' } }, '10 ms');
  const [script, weight] = [keepalivedScript(processName), keepalivedWeight(processName)];
  const best = keepalivedBest(milliseconds(200));
  const fastBest = keepalivedBest(milliseconds(10));
  const rows = (event: Event, ...contenders: Contender[]): Row[] =>
    contenders.map((contender) => ({ event, contender }));
  return [
    ...rows('proxy-killed', ours, best, script, weight),
    ...rows('daemon-terminated', ours, best, script),
    ...rows('link-cut', ours, best, script, fast, fastBest),
    ...rows('daemon-killed', ours, best),
    ...rows('daemon-stopped', ours, best),
    ...rows('address-deleted', ours, best, script),
  ];
}
