import { readFileSync } from 'node:fs';
import { Command } from 'commander';

/** `vipair version`. */
export function versionCommand(): Command {
  return new Command('version')
    .description('print the version')
    .option('--json', 'as JSON')
    .action((options: { readonly json?: boolean }) => {
      const manifest = new URL('../../../package.json', import.meta.url);
      const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
      const { node } = process.versions;
      console.log(options.json === true ? JSON.stringify({ version, node }) : `vipair ${version} (node ${node})`);
    });
}
