import { Command, InvalidArgumentError, Option } from 'commander';
import { EVENT_NAMES, SEVERITIES } from '../config/eventname.ts';
import type { EventName, Severity } from '../config/eventname.ts';
import { readEvents } from '../control/client.ts';
import type { EventLine, EventRecord } from '../control/event.ts';
import { CONTROL_SOCKET } from '../control/status.ts';
import { OpError } from '../linux/operror.ts';

/** What is shown when nobody says how much. */
const SOME = 50;

/** Between losing a daemon and asking again. */
const RETRY_MS = 500;

interface EventsOptions {
  readonly socket: string;
  readonly follow?: boolean;
  readonly since?: number;
  readonly last?: number;
  readonly type?: readonly EventName[];
  readonly severity?: Severity;
  readonly json?: boolean;
}

/** `vipair events`. */
export function eventsCommand(): Command {
  return new Command('events')
    .description('what has happened, and with --follow what happens')
    .option('-s, --socket <path>', 'the control socket', CONTROL_SOCKET)
    .option('-f, --follow', 'go on with what happens, until Ctrl-C, also across a restart of the daemon')
    .option('--since <number>', 'what came after the event with this number', readNumber)
    .option('--last <count>', `at most so many (default: ${SOME}, with --since all that are kept)`, readNumber)
    .option('--type <names>', 'only events of these types, separated by commas', readNames)
    .addOption(new Option('--severity <word>', 'only events that are this bad or worse').choices(SEVERITIES))
    .option('--json', 'one object a line')
    .addHelpText(
      'after',
      `
Examples:
  vipair events --follow
  vipair events --type transition,proxy --last 20
  vipair events --follow --since 4711 --json | jq -r '[.time, .subject.vip, .text] | @tsv'`,
    )
    .action(async (options: EventsOptions) => {
      const last = options.last ?? (options.since === undefined ? SOME : undefined);
      const follow = options.follow === true;
      const show = (line: EventLine): void => print(line, options);
      if (follow) await followEvents(options.socket, { since: options.since, last }, show);
      else await readEvents(options.socket, { since: options.since, last, follow }, show);
    });
}

/** Comes back with the number of the last event that was seen. A daemon that was never there is an error. */
async function followEvents(
  socket: string,
  start: { readonly since: number | undefined; readonly last: number | undefined },
  show: (line: EventLine) => void,
): Promise<never> {
  let question = { ...start, follow: true };
  let isKnown = false;
  for (;;) {
    try {
      await readEvents(socket, question, (line) => {
        isKnown = true;
        if ('seq' in line) question = { since: line.seq, last: undefined, follow: true };
        show(line);
      });
      isKnown = true;
    } catch (error) {
      if (!isKnown || !(error instanceof OpError)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

function print(line: EventLine, options: EventsOptions): void {
  if ('seq' in line && !isWanted(line, options)) return;
  process.stdout.write(options.json === true ? `${JSON.stringify(line)}\n` : `${textOf(line)}\n`);
}

const isWanted = (event: EventRecord, { type, severity }: EventsOptions): boolean =>
  (type === undefined || type.includes(event.type)) &&
  (severity === undefined || SEVERITIES.indexOf(event.severity) <= SEVERITIES.indexOf(severity));

const textOf = (line: EventLine): string =>
  'seq' in line
    ? `${String(line.seq).padStart(6)}  ${line.time}  ${line.severity.padEnd(7)}  ${line.type.padEnd(16)}  ${line.text}`
    : `        ${line.missed} earlier events are no longer kept`;

function readNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It is no number.');
  return Number(text);
}

function readNames(text: string): EventName[] {
  const names = text.split(',');
  const unknown = names.find((name) => !EVENT_NAMES.some((known) => known === name));
  if (unknown !== undefined) throw new InvalidArgumentError(`"${unknown}" is none of ${EVENT_NAMES.join(', ')}.`);
  return names as EventName[];
}
