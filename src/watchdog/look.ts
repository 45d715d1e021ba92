import type { Observation } from '../proxy/observe.ts';
import { procfs } from '../proxy/table.ts';
import type { ProcessTable } from '../proxy/table.ts';
import type { Milliseconds } from '../wire/units.ts';
import { lookAtProcesses } from './processes.ts';
import type { Processes } from './processes.ts';
import type { Target } from './target.ts';

/** One thing that was looked at. */
export interface Finding {
  readonly kind: 'process' | 'pid-file' | 'port' | 'url';
  readonly good: boolean;
  readonly words: string;
}

/** One look at a target: everything that was asked for has to be good. */
export interface Look {
  readonly good: boolean;
  /** What is wrong, or else what is right, in one sentence. */
  readonly reason: string;
  readonly findings: readonly Finding[];
  /** The process whose end is to be noticed at once. */
  readonly main: Processes['main'];
  readonly observation: Observation | undefined;
  /** Whether the processes are as simple as can be; see there. */
  readonly isPlain: boolean;
}

/**
 * Looks at everything once, the addresses side by side. Rejects with an OpError when the kernel gives no answer, which
 * says nothing about the target; it never takes longer than the time-out and a few milliseconds.
 */
export async function lookAt(
  target: Target,
  timeout: Milliseconds,
  before: Observation | undefined,
  table: ProcessTable = procfs,
): Promise<Look> {
  const processes = lookAtProcesses(target, table, before);
  const ports = portsOf(target.ports, processes.pids, table);
  const urls = target.urls.length === 0 ? [] : await askAll(target.urls, timeout);
  const findings = [...processes.findings, ...ports, ...urls];
  const wrong = findings.filter((finding) => !finding.good);
  const reason = (wrong.length > 0 ? wrong : findings).map(({ words }) => words).join('; ');
  const { main, observation, isPlain } = processes;
  return { good: wrong.length === 0, reason, findings, main, observation, isPlain };
}

/** What listens, and whether it is who it should be. */
function portsOf(ports: readonly number[], pids: readonly number[] | undefined, table: ProcessTable): Finding[] {
  if (ports.length === 0) return [];
  const sockets = table.listeners(ports);
  const ours = pids === undefined ? undefined : table.holders(pids, sockets);
  return ports.map((port): Finding => {
    const kind = 'port';
    if (!sockets.some((socket) => socket.port === port))
      return { kind, good: false, words: `nothing listens on port ${port}` };
    const isOurs = ours?.holdings.some((holding) => holding.port === port) ?? true;
    if (isOurs) return { kind, good: true, words: `port ${port} is listening` };
    // Whose it is takes the rights to trace other users' processes; without them the listener has to do.
    if (ours?.hidden === true) return { kind, good: true, words: `port ${port} is listening, by whom is hidden` };
    const [other] = table.holders('all', sockets).holdings.filter((holding) => holding.port === port);
    const who = other === undefined ? 'another process' : `process ${other.pid} "${table.stat(other.pid)?.comm ?? ''}"`;
    return { kind, good: false, words: `port ${port} is held by ${who}` };
  });
}

/** What asks is loaded with the first address: a look that is made once, at processes alone, does without. */
async function askAll(urls: Target['urls'], timeout: Milliseconds): Promise<Finding[]> {
  const { ask } = await import('./ask.ts');
  return Promise.all(urls.map((url) => ask(url, timeout)));
}
