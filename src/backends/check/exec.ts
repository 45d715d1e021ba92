import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { ExecCheckConfig } from '../../config/checkconfig.ts';
import { errorCode } from '../../linux/operror.ts';
import type { Clock } from '../clock.ts';
import { frame } from './probe.ts';
import type { Probe, Say, Target } from './probe.ts';
import { printable } from './response.ts';
import { findUser } from '../../linux/user.ts';
import type { User } from '../../linux/user.ts';

/**
 * A program must end with 0. No shell is involved: the backend's address can be nothing but an argument. It runs in a
 * process group of its own, which is killed as a whole when the time is up, and afterwards too, so that nothing it
 * started stays behind. What cannot be started is a failure: a check that silently does nothing is worse than none.
 */
export function openExecProbe(check: ExecCheckConfig, clock: Clock): Probe {
  const user = userOf(check.user);
  /** BOUNDED by the backends: one for each look that waits for its turn. */
  const queue: (() => void)[] = [];
  let running = 0;
  const enter = (begin: () => void): (() => void) => {
    if (running < MOST_PROGRAMS) begin();
    else queue.push(begin);
    return () => {
      const at = queue.indexOf(begin);
      if (at >= 0) queue.splice(at, 1);
    };
  };
  const leave = (): void => {
    running--;
    queue.shift()?.();
  };
  return {
    look(target, done) {
      let cancel = (): void => {};
      const unqueue = enter(() => {
        running++;
        cancel = frame(
          clock,
          check.timeout,
          (say) => {
            const stop = start(check, user, target, say);
            return () => {
              stop();
              leave();
            };
          },
          done,
        );
      });
      return () => {
        unqueue();
        cancel();
      };
    },
    close() {
      queue.length = 0;
    },
  };
}

/** Programs of one service at a time; each is a process. */
const MOST_PROGRAMS = 16;

/** Of what a program says, the beginning becomes part of the reason. */
const MOST_OUTPUT = 4096;

type Identity = User | 'self' | { readonly refused: string };

/** Root runs programs as somebody else, `nobody` unless told otherwise; an unprivileged user runs them as itself. */
async function userOf(name: string | undefined): Promise<Identity> {
  const own = process.geteuid?.() ?? 0;
  if (own !== 0 && name === undefined) return 'self';
  const wanted = name ?? 'nobody';
  const user = await findUser(wanted);
  if (user === undefined) return { refused: `no user is called ${wanted}` };
  if (own === 0) return user;
  return user.uid === own ? 'self' : { refused: `cannot run as ${wanted}: only root may` };
}

function start(check: ExecCheckConfig, user: Promise<Identity>, target: Target, say: Say): () => void {
  let child: ChildProcess | undefined;
  let isStopped = false;
  const begin = (identity: Identity): void => {
    if (isStopped) return;
    if (typeof identity === 'object' && 'refused' in identity) return say('bad', identity.refused);
    child = run(check, identity, target, say);
  };
  void user.then(begin);
  return () => {
    isStopped = true;
    if (child !== undefined) endGroup(child);
  };
}

function run(check: ExecCheckConfig, identity: User | 'self', target: Target, say: Say): ChildProcess {
  const [program = '', ...words] = check.command;
  const child = spawn(
    program,
    words.map((word) => filled(word, target)),
    {
      cwd: '/',
      detached: true,
      env: {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        VIPAIR_ADDRESS: target.address,
        VIPAIR_PORT: `${target.port}`,
        VIPAIR_NAME: target.name,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(identity === 'self' ? {} : identity),
    },
  );
  let output = '';
  const keep = (bytes: Buffer): void => {
    if (output.length < MOST_OUTPUT) output += bytes.toString('latin1').slice(0, MOST_OUTPUT - output.length);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  child.on('error', (error) => say('bad', `cannot run "${program}": ${errorCode(error) ?? error.message}`));
  child.on('exit', (code, signal) => {
    // What it wrote last may still be in the pipe; it is read in the next turn of the loop.
    setImmediate(() => say(code === 0 ? 'good' : 'bad', ended(code, signal, output)));
  });
  return child;
}

function ended(code: number | null, signal: string | null, output: string): string {
  const said = printable(output.trim().split('\n')[0] ?? '');
  const how = code === null ? `killed by ${signal ?? 'a signal'}` : `exit code ${code}`;
  return said === '' ? how : `${how}: ${said}`;
}

const filled = (word: string, { address, port, name }: Target): string =>
  word.replaceAll(/\{(address|port|name)\}/g, (_, key: string) => `${{ address, port, name }[key]}`);

function endGroup(child: ChildProcess): void {
  child.stdout?.destroy();
  child.stderr?.destroy();
  // Number 0 would be our own group; a child that could not be started has none.
  if (child.pid === undefined || child.pid <= 1) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nobody of the group is left.
  }
}
