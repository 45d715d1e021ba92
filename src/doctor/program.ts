import { execFile } from 'node:child_process';
import { OpError } from '../linux/operror.ts';
import type { Milliseconds } from '../wire/units.ts';
import { milliseconds } from '../wire/units.ts';

/** What a program printed and how it ended. */
export interface Printed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that takes longer hangs. */
const LIMIT: Milliseconds = milliseconds(3000);

/** The rules of the largest firewall are some megabytes. */
const MOST_BYTES = 64 << 20;

/** Where programs of the administrator are; root's path has these, that of others often not. */
const PATH = `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`;

/**
 * Runs a program of the host without a shell, with words in English. `undefined` when it is not installed. Throws OpError
 * when it cannot be run or does not end.
 */
export function ask(command: readonly string[], limit: Milliseconds = LIMIT): Promise<Printed | undefined> {
  const [program = '', ...rest] = command;
  return new Promise((resolve, reject) => {
    const options = { timeout: limit, maxBuffer: MOST_BYTES, killSignal: 'SIGKILL' } as const;
    execFile(program, rest, { ...options, env: { ...process.env, PATH, LC_ALL: 'C' } }, (error, stdout, stderr) => {
      if (error === null) return resolve({ code: 0, stdout, stderr });
      if (typeof error.code === 'number') return resolve({ code: error.code, stdout, stderr });
      if (error.code === 'ENOENT') return resolve(undefined);
      const code = error.killed === true ? 'ETIMEDOUT' : (error.code ?? 'EIO');
      reject(new OpError(`run "${command.join(' ')}"`, code, { cause: error }));
    });
  });
}
