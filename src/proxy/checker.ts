import { spawn } from 'node:child_process';
import { OpError } from '../linux/operror.ts';
import type { Milliseconds } from '../wire/units.ts';

/** What a program said and how it ended. */
export interface Run {
  readonly status: number;
  /** Both streams, the last megabyte. */
  readonly output: string;
}

export interface RunOptions {
  readonly limit: Milliseconds;
  readonly directory?: string | undefined;
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Descriptors here that it inherits, from 3 on. */
  readonly descriptors?: readonly number[] | undefined;
}

/** More than a megabyte of complaints helps nobody. */
const MOST_CHARACTERS = 1 << 20;

/**
 * Runs a program of the proxy without a shell. Throws OpError when it cannot be started, and `ETIMEDOUT` when it does
 * not end: it is killed then, with whatever it started, so that it holds up nothing.
 */
export function runProgram(command: readonly string[], options: RunOptions): Promise<Run> {
  const [program = '', ...rest] = command;
  const { limit, directory, environment, descriptors = [] } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, {
      stdio: ['ignore', 'pipe', 'pipe', ...descriptors],
      detached: true,
      ...(directory === undefined ? {} : { cwd: directory }),
      ...(environment === undefined ? {} : { env: environment }),
    });
    let output = '';
    const take = (text: string): void => {
      output = (output + text).slice(-MOST_CHARACTERS);
    };
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', take);
    const timer = setTimeout(() => {
      kill(child.pid);
      for (const stream of [child.stdout, child.stderr]) stream?.destroy();
      const advice = `it did not end within ${limit} ms and was killed; is a name server or a file system hanging?`;
      reject(new OpError(`run "${command.join(' ')}"`, 'ETIMEDOUT', { advice }));
    }, limit);
    child.on('error', (cause: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      const code = cause.code ?? 'EIO';
      const advice = code === 'ENOENT' ? 'install it, or name it in "proxy.binary"' : 'may this user run it?';
      reject(new OpError(`run "${program}"`, code, { cause, advice }));
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (signal === null) return resolve({ status: code ?? 1, output });
      reject(new OpError(`run "${command.join(' ')}"`, signal, { advice: 'it was killed' }));
    });
  });
}

/** The whole process group, because a checker may be a script. */
function kill(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}
