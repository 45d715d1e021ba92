import { Command } from 'commander';
import { profiles } from '../../profiles/registry.ts';
import { CONFIG_FILE, STATE_DIRECTORY } from '../control/runoptions.ts';
import { CONTROL_SOCKET } from '../control/status.ts';
import { examine } from '../doctor/doctor.ts';
import { verdictOf } from '../doctor/finding.ts';
import type { Diagnosis, Verdict } from '../doctor/finding.ts';
import { EXIT } from './exit.ts';

interface Options {
  readonly config: string;
  readonly node?: string;
  readonly socket: string;
  readonly state: string;
  readonly quick?: boolean;
  readonly json?: boolean;
}

/** Also those that monitoring plugins have: OK, WARNING, CRITICAL, UNKNOWN. */
export const DOCTOR_EXITS: Readonly<Record<Verdict, number>> = {
  well: EXIT.ok,
  warning: EXIT.failure,
  error: EXIT.config,
  unknown: EXIT.unknown,
};

/** On a terminal, while it lasts. */
const LISTENING = 'listening to the other hosts for 3 s ...';

/** `vipair doctor`. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('what is wrong with this host, or will be: before the first start and at any time')
    .option('-c, --config <file>', 'the configuration', CONFIG_FILE)
    .option('-n, --node <name>', 'which node of the file this host is (default: by host name, then by owned address)')
    .option('-s, --socket <path>', 'where the daemon listens, if it runs', CONTROL_SOCKET)
    .option('--state <directory>', 'the state directory of the daemon', STATE_DIRECTORY)
    .option('--quick', 'without listening to the other hosts for three seconds')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
It changes nothing. Run it as root: much of it cannot be seen otherwise.

Exit code 0 when nothing is wrong (notes do not count), 1 for warnings, 2 for errors, 3 when nothing wrong was found
and not everything could be looked at. Monitoring plugins have the same.

Examples:
  vipair doctor
  vipair doctor --quick --config pair.yaml --node lb2
  vipair doctor --json | jq -r '.findings[] | [.severity, .code, .text] | @tsv'
  vipair explain VRRP-FIREWALL                      what a code means`,
    )
    .action(async (options: Options) => {
      const { config: file, node: name, socket, state } = options;
      const isTold = process.stderr.isTTY && options.json !== true;
      const onListening = (): void => void (isTold && process.stderr.write(`${LISTENING}\r`));
      const diagnosis = await examine(
        { file, name, socket, state, profiles },
        { isQuick: options.quick === true, onListening },
      );
      if (isTold) process.stderr.write(`${' '.repeat(LISTENING.length)}\r`);
      const verdict = verdictOf(diagnosis);
      console.log(options.json === true ? JSON.stringify({ verdict, ...diagnosis }) : describe(diagnosis));
      process.exitCode = DOCTOR_EXITS[verdict];
    });
}

/** For people: the worst first, what to do below each, and how many of which at the end. */
export function describe(diagnosis: Diagnosis): string {
  const { findings, unlooked } = diagnosis;
  const lines = findings.flatMap(({ severity, code, text, fix }) => [
    `${severity.padEnd(7)}  ${code}  ${text}`,
    `         ${' '.repeat(code.length)}  -> ${fix}`,
  ]);
  const missed = unlooked.map(({ examination, reason }) => `unknown  ${examination}: ${reason}`);
  return [...lines, ...missed, summary(diagnosis)].join('\n');
}

function summary({ findings, unlooked }: Diagnosis): string {
  const counts = (['error', 'warning', 'note'] as const).flatMap((severity) => {
    const count = findings.filter((each) => each.severity === severity).length;
    return count === 0 ? [] : [`${count} ${severity}${count === 1 ? '' : 's'}`];
  });
  const rest = unlooked.length === 0 ? [] : [`${unlooked.length} not looked at`];
  const all = [...counts, ...rest];
  return all.length === 0 ? 'nothing is wrong' : all.join(', ');
}
