import { Command, InvalidArgumentError } from 'commander';
import { requestRollback } from '../control/client.ts';
import { CONTROL_SOCKET } from '../control/status.ts';
import { progressTo, showAnswer } from './apply.ts';

/** `vipair rollback`. */
export function rollbackCommand(): Command {
  return new Command('rollback')
    .description('go back to an earlier apply, and stay there until "vipair apply" or a reload')
    .argument('[number]', 'which apply, as "vipair applies" lists them (default: the last good one)', readNumber)
    .option('-s, --socket <path>', 'the control socket', CONTROL_SOCKET)
    .option('--json', 'as JSON')
    .addHelpText('after', '\nExamples:\n  vipair rollback\n  vipair rollback 12')
    .action(async (id: number | undefined, options: { readonly socket: string; readonly json?: boolean }) => {
      showAnswer(await requestRollback(options.socket, id, progressTo(options.json)), options);
    });
}

function readNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It is no number of an apply.');
  return Number(text);
}
