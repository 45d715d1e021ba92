import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { findUser } from '../../linux/user.ts';
import type { User } from '../../linux/user.ts';
import type { ExecReceiver } from '../../config/notifyconfig.ts';
import type { EventRecord } from '../../control/event.ts';
import { errorCode } from '../../linux/operror.ts';
import { environmentOf, keepalivedWords } from './message.ts';
import type { Outcome, Sender } from './sender.ts';

/** Of what a program complains, the beginning becomes part of the reason. */
const MOST_OUTPUT = 1000;

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Runs a program for each event: its arguments, and for a transition keepalived's behind them; the event in the
 * environment, and as JSON on standard input. It runs in a process group of its own, which is killed as a whole when the
 * time is up; what a program that ends well leaves running goes on. A program that is missing is waited for: it may be in
 * the middle of an update, and a notification that silently does nothing is worse than a late one.
 */
export function execSender(receiver: ExecReceiver): Sender {
  return {
    async send(record, signal) {
      const identity = await identityOf(receiver.user);
      return typeof identity === 'object' && 'refused' in identity
        ? { kind: 'later', reason: identity.refused }
        : run(receiver, identity, record, signal);
    },
    describe(record) {
      const words = [...receiver.command, ...keepalivedWords(record)].map((word) => JSON.stringify(word));
      const environment = Object.entries(environmentOf(record)).map(([key, value]) => `${key}=${value}`);
      return [words.join(' '), ...environment, `standard input: ${JSON.stringify(record)}`];
    },
  };
}

type Identity = User | 'self' | { readonly refused: string };

/** Root runs programs as somebody else, `nobody` unless told otherwise; an unprivileged user runs them as itself. */
async function identityOf(name: string | undefined): Promise<Identity> {
  const own = process.geteuid?.() ?? 0;
  if (own !== 0 && name === undefined) return 'self';
  const wanted = name ?? 'nobody';
  const user = await findUser(wanted);
  if (user === undefined) return { refused: `no user is called "${wanted}"` };
  if (user.uid === own) return 'self';
  return own === 0 ? user : { refused: `cannot run as "${wanted}": only root may` };
}

function run(
  { command, timeout }: ExecReceiver,
  identity: User | 'self',
  record: EventRecord,
  signal: AbortSignal,
): Promise<Outcome> {
  const [program = '', ...words] = command;
  return new Promise((resolve) => {
    const child = spawn(program, [...words, ...keepalivedWords(record)], {
      cwd: '/',
      detached: true,
      env: { PATH, ...environmentOf(record) },
      stdio: ['pipe', 'ignore', 'pipe'],
      ...(identity === 'self' ? {} : identity),
    });
    const stop = (): void => {
      endGroup(child);
      const reason = typeof signal.reason === 'string' ? signal.reason : 'ended with the daemon';
      resolve({ kind: 'refused', reason: `"${program}" was killed: ${reason}; its "timeout" is ${timeout} ms` });
    };
    signal.addEventListener('abort', stop, { once: true });
    let output = '';
    child.stderr.on('data', (bytes: Buffer) => {
      if (output.length < MOST_OUTPUT) output += bytes.toString('utf8').slice(0, MOST_OUTPUT - output.length);
    });
    // A program need not read what it is told.
    child.stdin.on('error', () => undefined);
    child.stdin.end(`${JSON.stringify(record)}\n`);
    child.on('error', (error) => {
      signal.removeEventListener('abort', stop);
      const advice = 'see that it is there, and that its user may run it';
      resolve({ kind: 'later', reason: `cannot run "${program}": ${errorCode(error) ?? error.message}; ${advice}` });
    });
    child.on('exit', (code, killer) => {
      signal.removeEventListener('abort', stop);
      // What it wrote last may still be in the pipe; it is read in the next turn of the loop.
      setImmediate(() => {
        child.stderr.destroy();
        resolve(outcomeOf(program, code, killer, output));
      });
    });
  });
}

function outcomeOf(program: string, code: number | null, killer: string | null, output: string): Outcome {
  if (code === 0) return { kind: 'delivered', detail: `"${program}" ended with 0` };
  const how = code === null ? `was killed by ${killer ?? 'a signal'}` : `ended with ${code}`;
  const said = (output.trim().split('\n')[0] ?? '').replaceAll(/[\u0000-\u001f\u007f]/g, ' ');
  return { kind: 'refused', reason: `"${program}" ${how}${said === '' ? '' : `: ${said}`}` };
}

function endGroup(child: ChildProcess): void {
  child.stderr?.destroy();
  // Number 0 would be our own group; a child that could not be started has none.
  if (child.pid === undefined || child.pid <= 1) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nobody of the group is left.
  }
}
