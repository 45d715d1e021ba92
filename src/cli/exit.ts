/** The exit codes of every command; the codes from 64 on are those of sysexits(3). */
export const EXIT = {
  ok: 0,
  /** The command ran and the answer is no. */
  failure: 1,
  /** The configuration is refused; of `watchdog --once`, could not look. */
  config: 2,
  /** Nothing wrong was found, and not everything could be looked at. */
  unknown: 3,
  /** The command line is wrong. */
  usage: 64,
  /** The daemon cannot be reached, or something that the command needs is missing. */
  unavailable: 69,
  /** The kernel refuses what the daemon cannot do without. */
  refused: 70,
  /** Another daemon, or another watchdog of the same, is running already. */
  running: 75,
  /** Missing permission. */
  permission: 77,
} as const;

/** The table of exit codes for the help. */
export const EXIT_HELP = `
Exit codes:
  0   success
  1   the command ran, and the answer is no
  2   the configuration is refused; doctor found errors; watchdog --once could not look
  3   doctor found nothing wrong, and could not look at everything
  64  the command line is wrong
  69  the daemon cannot be reached, or a program that is needed is missing
  70  the kernel refuses what the daemon cannot do without
  75  another daemon, or another watchdog of the same, is running already
  77  permission is missing`;

/** Ends the command with a message on standard error. */
export function fail(message: string, code: number): never {
  process.stderr.write(`vipair: ${message}\n`);
  process.exit(code);
}
