import type { ListRow } from './list.ts';

const HEAD = ['PID', 'PPID', 'STATE', 'ROLE', 'USER', 'START', 'LISTENS', 'pidof', 'ps -C', 'lsof -i', 'killall -0'];

/** The processes as a table, and below it what each tool would answer as a whole. */
export function listTable(rows: readonly ListRow[], process: string | undefined, verdict: string): string {
  const yes = (value: boolean): string => (value ? 'yes' : '-');
  const cells = rows.map((row) => [
    ...[`${row.pid}`, `${row.ppid}`, row.state, row.role, row.user, row.start, row.listens.join(' ') || '-'],
    ...[yes(row.pidof), yes(row.ps), yes(row.lsof), yes(row.killall)],
  ]);
  const all = [HEAD, ...cells];
  const widths = HEAD.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const table = all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [...table, '', ...answers(rows, process), `vipair               ${verdict}`].join('\n');
}

/** What a script that asks the tool would conclude. */
function answers(rows: readonly ListRow[], process: string | undefined): string[] {
  const by = (key: 'pidof' | 'ps' | 'lsof' | 'killall'): string[] =>
    rows.filter((row) => row[key]).map(({ pid }) => `${pid}`);
  const line = (tool: string, pids: readonly string[]): string =>
    `${tool.padEnd(20)} ${pids.length > 0 ? `alive, exit code 0: ${pids.join(' ')}` : 'dead, exit code 1'}`;
  const named =
    process === undefined
      ? []
      : ([
          ['pidof', 'pidof'],
          ['ps -C', 'ps'],
          ['killall -0', 'killall'],
        ] as const);
  return [...named.map(([tool, key]) => line(`${tool} ${process}`, by(key))), line('lsof -i, listening', by('lsof'))];
}
