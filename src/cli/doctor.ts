import { Command } from 'commander';
import { profiles } from '../../profiles/registry.ts';
import { loadConfig } from '../config/load.ts';
import { formatError } from '../config/report.ts';
import { CONFIG_FILE, STATE_DIRECTORY } from '../control/runoptions.ts';
import { CONTROL_SOCKET } from '../control/status.ts';
import { examine } from '../doctor/doctor.ts';
import { verdictOf } from '../doctor/finding.ts';
import type { Diagnosis, Verdict } from '../doctor/finding.ts';
import { namedSeats, seatsOf } from '../doctor/seats.ts';
import type { Seats } from '../doctor/seats.ts';
import { survey } from '../doctor/survey.ts';
import { EXIT, fail } from './exit.ts';

interface Options {
  readonly config: string;
  readonly node?: string;
  readonly socket: string;
  readonly state: string;
  readonly quick?: boolean;
  /** `true` for those of the file. */
  readonly peer?: readonly string[] | true;
  readonly brief?: boolean;
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
    .option(
      '--peer [name=place...]',
      'ask the daemons of the pair instead, and hold what they say against each other: NAME=http://ADDRESS:PORT or NAME=unix:/PATH for each host; without any the nodes of the file',
    )
    .option('--brief', 'one line, for cron and monitoring')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
It changes nothing. Run it as root: much of it cannot be seen otherwise.

Exit code 0 when nothing is wrong (notes do not count), 1 for warnings, 2 for errors, 3 when nothing wrong was found
and not everything could be looked at. Monitoring plugins have the same.

With --peer it runs anywhere that reaches both hosts, as anybody, and needs no file when all hosts are named.

Examples:
  vipair doctor
  vipair doctor --peer lb1=http://192.0.2.11:9650 lb2=http://192.0.2.12:9650 --brief
  vipair doctor --quick --config pair.yaml --node lb2
  vipair doctor --json | jq -r '.findings[] | [.severity, .code, .text] | @tsv'
  vipair explain VRRP-FIREWALL                      what a code means`,
    )
    .action(async (options: Options) => {
      const { peer } = options;
      const diagnosis = peer === undefined ? await examineHost(options) : await surveyPeers(peer, options);
      const verdict = verdictOf(diagnosis);
      const words = options.brief === true ? brief(diagnosis) : describe(diagnosis);
      end(options.json === true ? JSON.stringify({ verdict, ...diagnosis }) : words, DOCTOR_EXITS[verdict]);
    });
}

/**
 * Prints, and ends the command when that has left: a look that was given up may still
 * wait for something, and would keep it alive.
 */
function end(words: string, code: number): void {
  process.exitCode = code;
  process.stdout.write(`${words}\n`, () => process.exit());
}

function examineHost({
  config: file,
  node: name,
  socket,
  state,
  quick,
  brief: isBrief,
  json,
}: Options): Promise<Diagnosis> {
  const isTold = process.stderr.isTTY && json !== true && isBrief !== true;
  const tell = (words: string): void => void (isTold && process.stderr.write(`${words}\r`));
  const examined = examine(
    { file, name, socket, state, profiles },
    { isQuick: quick === true, onListening: () => tell(LISTENING) },
  );
  return examined.finally(() => tell(' '.repeat(LISTENING.length)));
}

/** Asks the daemons of a pair: those that are named, or those of the file. */
async function surveyPeers(
  named: readonly string[] | true,
  { config: file, node, socket }: Options,
): Promise<Diagnosis> {
  const seats = named === true ? seatsInFile(file, node, socket) : namedSeats(named);
  if ('refused' in seats) fail(`Cannot ask the pair: ${seats.refused}`, EXIT.usage);
  return survey(seats);
}

function seatsInFile(file: string, node: string | undefined, socket: string): Seats {
  const parsed = loadConfig(file, { profiles: Object.keys(profiles) });
  if ('config' in parsed) return seatsOf(parsed.config, node, socket);
  const [error] = parsed.errors;
  return { refused: `${error === undefined ? file : formatError(error)}; or name every host: --peer NAME=PLACE` };
}

const BRIEF: Readonly<Record<Verdict, string>> = {
  well: 'OK',
  warning: 'WARNING',
  error: 'CRITICAL',
  unknown: 'UNKNOWN',
};

/** One line, in the words of monitoring plugins: how many of which, and the worst. */
export function brief(diagnosis: Diagnosis): string {
  const [worst] = diagnosis.findings;
  const words = worst === undefined ? '' : `: ${worst.code} ${worst.text}`;
  return `VIPAIR ${BRIEF[verdictOf(diagnosis)]}: ${summary(diagnosis)}${words}`;
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
