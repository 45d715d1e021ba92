import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { PARTS, runApply } from '../lab/bench/apply/apply.ts';
import type { Part } from '../lab/bench/apply/apply.ts';
import { applyTable } from '../lab/bench/apply/row.ts';
import { FAULT_NAMES, runFaults } from '../lab/bench/faults/faults.ts';
import { faultTable } from '../lab/bench/faults/row.ts';
import { footprintTable, runFootprint } from '../lab/bench/footprint.ts';
import { switchTable } from '../lab/bench/switch/row.ts';
import type { Way } from '../lab/bench/switch/row.ts';
import { runSwitch, WAYS } from '../lab/bench/switch/switch.ts';
import { runStability, stabilityTable } from '../lab/bench/stability.ts';
import { failoverTable } from '../lab/bench/report.ts';
import { EVENTS, REFERENCE, runSuite } from '../lab/bench/suite.ts';
import { privilege, runInUserNamespace } from '../lab/userns.ts';
import { profileNames } from '../lab/pair.ts';
import { milliseconds } from '../wire/units.ts';
import { EXIT, fail } from './exit.ts';

const WHAT = ['failover', 'stability', 'footprint', 'faults', 'apply', 'switch'] as const;

/** Every proxy there is a profile for, one after the other. */
const BOTH = 'both';

interface BenchOptions {
  readonly profile?: string;
  readonly repetitions?: number;
  readonly seconds: number;
  readonly event?: readonly (typeof EVENTS)[number][];
  readonly part?: readonly Part[];
  readonly only?: readonly string[];
  readonly way?: readonly Way[];
  readonly json?: boolean;
}

/** `vipair lab bench`, also as `npm run bench -- WHAT`. */
export function benchCommand(): Command {
  return new Command('bench')
    .description('measure this program next to keepalived, and next to a proxy that is changed by hand, in one run')
    .addArgument(new Argument('<what>', 'what to measure').choices([...WHAT]))
    .addOption(
      new Option(
        '--profile <name>',
        `the proxy of failover (default: ${profileNames[0]}), apply or faults (default: ${BOTH})`,
      ).choices([...profileNames, BOTH]),
    )
    .option(
      '--repetitions <count>',
      'of each row of failover, footprint and apply (default: 10), or switches (default: 20)',
      count,
    )
    .option('--seconds <count>', 'under load, of each row of stability', count, 60)
    .addOption(new Option('--event <event...>', 'only these events of failover').choices([...EVENTS]))
    .addOption(new Option('--part <part...>', 'only these parts of apply').choices([...PARTS]))
    .addOption(new Option('--only <fault...>', 'only these rows of faults').choices([...FAULT_NAMES]))
    .addOption(new Option('--way <way...>', 'only these ways of switch').choices([...WAYS]))
    .option('--json', 'the results with every repetition, as JSON')
    .addHelpText(
      'after',
      `
failover   what a client sees of each kind of fault: outage, time without a holder, time with two
stability  how often a peer is taken for dead while all processors are busy
footprint  time to start, and memory
faults     what goes wrong with a pair, one scenario a row: outage, holders, moves, and whether the cause is named
apply      changes of backends, next to the same by hand: latency, burst, loss, death of a backend, checks
switch     what clients lose when a live host changes its proxy for the other one, next to stopping and starting

Examples:
  npm run bench -- failover
  npm run bench -- failover --event proxy-killed --repetitions 20 --profile ${profileNames.at(-1)}
  npm run bench -- stability --seconds 60
  npm run bench -- faults --only proxy-stopped path-cut --profile ${BOTH}
  npm run bench -- apply --profile ${profileNames[0]} --part latency
  npm run bench -- switch --repetitions 4 --way managed`,
    )
    .action(measure);
}

async function measure(what: string, options: BenchOptions): Promise<void> {
  if ((await privilege()) === undefined) {
    process.exitCode = await runInUserNamespace();
    return;
  }
  const { json, repetitions = 10 } = options;
  const profiles = options.profile === undefined || options.profile === BOTH ? profileNames : [options.profile];
  const progress = (line: string): void => console.error(line);
  const print = (results: unknown, text: string): void => console.log(json === true ? JSON.stringify(results) : text);
  if (what === 'failover') {
    if (options.profile === BOTH) fail('bench failover measures one profile; name it', EXIT.usage);
    const events = options.event === undefined ? {} : { events: options.event };
    const results = await runSuite({ profile: profiles[0] ?? '', repetitions, progress, ...events });
    print(results, failoverTable(results, REFERENCE));
  } else if (what === 'stability') {
    const results = await runStability({ duration: milliseconds(options.seconds * 1000), progress });
    print(results, stabilityTable(results));
  } else if (what === 'apply') {
    const parts = options.part === undefined ? {} : { parts: options.part };
    const results = await runApply({ repetitions, progress, profiles, ...parts });
    print(results, applyTable(results));
  } else if (what === 'faults') {
    const { only } = options;
    const results = await runFaults({ profiles, progress, ...(only === undefined ? {} : { only }) });
    print(results, faultTable(results));
  } else if (what === 'switch') {
    const ways = options.way === undefined ? {} : { ways: options.way };
    const results = await runSwitch({ switches: options.repetitions ?? 20, progress, ...ways });
    print(results, switchTable(results));
  } else {
    const results = await runFootprint({ repetitions, progress });
    print(results, footprintTable(results));
  }
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It is not a whole number above 0.');
  return value;
}
