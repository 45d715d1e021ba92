import { createInterface } from 'node:readline/promises';
import { Argument, Command } from 'commander';
import { profiles } from '../../profiles/registry.ts';
import { fetchStatus, requestSwitch } from '../control/client.ts';
import { CONTROL_SOCKET } from '../control/status.ts';
import type { SwitchAnswer } from '../control/switching.ts';
import { progressTo } from './apply.ts';
import { EXIT, fail } from './exit.ts';

interface SwitchCommandOptions {
  readonly socket: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** `vipair switch`. Exit code 0 when that proxy serves now, or did already, 1 when it does not, 2 when nobody could be asked. */
export function switchCommand(): Command {
  return new Command('switch')
    .description('change the proxy of this host for another one while it serves; no new connection is lost')
    .addArgument(new Argument('<profile>', 'the proxy to switch to').choices(Object.keys(profiles)))
    .option('-s, --socket <path>', 'the control socket', CONTROL_SOCKET)
    .option('-n, --dry-run', 'show mechanism, steps and the difference in the files; change nothing')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'as JSON; implies that nobody can be asked')
    .addHelpText(
      'after',
      `
The new proxy is started beside the old one on the same listening sockets, asked through them, and only when it has
answered and lived for the bake time the old one is told to finish what it has. When anything goes wrong before that,
the old one never notices. The VIPs stay where they are. Switch one host, look, then the other.

Examples:
  vipair switch ${Object.keys(profiles).at(-1)} --dry-run
  vipair switch ${Object.keys(profiles).at(-1)}
  vipair switch ${Object.keys(profiles)[0]} --yes --json`,
    )
    .action(async (to: string, options: SwitchCommandOptions) => {
      const { socket, dryRun, json } = options;
      if (dryRun === true) return show(await requestSwitch(socket, { to, dry: true }, progressTo(json)), options);
      if (options.yes !== true && !(await isAgreed(to, options))) {
        process.exitCode = EXIT.failure;
        return console.error('vipair: nothing was changed');
      }
      show(await requestSwitch(socket, { to, dry: false }, progressTo(json)), options);
    });
}

/** Shows what would be done and asks. Ends the command where there is nobody to ask. */
async function isAgreed(to: string, { socket, json }: SwitchCommandOptions): Promise<boolean> {
  if (json === true || !process.stdin.isTTY)
    fail(
      `nobody can be asked whether to switch to ${to}; say so with --yes, or look first with --dry-run`,
      EXIT.config,
    );
  const { node, proxy } = await fetchStatus(socket);
  const question = await requestSwitch(socket, { to, dry: true }, progressTo(json));
  show(question, {});
  if (question.result !== 'possible') process.exit();
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const said = await prompt.question(`Switch ${node} from ${proxy?.profile ?? 'its proxy'} to ${to}? [y/N] `);
  prompt.close();
  return /^y(es)?$/i.test(said.trim());
}

function show(answer: SwitchAnswer, { json, dryRun }: Pick<SwitchCommandOptions, 'json' | 'dryRun'>): void {
  const { result, message, findings, diff, mechanism, steps, durationMs } = answer;
  const isGood = result === 'switched' || result === 'possible' || result === 'unchanged';
  process.exitCode = isGood ? EXIT.ok : EXIT.failure;
  if (json === true) return console.log(JSON.stringify(answer));
  if (result === 'possible' || (dryRun === true && result !== 'unchanged')) {
    process.stdout.write(diff);
    console.log(`Mechanism  ${mechanism.kind}: ${mechanism.why}`);
    for (const missing of mechanism.missing) console.log(`Missing    ${missing}`);
    for (const [index, step] of steps.entries()) console.log(`${index + 1}. ${step}`);
  }
  for (const finding of findings) if (!message.includes(finding)) console.error(finding);
  const line = `${result}: ${message} (${durationMs} ms)`;
  if (isGood) console.log(line);
  else console.error(`vipair: ${line}`);
}
