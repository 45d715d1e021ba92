import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { errorCode } from '../linux/operror.ts';
import { milliseconds } from '../wire/units.ts';
import type { Milliseconds } from '../wire/units.ts';

/** How a command ended. */
export interface Outcome {
  readonly good: boolean;
  /** `exit code 1`, `killed by SIGKILL`, `not ended within 30 s, killed`, `cannot be started: ENOENT`. */
  readonly words: string;
  /** What it wrote to both streams, the last 4 KiB. */
  readonly output: string;
  readonly took: Milliseconds;
}

/** A command that runs. */
export interface Running {
  readonly outcome: Promise<Outcome>;
  /** Ends it before its time, with all of its process group. */
  cancel(): void;
}

/** Of what a command says, the end tells why it failed. */
const MOST_OUTPUT = 4096;

/** Between asking a command that takes too long to end, and ending it. */
const GRACE_MS = 2000;

/**
 * Runs a command without a shell, in a session and process group of its own. One that takes longer than `limit` is
 * ended with everything in its group. What a command that ended in time leaves running is what it was run for, and is
 * let be: its output is read on and thrown away, because a daemon whose output nobody reads any more dies of it.
 */
export function runCommand(argv: readonly string[], limit: Milliseconds): Running {
  const [program = '', ...words] = argv;
  const began = performance.now();
  const took = (): Milliseconds => milliseconds(Math.round(performance.now() - began));
  let output = '';
  let child: ChildProcess | undefined;
  let isLate = false;
  const outcome = new Promise<Outcome>((resolve) => {
    const say = (good: boolean, what: string): void =>
      resolve({ good, words: what, output: output.trim(), took: took() });
    try {
      child = spawn(program, words, { cwd: '/', detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    } catch (error) {
      return say(false, `cannot be started: ${errorCode(error) ?? String(error)}`);
    }
    const { stdout, stderr } = child;
    let isOver = false;
    for (const stream of [stdout, stderr]) {
      stream?.on('data', (bytes: Buffer) => {
        if (!isOver) output = (output + bytes.toString('utf8')).slice(-MOST_OUTPUT);
      });
      stream?.on('error', () => undefined);
    }
    const timers = limitTime(limit, (signal) => {
      isLate = true;
      signalGroup(child, signal);
    });
    child.on('error', (error) => {
      timers.clear();
      if (child?.pid === undefined) say(false, `cannot be started: ${errorCode(error) ?? error.message}`);
    });
    child.on('exit', (code, signal) => {
      timers.clear();
      // What it wrote last may still be in the pipe; it is read in the next turn of the loop.
      setImmediate(() => {
        isOver = true;
        for (const stream of [stdout, stderr]) (stream as unknown as { unref?: () => void } | null)?.unref?.();
        if (isLate) say(false, `not ended within ${limit / 1000} s, killed`);
        else if (code !== null) say(code === 0, `exit code ${code}`);
        else say(false, `killed by ${signal ?? 'a signal'}`);
      });
    });
  });
  return { outcome, cancel: () => signalGroup(child, 'SIGTERM') };
}

function limitTime(limit: Milliseconds, end: (signal: NodeJS.Signals) => void): { clear(): void } {
  let timer = setTimeout(() => {
    end('SIGTERM');
    timer = setTimeout(() => end('SIGKILL'), GRACE_MS);
  }, limit);
  return { clear: () => clearTimeout(timer) };
}

function signalGroup(child: ChildProcess | undefined, signal: NodeJS.Signals): void {
  // Number 0 would be our own group.
  if (child?.pid === undefined || child.pid <= 1) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // Nobody of the group is left.
  }
}
