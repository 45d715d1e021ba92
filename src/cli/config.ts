import { Command } from 'commander';
import { profiles } from '../../profiles/registry.ts';
import type { Config } from '../config/config.ts';
import { configJsonSchema } from '../config/jsonschema.ts';
import { loadConfig } from '../config/load.ts';
import { formatError } from '../config/report.ts';
import { showConfig } from '../config/show.ts';
import { CONFIG_FILE } from '../control/runoptions.ts';
import { EXIT } from './exit.ts';

/** `vipair config show|schema`. */
export function configCommand(): Command {
  const command = new Command('config')
    .description('look at a configuration without running it')
    .addHelpText('after', '\nExamples:\n  vipair config show pair.yaml\n  vipair config schema > vipair.json');
  command
    .command('show')
    .description(
      'print the resolved configuration: every default and derived value, as YAML that parses back to the same',
    )
    .argument('[file]', 'the configuration', CONFIG_FILE)
    .option('--json', 'the resolved values as JSON')
    .addHelpText('after', '\nExample:\n  vipair config show pair.yaml | less')
    .action((file: string, options: { readonly json?: boolean }) => {
      const config = readConfig(file);
      if (config === undefined) return;
      process.stdout.write(options.json === true ? `${JSON.stringify(config)}\n` : showConfig(config));
    });
  command
    .command('schema')
    .description('print the JSON Schema of the file, for editors')
    .addHelpText('after', '\nExample:\n  vipair config schema > ~/.local/share/schemas/vipair.json')
    .action(() => {
      process.stdout.write(`${JSON.stringify(configJsonSchema(Object.keys(profiles)), null, 2)}\n`);
    });
  return command;
}

/** Reads a configuration, or prints what is wrong with it and sets the exit code. */
export function readConfig(file: string): Config | undefined {
  const result = loadConfig(file, { profiles: Object.keys(profiles) });
  for (const warning of result.warnings) process.stderr.write(`${formatError(warning)}\n`);
  if ('config' in result) return result.config;
  for (const error of result.errors) process.stderr.write(`${formatError(error)}\n`);
  process.exitCode = EXIT.config;
  return undefined;
}
