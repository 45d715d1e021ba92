import type { Discovery } from './discover.ts';
import type { Found } from './family.ts';
import { isSame } from './process.ts';
import type { ProcessInfo } from './process.ts';
import { describeOrphans, endingOf, nameAll, pidsOf } from './words.ts';

/** What the proxy's processes say about its health. Whether it answers requests is for a probe to find out. */
export interface Verdict {
  readonly state: 'well' | 'degraded' | 'dead';
  /** In one sentence, with the pids; it changes when the state of affairs does. */
  readonly reason: string;
  /** The main process where there is one, also a stopped one. A pid and a start time name one process for good. */
  readonly main: { readonly pid: number; readonly startTime: number } | undefined;
  /** The workers that serve, by pid. */
  readonly workers: readonly number[];
  /** What an operator should know though it decides nothing. */
  readonly notes: readonly string[];
}

/** One look, judged, and what the next one is compared with. */
export interface Observation {
  readonly discovery: Discovery;
  readonly verdict: Verdict;
  /** The proxy as it was when it was last there. */
  readonly last: Found | undefined;
}

/** Judges a look at the process table in the light of the one before. `title` is the proxy's name in sentences. */
export function judge(title: string, discovery: Discovery, before: Observation | undefined): Observation {
  const { notes } = discovery;
  if ('absent' in discovery) {
    const reason = explainLoss(title, discovery, before);
    return { discovery, last: before?.last, verdict: { state: 'dead', reason, main: undefined, workers: [], notes } };
  }
  const { found } = discovery;
  const trouble = troubleOf(title, found);
  const verdict: Verdict = {
    state: trouble === undefined ? 'well' : 'dead',
    reason: trouble ?? explainLife(title, found, discovery.others, before),
    main: { pid: found.main.pid, startTime: found.main.startTime },
    workers: found.workers.map(({ pid }) => pid),
    notes: [...notes, ...notesOn(title, found)],
  };
  return { discovery, verdict, last: found };
}

/**
 * Stopped as by SIGSTOP. A tracer's stops do not count for workers: one that is watched with strace stops and goes on
 * at every system call.
 */
const isStopped = ({ state }: ProcessInfo): boolean => state === 'T';

/** What keeps a proxy that is there from working, in words; `undefined` when nothing does. */
function troubleOf(title: string, { main, workers, leaving, alone }: Found): string | undefined {
  if (main.state === 'T') return `${title} main process ${main.pid} is stopped`;
  if (main.state === 't') return `${title} main process ${main.pid} is stopped by a tracer`;
  if (alone) return undefined;
  if (workers.length === 0) {
    const left = leaving.length === 0 ? '' : `; ${nameAll('worker', leaving)} only finishing`;
    return `${title} main process ${main.pid} has no worker${left}`;
  }
  if (!workers.every(isStopped)) return undefined;
  return workers.length === 1
    ? `${title} ${nameAll('worker', workers)} is stopped`
    : `all ${title} ${nameAll('worker', workers)} are stopped`;
}

function notesOn(title: string, { workers, leaving }: Found): string[] {
  const stopped = workers.filter(isStopped);
  const traced = workers.filter(({ state }) => state === 't');
  const notes: string[] = [];
  if (stopped.length > 0 && stopped.length < workers.length)
    notes.push(`${title} ${nameAll('worker', stopped)} stopped`);
  if (traced.length > 0) notes.push(`${title} ${nameAll('worker', traced)} stopped by a tracer`);
  if (leaving.length > 0) notes.push(`${title} ${nameAll('worker', leaving)} leaving`);
  return notes;
}

/** Why a proxy that works is as it is: what happened last, as far as two looks can tell. */
function explainLife(
  title: string,
  found: Found,
  others: readonly ProcessInfo[],
  before: Observation | undefined,
): string {
  const { main } = found;
  if (before?.last === undefined) return `${title} runs: ${describe(found)}`;
  const was = before.last;
  if (isSame(was.main, main)) {
    return before.verdict.state === 'dead'
      ? `${title} runs again: ${describe(found)}`
      : explainWorkers(title, found, before);
  }
  if ('absent' in before.discovery) return `${title} runs again: ${describe(found)}`;
  const how = others.some((other) => isSame(other, was.main)) ? 'the old one still runs' : 'restart';
  return `${title} main process replaced: ${was.main.pid} -> ${main.pid} (${how})`;
}

/** What happened to the workers of a main process that is still the same. */
function explainWorkers(title: string, found: Found, before: Observation): string {
  const { workers, leaving } = found;
  const had = before.last?.workers ?? [];
  const gone = had.filter((old) => !workers.some((worker) => isSame(worker, old)));
  const started = workers.filter((worker) => !had.some((old) => isSame(worker, old)));
  if (gone.length === 0)
    return started.length === 0 ? before.verdict.reason : `${title} started ${nameAll('worker', started)}`;
  const replacement = `${nameAll('worker', gone)} replaced by ${pidsOf(started.length > 0 ? started : workers)}`;
  // Only a reload makes a worker leave; where all were replaced between two looks, they may also have been killed.
  const left = gone.some((old) => leaving.some((worker) => isSame(worker, old)));
  if (left) return `${title} reloaded: ${replacement}`;
  if (gone.length === had.length) return `${title} reloaded or lost its workers: ${replacement}`;
  return started.length > 0 ? `${title} ${replacement}` : `${title} ${nameAll('worker', gone)} ended`;
}

function describe({ main, workers, alone }: Found): string {
  return alone ? `process ${main.pid}, without workers` : `main process ${main.pid}, ${nameAll('worker', workers)}`;
}

/** Why there is no proxy. How one was lost is said for as long as nothing else happens. */
function explainLoss(
  title: string,
  discovery: Extract<Discovery, { absent: string }>,
  before: Observation | undefined,
): string {
  const { absent, orphans, orphanPorts, ended } = discovery;
  const was = before?.last;
  if (before === undefined || was === undefined) return absent;
  if ('absent' in before.discovery) {
    return pidsOf(before.discovery.orphans) === pidsOf(orphans) ? before.verdict.reason : absent;
  }
  const end = explainEnd(title, was, orphans, ended);
  return orphans.length > 0 ? `${end}; ${describeOrphans(orphans, orphanPorts)}` : end;
}

/** How the main process ended. Only a zombie still knows its status; once its parent has reaped it, it is just gone. */
function explainEnd(
  title: string,
  { main, workers }: Found,
  orphans: readonly ProcessInfo[],
  ended: readonly ProcessInfo[],
): string {
  const subject = `${title} main process ${main.pid}`;
  const zombie = ended.find((process) => isSame(process, main));
  const ending = zombie === undefined ? undefined : endingOf(zombie.exitCode);
  if (ending?.by === 'signal') return `${subject} ${howSignalled(ending.signal)}`;
  const exited = `and its main process ${main.pid} exited`;
  for (const worker of ended.filter((process) => workers.some((other) => isSame(process, other)))) {
    const { by, signal = '' } = endingOf(worker.exitCode);
    // Workers that were killed may have been killed together with a main process that nobody saw end.
    const tells = by === 'signal' && (ending !== undefined || faults.has(signal));
    if (tells) return `${title} worker ${worker.pid} ${howSignalled(signal)} ${exited}`;
  }
  if (ending === undefined) {
    const lost = workers.filter((worker) => !orphans.some((orphan) => isSame(worker, orphan)));
    return lost.length === 0 ? `${subject} is gone` : `${subject} and its ${nameAll('worker', lost)} are gone`;
  }
  // A main process that exits with 128 + a signal passes on what its worker died of.
  if (ending.signal !== undefined && workers.length > 0) {
    return `${title} ${nameAll('worker', workers)} ${howSignalled(ending.signal)} ${exited}`;
  }
  return `${subject} exited${ending.status === 0 ? '' : ` with status ${ending.status}`}`;
}

/** The signals of a program's own mistakes. */
const faults: ReadonlySet<string> = new Set(['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGSYS']);

const howSignalled = (signal: string): string => `${faults.has(signal) ? 'crashed' : 'was killed'} (${signal})`;
