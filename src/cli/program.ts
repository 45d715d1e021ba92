import { Command, CommanderError } from 'commander';
import { OpError } from '../linux/operror.ts';
import { checkCommand } from './check.ts';
import { configCommand } from './config.ts';
import { EXIT, EXIT_HELP, fail } from './exit.ts';
import { labCommand } from './lab.ts';
import { reloadCommand } from './reload.ts';
import { runHelpCommand } from './runhelp.ts';
import { statusCommand } from './status.ts';
import { versionCommand } from './version.ts';

/** Parses the command line and runs one command. */
export async function runProgram(argv: readonly string[]): Promise<void> {
  const program = new Command('vipair')
    .description('An active-active pair of proxy front ends: VRRP, health and configuration in one daemon per host')
    .addHelpText('after', EXIT_HELP)
    .addHelpText(
      'after',
      `
Examples:
  vipair check /etc/vipair/pair.yaml     is the configuration right, and how fast will it fail over?
  vipair run --config pair.yaml          run the daemon in the foreground
  vipair status --watch                  who holds what, why, and since when
  vipair lab demo                        the whole pair on this machine, in network namespaces`,
    )
    .showHelpAfterError('(see vipair --help)');
  for (const command of [
    runHelpCommand(),
    checkCommand(),
    configCommand(),
    reloadCommand(),
    statusCommand(),
    labCommand(),
    versionCommand(),
  ]) {
    program.addCommand(command);
  }
  overrideExit(program);
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    else if (error instanceof OpError) fail(error.message, exitCodeOf(error));
    else throw error;
  }
}

function exitCodeOf(error: OpError): number {
  if (error.code === 'EACCES' || error.code === 'EPERM') return EXIT.permission;
  return EXIT.unavailable;
}

/** A wrong command line ends with the usage code whatever command it was meant for. */
function overrideExit(command: Command): void {
  command.exitOverride();
  for (const inner of command.commands) overrideExit(inner);
}
