import type { Instant } from '../wire/units.ts';
import { milliseconds } from '../wire/units.ts';
import { now } from '../linux/clock.ts';
import { failure } from './failure.ts';
import type { Front } from './front.ts';
import type { Host } from './host.ts';
import { findProcess } from './process.ts';
import { until } from './until.ts';

/*
 * What other programs do to a proxy that runs and looks well. They are in Perl, which every Debian has, because they
 * need a system call and a socket option that Node.js does not know.
 */

/** The name under which the debugger runs on a host. */
export const debuggerName = 'debugger';

/** The name under which the program that listens on the proxy's port runs. */
export const thiefName = 'thief';

/** `syscall` has no names: ptrace(2) by its number, PTRACE_ATTACH being 16. It stops a process without the state T. */
const attach = `syscall(${process.arch === 'arm64' ? 117 : 101}, 16, $_ + 0, 0, 0) == 0 or die "ptrace: $!\\n" for @ARGV;
$| = 1; print "attached\\n"; sleep 600`;

/** Listens, beside whoever does already where that one allows it (SO_REUSEADDR is 2, SO_REUSEPORT 15), and accepts nothing. */
const listen = `use Socket; socket(my $s, PF_INET, SOCK_STREAM, 0); setsockopt($s, SOL_SOCKET, $_, 1) for 2, 15;
bind($s, sockaddr_in($ARGV[0], INADDR_ANY)) or die "bind: $!\\n"; listen($s, 8); $| = 1; print "listening\\n"; sleep 600`;

const patience = milliseconds(5000);

/** Halts the workers of a proxy the way a debugger does: all of them look alive, and do nothing. Throws `OpError`. */
export function hangWorkers(front: Front): Promise<Instant> {
  const main = front.main();
  const workers = front.processes().filter(({ pid }) => pid !== main?.pid);
  return intrude(
    front.host,
    debuggerName,
    attach,
    workers.map(({ inside }) => `${inside}`),
    'attached',
  );
}

/** Listens on a port of a host, together with whoever does. Throws `OpError` with what the kernel says. */
export const stealPort = (host: Host, port: number): Promise<Instant> =>
  intrude(host, thiefName, listen, [`${port}`], 'listening');

async function intrude(
  host: Host,
  name: string,
  text: string,
  words: readonly string[],
  done: string,
): Promise<Instant> {
  const op = `start "${name}" on "${host.name}"`;
  if (findProcess(host, name) !== undefined) throw failure(op, 'it runs');
  const at = now();
  const started = await host.start(['perl', '-e', text, ...words], { name, unattended: true });
  const isDone = (): boolean => {
    if (!started.running) throw failure(op, started.log().trim() || 'it ended at once');
    return started.log().includes(done);
  };
  await until(`"${name}" is ${done}`, isDone, patience);
  return at;
}
