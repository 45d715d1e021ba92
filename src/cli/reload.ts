import { Command } from 'commander';
import { requestReload } from '../control/client.ts';
import { CONTROL_SOCKET } from '../control/status.ts';
import { EXIT } from './exit.ts';

/** `vipair reload`. */
export function reloadCommand(): Command {
  return new Command('reload')
    .description('let the daemon read its configuration again: all of it takes effect, or nothing')
    .option('-s, --socket <path>', 'the control socket', CONTROL_SOCKET)
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExample:\n  vipair check pair.yaml && vipair reload')
    .action(async (options: { readonly socket: string; readonly json?: boolean }) => {
      const result = await requestReload(options.socket);
      if (options.json === true) {
        console.log(JSON.stringify(result));
      } else if (!result.applied) {
        for (const error of result.errors) console.error(error);
        console.error('vipair: reload refused; the configuration that was in force stays in force');
      } else if (result.changes.length === 0) {
        console.log('Nothing changed.');
      } else {
        for (const change of result.changes) console.log(change);
      }
      process.exitCode = result.applied ? EXIT.ok : EXIT.config;
    });
}
