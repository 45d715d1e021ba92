import { Command, Option } from 'commander';
import { profiles } from '../../profiles/registry.ts';
import { listProcesses } from '../watchdog/list.ts';
import { listTable } from '../watchdog/listtable.ts';
import { lookAt } from '../watchdog/look.ts';
import { givenOf, optionRows } from '../watchdog/options.ts';
import type { Given } from '../watchdog/options.ts';
import { openReport } from '../watchdog/report.ts';
import { startWatchdog } from '../watchdog/resident.ts';
import { readSettings, Refused } from '../watchdog/settings.ts';
import type { Settings } from '../watchdog/settings.ts';
import { knowledge } from './knowledge.ts';
import { EXIT, fail } from './exit.ts';

/** `vipair watchdog`. With `--once` it is `once.ts`, which loads less; the option is here for the help. */
export function watchdogCommand(): Command {
  const command = new Command('watchdog')
    .description('watch one process, port or address, restart it when it is sick, and see whether that helped')
    .addHelpText('after', HELP);
  for (const { name, short, value, many, preset, words } of optionRows) {
    const flags = `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` <${value}>`}`;
    const option = new Option(flags, preset === undefined ? words : `${words} (default: ${preset})`);
    if (many === true)
      option.argParser((text: string, before: readonly string[] | undefined) => [...(before ?? []), text]);
    command.addOption(option);
  }
  return command.action(async (options: Record<string, unknown>) => {
    const dashed = (key: string): string => key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const given = givenOf(Object.fromEntries(Object.entries(options).map(([key, value]) => [dashed(key), value])));
    const settings = await settingsOf(given);
    if (given.list === true) await list(settings, given.json === true);
    else watch(settings, given);
  });
}

async function settingsOf(given: Given): Promise<Settings> {
  try {
    return await readSettings(given, knowledge);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    fail(error.message, EXIT.usage);
  }
}

function watch(settings: Settings, given: Given): void {
  const tell = openReport(settings.target.name, settings.policy.attempts, given.json === true);
  const watchdog = startWatchdog(settings, given['dry-run'] === true, tell);
  if ('refused' in watchdog) fail(watchdog.refused, EXIT.running);
  let isEnding = false;
  const end = (): void => {
    if (isEnding) return;
    isEnding = true;
    void watchdog.stop().then(() => process.exit(EXIT.ok));
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}

async function list({ target, timeout }: Settings, json: boolean): Promise<void> {
  const rows = listProcesses(target);
  const { good, reason } = await lookAt(target, timeout, undefined);
  const health = good ? 'well' : 'sick';
  if (json) for (const row of rows) console.log(JSON.stringify(row));
  else console.log(listTable(rows, target.process, `${health}: ${reason}`));
  process.exitCode = good ? EXIT.ok : EXIT.failure;
}

/** For the examples. */
const [PROXY = 'front'] = Object.keys(profiles);

const HELP = `
It stands alone: no VRRP, no pair file, no daemon. Everything that is given is looked at, and all of it has to be good.
Sick is what was bad --fall times in a row. Then --restart is run, at once, and again with growing pauses; whether it
worked is looked at, its exit code only told. After --attempts in vain, --then is run. The looks go on, and what is well
again for --settle has all its attempts again, after --back was run if --then was.

Commands are split into words without a shell: blanks separate, '...' and "..." keep together, a backslash takes the
meaning from the next character (inside "..." only from " and \\). Pipes, variables and the like need --shell.

A running watchdog leaves its verdict for \`vipair-check NAME\`: exit code 0 well, 1 not well, 2 nobody knows, in about a
millisecond. With --once nothing keeps running, and the exit codes are the same.

Examples:
  vipair watchdog --process ${PROXY} --url http://127.0.0.1/healthz --restart 'systemctl restart ${PROXY}' --attempts 3 \\
    --then 'systemctl stop keepalived' --back 'systemctl start keepalived'
  vipair watchdog --once --process ${PROXY} --port 80 --url http://127.0.0.1/healthz
  vipair watchdog --list --process ${PROXY} --port 80
  vipair-check ${PROXY}`;
