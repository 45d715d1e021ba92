import type { Verdict } from './observe.ts';

/**
 * Three levels of liveness make one verdict. Pure.
 *
 * 1. The processes: cheap, at once, and the only one that tells a dead main process whose workers still answer.
 * 2. The listeners: who has the sockets.
 * 3. The answer, which decides: processes that look well may hang.
 *
 * A level that says dead is believed: the first because what it sees needs no confirmation, the others because they have
 * been confirmed by a second look.
 */
export interface Levels {
  readonly process: Verdict;
  /** `undefined` when it is well, or was not looked at. */
  readonly listener: { readonly trouble: string | undefined; readonly shared: string | undefined };
  readonly answer: { readonly trouble: string | undefined; readonly words: string | undefined };
}

/** One level in words, for people. */
export interface LevelWords {
  readonly level: 'process' | 'listener' | 'answer';
  readonly state: Verdict['state'];
  readonly reason: string;
}

/** The verdict of all levels together. */
export function combine({ process, listener, answer }: Levels): Verdict {
  if (process.state === 'dead') return process;
  const found = [answer.trouble, listener.trouble].filter((words) => words !== undefined);
  if (found.length > 0) return { ...process, state: 'dead', reason: found.join('; ') };
  if (listener.shared !== undefined) return { ...process, state: 'degraded', reason: listener.shared };
  return process;
}

/** The levels one by one. */
export function levelWords({ process, listener, answer }: Levels): LevelWords[] {
  const { state, reason } = process;
  return [
    { level: 'process', state, reason },
    {
      level: 'listener',
      state: listener.trouble !== undefined ? 'dead' : listener.shared !== undefined ? 'degraded' : 'well',
      reason: listener.trouble ?? listener.shared ?? 'every port is listened on by the proxy alone',
    },
    {
      level: 'answer',
      state: answer.trouble === undefined ? 'well' : 'dead',
      reason: answer.trouble ?? answer.words ?? 'not asked',
    },
  ];
}
