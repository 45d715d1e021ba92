import { Command } from 'commander';
import type { AppliesAnswer } from '../control/applies.ts';
import { fetchApplies } from '../control/client.ts';
import { CONTROL_SOCKET } from '../control/status.ts';

/** `vipair applies`. */
export function appliesCommand(): Command {
  return new Command('applies')
    .description('what was applied to the proxy: when, why, how, how long it took, and what became of it')
    .option('-s, --socket <path>', 'the control socket', CONTROL_SOCKET)
    .option('--json', 'as JSON')
    .addHelpText('after', '\n"*" is in force, "+" can be gone back to.\n\nExample:\n  vipair applies')
    .action(async (options: { readonly socket: string; readonly json?: boolean }) => {
      const answer = await fetchApplies(options.socket);
      console.log(options.json === true ? JSON.stringify(answer) : tableOf(answer));
    });
}

function tableOf({ inForce, applies }: AppliesAnswer): string {
  if (applies.length === 0) return 'Nothing was applied yet.';
  const head = ['', 'ID', 'AT', 'RESULT', 'BY', 'TOOK', 'CAUSE', 'MESSAGE'];
  const rows = applies.map(({ id, at, result, method, durationMs, cause, message, isKept }) => [
    ...[id === inForce ? '*' : isKept ? '+' : ' ', String(id), at, result, method],
    ...[`${Math.round(durationMs)} ms`, cause, message],
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
