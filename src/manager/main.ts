/** The manager process: composes everything and names the profiles. Started by the engine, with its arguments. */
import { Command } from 'commander';
import { profiles } from '../../profiles/registry.ts';
import { addRunOptions } from '../control/runoptions.ts';
import type { RunOptions } from '../control/runoptions.ts';
import { Manager } from './manager.ts';

const EXIT_USAGE = 64;

const command = addRunOptions(new Command('vipair run')).exitOverride((error) =>
  process.exit(error.exitCode === 0 ? 0 : EXIT_USAGE),
);
command.parse([...process.argv.slice(2)], { from: 'user' });
const manager = new Manager(command.opts<RunOptions>(), profiles);
manager.start();

// A log that nobody reads any more must not end the manager.
process.stderr.on('error', () => undefined);

// The engine lets the VIPs go before it asks the manager to end.
process.on('SIGTERM', () => manager.terminate());

// A Ctrl-C in a terminal reaches both processes, and the engine's goodbye needs no help.
process.on('SIGINT', () => undefined);
process.on('SIGHUP', () => undefined);
