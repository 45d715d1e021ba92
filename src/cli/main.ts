#!/usr/bin/env node
/**
 * The command line. `vipair run` is the engine and loads nothing but the engine; its arguments are read by the manager
 * that it starts. `vipair watchdog --once`, which others call every second, loads no library either. Every other command
 * is a commander program with one file a command.
 */
import process from 'node:process';

const [command, ...rest] = process.argv.slice(2);
if (command === 'run' && !rest.includes('--help') && !rest.includes('-h')) {
  const { run } = await import('./run.ts');
  run(rest);
} else if (command === 'watchdog' && rest.includes('--once') && !rest.includes('--help') && !rest.includes('-h')) {
  const { watchOnce } = await import('./once.ts');
  await watchOnce(rest);
} else {
  const { runProgram } = await import('./program.ts');
  await runProgram(process.argv);
}
