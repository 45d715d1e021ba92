import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { failure } from './failure.ts';
import { environment, run } from './run.ts';

/**
 * With which rights a lab is built. `root` is the machine's own root. In a `user-namespace` the lab is seen by this
 * program and what it starts alone: other processes of the user cannot use it, and it goes with the program.
 */
export type Privilege = 'root' | 'user-namespace';

/** Set inside the user namespace that this program has made for itself. */
const marker = 'VIPAIR_LAB_PRIVILEGE';

/** What unshare is told, and what runs in there: a `/run` of its own, and a PID 1 that reaps. */
const unshare = ['unshare', '--user', '--map-root-user', '--net', '--pid', '--mount', '--fork', '--mount-proc'];
const enter = ['bash', '-c', 'mount -n -t tmpfs -o mode=755 tmpfs /run || exit 125; "$@"; exit $?', 'lab'];

/** The rights this process has to build a lab; `undefined` when it has none. */
export async function privilege(): Promise<Privilege | undefined> {
  if (process.env[marker] === 'user-namespace') return 'user-namespace';
  if (process.geteuid?.() !== 0) return undefined;
  const { code } = await run(['unshare', '--net', '--mount', 'true']).catch(() => ({ code: 1 }));
  return code === 0 ? 'root' : undefined;
}

/**
 * Runs this program again, with the same arguments and streams, as root of a user namespace, and returns its exit
 * status. For a process whose `privilege` is `undefined`. Throws `OpError`, with the setting that forbids it and the
 * command that changes it, where the kernel does not let us.
 */
export async function runInUserNamespace(
  argv: readonly string[] = [process.execPath, ...process.execArgv, ...process.argv.slice(1)],
): Promise<number> {
  const op = 'build a lab without being root';
  const tried = await run([...unshare, '--', ...enter, 'true']).catch(() => undefined);
  if (tried === undefined) throw failure(op, 'unshare is not installed', 'install util-linux, or run it as root');
  if (tried.code !== 0) {
    const { why, advice } = obstacle() ?? { why: tried.stderr.trim() || 'unshare failed', advice: 'run it as root' };
    throw failure(op, why, advice);
  }
  const [program = '', ...rest] = [...unshare, '--kill-child=KILL', '--', ...enter, ...argv];
  const env = { ...process.env, ...environment(), [marker]: 'user-namespace' };
  const child = spawn(program, rest, { stdio: 'inherit', env });
  // Ctrl-C reaches the program in there by itself, for it is on the same terminal; we only stay until it has cleaned up.
  const wait = (): void => undefined;
  process.on('SIGINT', wait);
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(failure(op, cause)));
    child.once('exit', (code, signal) => {
      process.removeListener('SIGINT', wait);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 1));
    });
  });
}

/** Settings that forbid user namespaces to ordinary users, by distribution. */
const settings = [
  { path: 'kernel/unprivileged_userns_clone', forbids: '0', allow: '1' },
  { path: 'kernel/apparmor_restrict_unprivileged_userns', forbids: '1', allow: '0' },
  { path: 'user/max_user_namespaces', forbids: '0', allow: '15000' },
] as const;

/** The setting that stands in the way; `undefined` when none of those we know does. */
function obstacle(): { why: string; advice: string } | undefined {
  for (const { path, forbids, allow } of settings) {
    const key = path.replaceAll('/', '.');
    const advice = `run it as root, or allow it with "sudo sysctl -w ${key}=${allow}"`;
    if (readSetting(path) === forbids) return { why: `the kernel forbids it (${key} is ${forbids})`, advice };
  }
  return undefined;
}

function readSetting(path: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${path}`, 'latin1').trim();
  } catch {
    return undefined;
  }
}
