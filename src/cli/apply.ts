import { Command } from 'commander';
import type { ApplyAnswer } from '../control/applies.ts';
import { requestApply } from '../control/client.ts';
import { CONTROL_SOCKET } from '../control/status.ts';
import { EXIT } from './exit.ts';

interface ApplyCommandOptions {
  readonly socket: string;
  readonly dryRun?: boolean;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `vipair apply`. Exit code 0 when what the configuration says is in force, 1 when not. */
export function applyCommand(): Command {
  return new Command('apply')
    .description('put the services of the configuration in force at the proxy now, or show what would change')
    .option('-s, --socket <path>', 'the control socket', CONTROL_SOCKET)
    .option('-n, --dry-run', 'show the difference and let the checker look at it; change nothing')
    .option('-f, --force', 'overwrite files that somebody else wrote or changed')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
The daemon applies every change by itself. This is for looking first, for files that were edited by hand, and for going
on after a rollback.

Examples:
  vipair apply --dry-run
  vipair apply --force`,
    )
    .action(async (options: ApplyCommandOptions) => {
      const question = { dry: options.dryRun === true, force: options.force === true };
      const answer = await requestApply(options.socket, question, progressTo(options.json));
      showAnswer(answer, options);
    });
}

/** Progress goes to standard error, where it does not get into the way of the answer. */
export const progressTo =
  (json: boolean | undefined): ((words: string) => void) =>
  (words) => {
    if (json !== true) process.stderr.write(`${words} ...\n`);
  };

/** Prints what became of an apply and sets the exit code. */
export function showAnswer(answer: ApplyAnswer, options: Pick<ApplyCommandOptions, 'json' | 'dryRun'>): void {
  const isGood = ['effective', 'written', 'unchanged'].includes(answer.result);
  if (options.json === true) console.log(JSON.stringify(answer));
  else {
    if (options.dryRun === true || answer.result === 'refused') process.stdout.write(answer.diff);
    const others = answer.findings.filter((finding) => !answer.message.includes(finding));
    for (const finding of others) console.error(finding);
    const number = answer.id === null ? '' : `#${answer.id} `;
    const line = `${number}${answer.result}: ${answer.message} (${Math.round(answer.durationMs)} ms)`;
    if (isGood) console.log(line);
    else console.error(`vipair: ${line}`);
  }
  process.exitCode = isGood ? EXIT.ok : EXIT.failure;
}
