import { Command } from 'commander';
import { addRunOptions } from '../control/runoptions.ts';

/** `vipair run --help`. The command itself never comes here: `main` starts the engine without loading commander. */
export function runHelpCommand(): Command {
  return addRunOptions(new Command('run').description('run the daemon in the foreground')).addHelpText(
    'after',
    `
Signals:
  SIGTERM, SIGINT   let the VIPs go (priority 0) and end
  SIGHUP            read the configuration again

Examples:
  vipair run --config /etc/vipair/pair.yaml
  vipair run --node lb1 --log-format json`,
  );
}
