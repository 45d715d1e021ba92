import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { footprintTable, runFootprint } from '../lab/bench/footprint.ts';
import { runStability, stabilityTable } from '../lab/bench/stability.ts';
import { EVENTS, runSuite, suiteTable } from '../lab/bench/suite.ts';
import { privilege, runInUserNamespace } from '../lab/userns.ts';
import { profileNames } from '../lab/pair.ts';
import { milliseconds } from '../wire/units.ts';

interface BenchOptions {
  readonly profile: string;
  readonly repetitions: number;
  readonly seconds: number;
  readonly event?: readonly (typeof EVENTS)[number][];
  readonly json?: boolean;
}

/** `vipair lab bench`, also as `npm run bench -- WHAT`. */
export function benchCommand(): Command {
  return new Command('bench')
    .description('measure this program and keepalived side by side, in one run')
    .addArgument(new Argument('<what>', 'what to measure').choices(['failover', 'stability', 'footprint']))
    .addOption(
      new Option('--profile <name>', 'the proxy of failover').choices([...profileNames]).default(profileNames[0]),
    )
    .option('--repetitions <count>', 'of each row of failover and footprint', count, 10)
    .option('--seconds <count>', 'under load, of each row of stability', count, 60)
    .addOption(new Option('--event <event...>', 'only these events of failover').choices([...EVENTS]))
    .option('--json', 'the results with every repetition, as JSON')
    .addHelpText(
      'after',
      `
failover   what a client sees of each kind of fault: outage, time without a holder, time with two
stability  how often a peer is taken for dead while all processors are busy
footprint  time to start, and memory

Examples:
  npm run bench -- failover
  npm run bench -- failover --event proxy-killed --repetitions 20 --profile ${profileNames.at(-1)}
  npm run bench -- stability --seconds 60`,
    )
    .action(measure);
}

async function measure(what: string, options: BenchOptions): Promise<void> {
  if ((await privilege()) === undefined) {
    process.exitCode = await runInUserNamespace();
    return;
  }
  const { json, repetitions, profile } = options;
  const progress = (line: string): void => console.error(line);
  const print = (results: unknown, text: string): void => console.log(json === true ? JSON.stringify(results) : text);
  if (what === 'failover') {
    const events = options.event === undefined ? {} : { events: options.event };
    const results = await runSuite({ profile, repetitions, progress, ...events });
    print(results, suiteTable(results));
  } else if (what === 'stability') {
    const results = await runStability({ duration: milliseconds(options.seconds * 1000), progress });
    print(results, stabilityTable(results));
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
