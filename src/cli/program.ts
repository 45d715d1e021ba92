import { Command, CommanderError } from 'commander';
import { VERSION } from '../control/version.ts';
import { errorCode, OpError } from '../linux/operror.ts';
import { EXIT, EXIT_HELP, fail } from './exit.ts';

/**
 * The commands in the order of the help. Each is loaded when it is called, and all of them only for the help: a
 * `status` that a script asks for every second does not pay for the configuration schema.
 */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./runhelp.ts')).runHelpCommand(),
  check: async () => (await import('./check.ts')).checkCommand(),
  config: async () => (await import('./config.ts')).configCommand(),
  reload: async () => (await import('./reload.ts')).reloadCommand(),
  apply: async () => (await import('./apply.ts')).applyCommand(),
  applies: async () => (await import('./applies.ts')).appliesCommand(),
  rollback: async () => (await import('./rollback.ts')).rollbackCommand(),
  switch: async () => (await import('./switch.ts')).switchCommand(),
  backends: async () => (await import('./backends.ts')).backendsCommand(),
  status: async () => (await import('./status.ts')).statusCommand(),
  explain: async () => (await import('./explain.ts')).explainCommand(),
  doctor: async () => (await import('./doctor.ts')).doctorCommand(),
  events: async () => (await import('./events.ts')).eventsCommand(),
  metrics: async () => (await import('./metrics.ts')).metricsCommand(),
  notify: async () => (await import('./notify.ts')).notifyCommand(),
  watchdog: async () => (await import('./watchdog.ts')).watchdogCommand(),
  lab: async () => (await import('./lab.ts')).labCommand(),
  version: async () => (await import('./version.ts')).versionCommand(),
};

/** Parses the command line and runs one command. */
export async function runProgram(argv: readonly string[]): Promise<void> {
  const program = new Command('vipair')
    .description('An active-active pair of proxy front ends: VRRP, health and configuration in one daemon per host')
    .version(`vipair ${VERSION}`)
    .enablePositionalOptions()
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
  // Whoever reads our output may have seen enough: `vipair config show | head -1`.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(EXIT.ok);
  });
  const name = argv[2] ?? '';
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  const loaded = load === undefined ? Object.values(commands).map((each) => each()) : [load()];
  for (const command of await Promise.all(loaded)) program.addCommand(command);
  overrideExit(program);
  // Whoever reads the output may leave, as head(1) does.
  process.stdout.on('error', (error) => process.exit(errorCode(error) === 'EPIPE' ? EXIT.ok : EXIT.failure));
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
