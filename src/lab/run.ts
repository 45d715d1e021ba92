import { spawn } from 'node:child_process';
import type { Milliseconds } from '../wire/units.ts';
import { failure } from './failure.ts';

/** How a command ended. */
export interface Outcome {
  /** Exit status; `undefined` when a signal ended it. */
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Text for standard input; none by default. */
  readonly input?: string;
  /** Added to a minimal environment (PATH, HOME, LANG, TERM). */
  readonly env?: Readonly<Record<string, string>>;
  /** After this long the command is killed, with SIGKILL. 30 s by default. */
  readonly timeout?: Milliseconds;
}

/** Bytes of standard output and of standard error that are kept; the rest is dropped. */
const outputLimit = 16 * 1024 * 1024;

/** The environment of everything that runs in a lab: the same whoever starts it. */
export const environment = (env: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
  TERM: process.env['TERM'] ?? 'dumb',
  ...env,
});

/** Runs a command to its end. An exit status other than 0 is an outcome; only a failed start throws `OpError`. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const [program = '', ...rest] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, {
      env: environment(options.env),
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      timeout: options.timeout ?? 30_000,
      killSignal: 'SIGKILL',
    });
    const collect = (stream: NodeJS.ReadableStream | null): (() => string) => {
      const chunks: Buffer[] = [];
      let length = 0;
      stream?.on('data', (chunk: Buffer) => {
        if (length < outputLimit) chunks.push(chunk);
        length += chunk.length;
      });
      return () => Buffer.concat(chunks).toString();
    };
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    child.on('error', (cause: NodeJS.ErrnoException) => {
      const advice = cause.code === 'ENOENT' ? `install the package that has "${program}"` : undefined;
      reject(failure(`run "${program}"`, cause, advice));
    });
    child.on('close', (code, signal) =>
      resolve({ code: code ?? undefined, signal: signal ?? undefined, stdout: stdout(), stderr: stderr() }),
    );
    // A command that ends without reading all its input is no failure of ours.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input);
  });
}

/** Runs a command whose failure is a failure: throws `OpError` with what it wrote to standard error. */
export async function must(op: string, argv: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const outcome = await run(argv, options);
  if (outcome.code === 0) return outcome;
  const said = outcome.stderr.trim() || outcome.stdout.trim() || `ended by ${outcome.signal ?? outcome.code}`;
  throw failure(op, said.slice(0, 2000));
}
