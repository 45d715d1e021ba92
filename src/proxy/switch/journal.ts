import { posix } from 'node:path';
import type { Disk } from '../disk.ts';
import type { Phase, SwitchOutcome } from './state.ts';

/** A main process, known for good. */
export interface Main {
  readonly pid: number;
  /** proc_pid_stat(5), field 22. */
  readonly startTime: number;
}

/** A switch that has begun and is not over: what the next start of this program has to finish. */
export interface Unfinished {
  readonly from: string;
  readonly to: string;
  readonly phase: Phase;
  readonly old: Main | undefined;
  /** `undefined` until it has started; one may run all the same. */
  readonly new: Main | undefined;
}

/** What this host runs by the last switch, whatever the configuration says. */
export interface Runs {
  readonly profile: string;
  /** What the configuration said when the switch was made. A configuration that says something else since is newer. */
  readonly instead: string;
  /** ISO 8601, UTC. */
  readonly since: string;
}

export interface SwitchRecord {
  readonly runs: Runs | undefined;
  readonly unfinished: Unfinished | undefined;
}

const FILE = 'switch.json';

/**
 * The one file in which a switch is kept, beside this program's other state: which proxy runs here, and how far an
 * unfinished switch has come. It is replaced as a whole and is on the disk before anything is done for what it says.
 */
export class SwitchJournal {
  readonly #disk: Disk;
  readonly #directory: string;
  #record: SwitchRecord;

  /** A file that cannot be read, or was not written by this program, is none. */
  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
    this.#record = parse(disk.read(posix.join(directory, FILE)));
  }

  get runs(): Runs | undefined {
    return this.#record.runs;
  }

  get unfinished(): Unfinished | undefined {
    return this.#record.unfinished;
  }

  /** Throws OpError when the disk does not take it; then nothing may be done for it. */
  begin(unfinished: Unfinished): void {
    this.#write({ runs: this.#record.runs, unfinished });
  }

  /** What the host runs is no news, but the file is; a switch that is unfinished stays so. Throws OpError. */
  note(runs: Runs): void {
    this.#write({ runs, unfinished: this.#record.unfinished });
  }

  /** The switch is over; `runs` is what the host runs now, when that has changed. Throws OpError. */
  conclude(runs: Runs | undefined = this.#record.runs): void {
    this.#write({ runs, unfinished: undefined });
  }

  #write(record: SwitchRecord): void {
    const file = posix.join(this.#directory, FILE);
    this.#disk.makeDirectory(this.#directory);
    this.#disk.write(`${file}.new`, `${JSON.stringify(record)}\n`);
    this.#disk.rename(`${file}.new`, file);
    this.#disk.sync(this.#directory);
    this.#record = record;
  }
}

/** What is to be remembered of a result; `undefined` for what was remembered before. */
export function runsAfter(
  result: SwitchOutcome,
  { from, to, configured, before }: { from: string; to: string; configured: string; before: Runs | undefined },
): Runs | undefined {
  const since = new Date().toISOString();
  if (result === 'switched') return { profile: to, instead: configured, since };
  if (configured === from) return undefined;
  // A file that asks for what did not work is still not what runs.
  return before?.profile === from ? { ...before, instead: configured } : { profile: from, instead: configured, since };
}

const PHASES: Readonly<Record<Phase, true>> = {
  validating: true,
  sharing: true,
  starting: true,
  probing: true,
  baking: true,
  committing: true,
  draining: true,
  ending: true,
  restoring: true,
  done: true,
};

function parse(text: string | undefined): SwitchRecord {
  let value: unknown;
  try {
    value = JSON.parse(text ?? '{}');
  } catch {
    value = {};
  }
  const { runs, unfinished } = Object(value) as { readonly runs?: unknown; readonly unfinished?: unknown };
  return { runs: isRuns(runs) ? runs : undefined, unfinished: isUnfinished(unfinished) ? unfinished : undefined };
}

function isRuns(value: unknown): value is Runs {
  const { profile, instead, since } = Object(value) as Partial<Record<keyof Runs, unknown>>;
  return [profile, instead, since].every((each) => typeof each === 'string');
}

function isUnfinished(value: unknown): value is Unfinished {
  const { from, to, phase, old, new: next } = Object(value) as Partial<Record<keyof Unfinished, unknown>>;
  const isKnown = typeof phase === 'string' && Object.hasOwn(PHASES, phase);
  return typeof from === 'string' && typeof to === 'string' && isKnown && [old, next].every(isMainOrNone);
}

function isMainOrNone(value: unknown): boolean {
  if (value === undefined) return true;
  const { pid, startTime } = Object(value) as Partial<Record<keyof Main, unknown>>;
  return Number.isInteger(pid) && Number.isInteger(startTime);
}
