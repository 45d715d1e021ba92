import { Command, InvalidArgumentError, Option } from 'commander';
import type { BackendOrder } from '../control/backends.ts';
import { fetchBackends, requestOrder } from '../control/client.ts';
import { paintAnsi, paintNone } from '../control/paint.ts';
import { renderBackends } from '../control/renderservice.ts';
import { CONTROL_SOCKET } from '../control/status.ts';
import { importCommand } from './backendimport.ts';
import { EXIT } from './exit.ts';

/** `vipair backends`. */
export function backendsCommand(): Command {
  return new Command('backends')
    .description('the backends of the services: look at them, add and remove, drain, weigh, take over')
    .addCommand(listCommand())
    .addCommand(addCommand())
    .addCommand(orderCommand('remove', 'remove a backend that was added here'))
    .addCommand(orderCommand('drain', 'no new clients for a backend'))
    .addCommand(orderCommand('undrain', 'let a drained backend take clients again'))
    .addCommand(weightCommand())
    .addCommand(importCommand())
    .addHelpText(
      'after',
      `
What is ordered here holds on this host, at once and after a restart. Give the same order on the other hosts.

Examples:
  vipair backends list web
  vipair backends drain web app-1`,
    );
}

interface OrderOptions {
  readonly socket: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

const withOrderOptions = (command: Command): Command =>
  command
    .option('-s, --socket <path>', 'the control socket', CONTROL_SOCKET)
    .option('-n, --dry-run', 'say what would become of it; change nothing')
    .option('--json', 'as JSON');

function listCommand(): Command {
  return new Command('list')
    .description('every backend: state, weight, source, last check, reason')
    .argument('[service]', 'only this service')
    .option('-s, --socket <path>', 'the control socket', CONTROL_SOCKET)
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      "\nExamples:\n  vipair backends list\n  vipair backends list web --json | jq '.services[].counts'",
    )
    .action(async (service: string | undefined, options: Omit<OrderOptions, 'dryRun'>) => {
      const answer = await fetchBackends(options.socket, service);
      const paint = process.stdout.isTTY ? paintAnsi : paintNone;
      process.stdout.write(
        options.json === true ? `${JSON.stringify(answer)}\n` : renderBackends(answer.services, paint),
      );
    });
}

interface AddOptions extends OrderOptions {
  readonly name?: string;
  readonly weight?: number;
  readonly backup?: boolean;
  readonly maxConnections?: number;
  readonly slowStart?: string;
}

function addCommand(): Command {
  return withOrderOptions(
    new Command('add')
      .description('add a backend until it is removed')
      .argument('<service>', 'the service')
      .argument('<address>', 'address or host name with the port, such as 192.0.2.23:8080')
      .option('--name <name>', 'what the proxy calls it (default: made of both)')
      .addOption(new Option('--weight <number>', 'its share of the load, 1 to 256').argParser(readNumber))
      .option('--backup', 'use it only while no other is well')
      .addOption(new Option('--max-connections <number>', 'the most at a time').argParser(readNumber))
      .option('--slow-start <duration>', 'over how long it gets its full share, such as 30s'),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  vipair backends add web 192.0.2.23:8080\n  vipair backends add web app.example.net:80 --backup',
    )
    .action(async (service: string, address: string, options: AddOptions) => {
      // Written as in the configuration, by whose rules the daemon judges it.
      const { name, weight, backup, maxConnections, slowStart } = options;
      const more = { name, weight, backup, max_connections: maxConnections, slow_start: slowStart };
      const isPlain = Object.values(more).every((value) => value === undefined);
      const backend = isPlain ? address : JSON.stringify({ address, ...more });
      await give({ order: 'add', service, backend }, options);
    });
}

function orderCommand(order: 'remove' | 'drain' | 'undrain', description: string): Command {
  return withOrderOptions(
    new Command(order)
      .description(description)
      .argument('<service>', 'the service')
      .argument('<backend>', 'its name, or host and port'),
  )
    .addHelpText(
      'after',
      `\nExamples:\n  vipair backends ${order} web app-1\n  vipair backends ${order} web 192.0.2.23:8080 --dry-run`,
    )
    .action((service: string, backend: string, options: OrderOptions) => give({ order, service, backend }, options));
}

function weightCommand(): Command {
  return withOrderOptions(
    new Command('weight')
      .description('give a backend another weight, or that of its source again')
      .argument('<service>', 'the service')
      .argument('<backend>', 'its name, or host and port')
      .argument('<weight>', '1 to 256, or "default"', readWeight),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  vipair backends weight web app-1 50\n  vipair backends weight web app-1 default',
    )
    .action((service: string, backend: string, weight: number | 'default', options: OrderOptions) =>
      give({ order: 'weight', service, backend, weight: weight === 'default' ? undefined : weight }, options),
    );
}

/** Gives the order. Exit code 0 when it holds, 1 when it was refused. */
async function give(order: BackendOrder, options: OrderOptions): Promise<void> {
  const answer = await requestOrder(options.socket, order, options.dryRun === true);
  if (options.json === true) console.log(JSON.stringify(answer));
  else if (answer.accepted) console.log(answer.message);
  else console.error(`vipair: ${answer.message}`);
  process.exitCode = answer.accepted ? EXIT.ok : EXIT.failure;
}

function readNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It is no number.');
  return Number(text);
}

const readWeight = (text: string): number | 'default' => (text === 'default' ? text : readNumber(text));
