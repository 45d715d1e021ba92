import { Command } from 'commander';
import { VERSION } from '../control/version.ts';

/** `vipair version`. */
export function versionCommand(): Command {
  return new Command('version')
    .description('print the version')
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  vipair version --json')
    .action((options: { readonly json?: boolean }) => {
      const { node } = process.versions;
      console.log(
        options.json === true ? JSON.stringify({ version: VERSION, node }) : `vipair ${VERSION} (node ${node})`,
      );
    });
}
