import { constants } from 'node:os';
import type { ProcessInfo } from './process.ts';

type Numbered = Pick<ProcessInfo, 'pid'>;

/** `812`, or `812, 813`. */
export const pidsOf = (processes: readonly Numbered[]): string => processes.map(({ pid }) => pid).join(', ');

/** `worker 812`, or `workers 812, 813`. */
export const nameAll = (noun: string, processes: readonly Numbered[]): string =>
  `${plural(noun, processes.length)} ${pidsOf(processes)}`;

/** `1 orphaned worker (812)`, or `2 orphaned workers (812, 813)`. */
export const countAll = (noun: string, processes: readonly Numbered[]): string =>
  `${processes.length} ${plural(noun, processes.length)} (${pidsOf(processes)})`;

/** `port 80`, or `ports 80, 443`; each once, ascending. */
export function nameAllPorts(ports: readonly number[]): string {
  const unique = [...new Set(ports)].toSorted((a, b) => a - b);
  return `${plural('port', unique.length)} ${unique.join(', ')}`;
}

/** `2 orphaned workers (124, 125) still hold port 80`; without ports they `still run`. */
export function describeOrphans(orphans: readonly Numbered[], ports: readonly number[]): string {
  const third = orphans.length === 1 ? 's' : '';
  const what = `${countAll('orphaned worker', orphans)} still`;
  return ports.length === 0 ? `${what} run${third}` : `${what} hold${third} ${nameAllPorts(ports)}`;
}

/** How a process ended, from its status as in waitpid(2). */
export type Ending =
  | { readonly by: 'signal'; readonly signal: string }
  | {
      readonly by: 'exit';
      readonly status: number;
      /** As a shell tells a signal: 128 + its number. */ signal?: string;
    };

/** Reads a wait status: the signal in the low 7 bits, else the exit status in the second byte. */
export function endingOf(waitStatus: number): Ending {
  const killed = signalName(waitStatus & 0x7f);
  if (killed !== undefined) return { by: 'signal', signal: killed };
  const status = (waitStatus >> 8) & 0xff;
  const told = status > 128 ? signalName(status - 128) : undefined;
  return told === undefined ? { by: 'exit', status } : { by: 'exit', status, signal: told };
}

function plural(noun: string, count: number): string {
  if (count === 1) return noun;
  return noun.endsWith('s') ? `${noun}es` : `${noun}s`;
}

function signalName(number: number): string | undefined {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
}

/** How a process ended, from what Node.js says of a child: `exited with status 1`, `was killed (SIGKILL)`. */
export const endingWords = (status: number | null, signal: string | null): string =>
  signal !== null ? `was killed (${signal})` : status === 0 ? 'exited' : `exited with status ${status}`;
