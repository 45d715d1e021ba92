import { Command } from 'commander';
import { fetchStatus } from '../control/client.ts';
import { renderStatus } from '../control/render.ts';
import { CONTROL_SOCKET } from '../control/status.ts';
import type { Status } from '../control/status.ts';
import { OpError } from '../linux/operror.ts';
import { EXIT } from './exit.ts';

/** Between two looks with --watch. */
const PERIOD_MS = 500;

interface StatusOptions {
  readonly socket: string;
  readonly json?: boolean;
  readonly watch?: boolean;
}

/** `vipair status`. Exit code 0 when every VIP of this host stands with its configured priority, 1 otherwise. */
export function statusCommand(): Command {
  return new Command('status')
    .description('who holds what, why, since when, and what would happen if a host died now')
    .option('-s, --socket <path>', 'the control socket', CONTROL_SOCKET)
    .option('-w, --watch', 'show it live until Ctrl-C')
    .option('--json', 'as JSON; with --watch one object a line')
    .addHelpText(
      'after',
      `
Exit code 0 when this host stands for every VIP with its full priority, 1 when something keeps it from that.

Examples:
  vipair status
  vipair status --watch
  vipair status --json | jq '.vips[] | {vip, holder, reason}'`,
    )
    .action(async (options: StatusOptions) => {
      if (options.watch === true) await watch(options);
      else {
        const status = await fetchStatus(options.socket);
        print(status, options);
        process.exitCode = isWell(status) ? EXIT.ok : EXIT.failure;
      }
    });
}

function print(status: Status, options: StatusOptions): void {
  process.stdout.write(
    options.json === true ? `${JSON.stringify(status)}\n` : renderStatus(status, process.stdout.isTTY),
  );
}

/** Redraws in place on a terminal. A daemon that is away is said to be, and shown again when it is back. */
async function watch(options: StatusOptions): Promise<never> {
  const clear = options.json !== true && process.stdout.isTTY ? '\u001b[H\u001b[2J' : '';
  for (;;) {
    try {
      const status = await fetchStatus(options.socket);
      process.stdout.write(clear);
      print(status, options);
    } catch (error) {
      if (!(error instanceof OpError)) throw error;
      const text = options.json === true ? JSON.stringify({ error: error.message }) : error.message;
      process.stdout.write(`${clear}${text}\n`);
    }
    await new Promise((resolve) => setTimeout(resolve, PERIOD_MS));
  }
}

/** An active router whose addresses could not be installed serves nobody. */
const isWell = (status: Status): boolean =>
  status.vips.every(
    ({ state, priority, basePriority, addressesInstalled }) =>
      priority === basePriority && (state === 'backup' || (state === 'active' && addressesInstalled)),
  );
