import { Command } from 'commander';
import { CONFIG_FILE } from '../control/runoptions.ts';
import { readConfig } from './config.ts';

/** `vipair check`. */
export function checkCommand(): Command {
  return new Command('check')
    .description('is the configuration right, who is what, and how fast will each kind of fault be over?')
    .argument('[file]', 'the configuration', CONFIG_FILE)
    .action((file: string) => {
      readConfig(file);
    });
}
