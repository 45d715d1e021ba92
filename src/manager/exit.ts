import { OpError } from '../linux/operror.ts';

/** Exit codes before the first assignment, which become the daemon's (sysexits(3)). */
export const EXIT_CONFIG = 2;

const EXIT_RUNNING = 75;
const EXIT_NO_PERMISSION = 77;
const EXIT_OTHER = 1;

/** How a daemon ends that cannot have its control socket. */
export function exitCodeOf(error: unknown): number {
  const code = error instanceof OpError ? error.code : '';
  if (code === 'EADDRINUSE') return EXIT_RUNNING;
  return code === 'EACCES' || code === 'EPERM' ? EXIT_NO_PERMISSION : EXIT_OTHER;
}

/** What was thrown, in words. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
