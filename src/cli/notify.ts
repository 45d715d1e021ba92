import { Command } from 'commander';
import { requestNotifyTest } from '../control/client.ts';
import type { NotifyAnswer } from '../control/notify.ts';
import { CONTROL_SOCKET } from '../control/status.ts';
import { EXIT } from './exit.ts';

interface TestOptions {
  readonly socket: string;
  readonly receiver?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `vipair notify test`. */
export function notifyCommand(): Command {
  const command = new Command('notify')
    .description('who is notified of events')
    .addHelpText('after', '\nExamples:\n  vipair notify test\n  vipair notify test --receiver mail --dry-run');
  command
    .command('test')
    .description('send a test notification to the receivers of the configuration, and show what became of it')
    .option('-s, --socket <path>', 'the control socket', CONTROL_SOCKET)
    .option('-r, --receiver <name>', 'only this one')
    .option('--dry-run', 'only show what would be sent')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
One attempt is made for each receiver, beside what waits for it. Exit code 0 when all of them took it.

Examples:
  vipair notify test
  vipair notify test --receiver script --dry-run`,
    )
    .action(async (options: TestOptions) => {
      const question = { receiver: options.receiver, dry: options.dryRun === true };
      if (!question.dry && options.json !== true) process.stderr.write('sending ...\n');
      const answers = await requestNotifyTest(options.socket, question);
      process.stdout.write(options.json === true ? `${JSON.stringify(answers)}\n` : answers.map(textOf).join(''));
      process.exitCode = answers.some(({ result }) => result === 'failed') ? EXIT.failure : EXIT.ok;
    });
  return command;
}

function textOf({ receiver, kind, result, message, sent, durationMs }: NotifyAnswer): string {
  if (result === 'dry') return [`${receiver} (${kind}) would get:`, ...sent.map((line) => `  ${line}`), ''].join('\n');
  return `${receiver} (${kind}): ${result}: ${message} (${durationMs} ms)\n`;
}
