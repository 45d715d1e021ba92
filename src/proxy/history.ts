import { posix } from 'node:path';
import { OpError } from '../linux/operror.ts';
import type { Disk } from './disk.ts';
import type { FrontModel } from './model.ts';
import { isSame } from './process.ts';

/**
 * What was applied, kept beside the files in the directory `.vipair`, so that it outlives this program: the last records,
 * the models of the last good ones, and which of them is in force in which process. Nothing here is needed to
 * serve: a history that cannot be read is an empty one, and the next apply is then a full one.
 */
export interface ApplyRecord {
  readonly id: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Why it was made, in words. */
  readonly cause: string;
  readonly durationMs: number;
  readonly method: ApplyMethod;
  readonly result: ApplyOutcome;
  readonly message: string;
  /** Whether its model is still kept, so that one can go back to it. */
  readonly isKept: boolean;
}

/**
 * - `runtime`: the running proxy was told.
 * - `reload`: it has read its files again.
 * - `start`: it was started, or another beside it that takes its place.
 * - `none`: nobody had to be told.
 */
export type ApplyMethod = 'reload' | 'runtime' | 'start' | 'none';

/**
 * - `effective`: in force, and seen to be.
 * - `written`: validated and in place, for when a proxy is started; none runs.
 * - `unchanged`: everything was so already.
 * - `refused`: nothing was touched.
 * - `rolled-back`: it was in place and did not work; what was before is in force again.
 * - `failed`: something on the host failed; what was before is in force.
 */
export type ApplyOutcome = 'effective' | 'written' | 'unchanged' | 'refused' | 'rolled-back' | 'failed';

/** Which apply is in force, and in which process. */
export interface InForce {
  readonly id: number;
  /** Of the sealed files together. */
  readonly digest: string;
  /** `undefined` when no proxy ran. */
  readonly main: { readonly pid: number; readonly startTime: number } | undefined;
}

/** Whether what has a digest is in force in the main process that runs, or in the files when none does. */
export function isInForce(inForce: InForce | undefined, digest: string, main: InForce['main']): boolean {
  if (inForce?.digest !== digest) return false;
  if (main === undefined || inForce.main === undefined) return main === inForce.main;
  return isSame(inForce.main, main);
}

/** Records that are kept, and models. */
const MOST_RECORDS = 50;
const MOST_MODELS = 10;

const PLACE = '.vipair';

interface State {
  readonly records: readonly ApplyRecord[];
  readonly inForce: InForce | undefined;
}

export class History {
  readonly #disk: Disk;
  readonly #place: string;
  /** BOUNDED: MOST_RECORDS, the newest last. */
  #records: ApplyRecord[] = [];
  #inForce: InForce | undefined;
  /** The model that was written or read last, with its id: it is asked for every second, and may have megabytes. */
  #model: { readonly id: number; readonly model: FrontModel } | undefined;

  constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#place = posix.join(directory, PLACE);
    const state = parse(disk.read(posix.join(this.#place, 'history.json')));
    this.#records = [...state.records];
    this.#inForce = state.inForce;
  }

  /** The newest first. */
  get records(): readonly ApplyRecord[] {
    return this.#records.toReversed();
  }

  get inForce(): InForce | undefined {
    return this.#inForce;
  }

  get nextId(): number {
    return (this.#records.at(-1)?.id ?? 0) + 1;
  }

  /** Adds a record; with a model one can go back to it. Throws OpError when the disk does not take it. */
  add(record: Omit<ApplyRecord, 'isKept'>, model: FrontModel | undefined, inForce: InForce | undefined): void {
    if (inForce !== undefined) this.#inForce = inForce;
    this.#records.push({ ...record, isKept: model !== undefined });
    this.#trim();
    this.#disk.makeDirectory(this.#place);
    if (model !== undefined) {
      this.#disk.write(this.#fileOf(record.id), `${JSON.stringify(model)}\n`);
      this.#model = { id: record.id, model };
    }
    this.#write();
    this.#sweep();
  }

  /** What is in force is now in another process, which was started with it. Throws OpError when the disk is against it. */
  runsIn(main: InForce['main']): void {
    if (this.#inForce === undefined) return;
    this.#inForce = { ...this.#inForce, main };
    this.#write();
  }

  #write(): void {
    const file = posix.join(this.#place, 'history.json');
    const state: State = { records: this.#records, inForce: this.#inForce };
    this.#disk.write(`${file}.new`, `${JSON.stringify(state)}\n`);
    this.#disk.rename(`${file}.new`, file);
    this.#disk.sync(this.#place);
  }

  /** The model in force with what has changed in it without an apply: what the proxy itself knows of its servers. */
  refresh(model: FrontModel): void {
    if (this.#inForce === undefined) return;
    const { id } = this.#inForce;
    const file = this.#fileOf(id);
    const text = `${JSON.stringify(model)}\n`;
    try {
      if (this.#disk.read(file) === text) return;
      this.#disk.write(`${file}.new`, text);
      this.#disk.rename(`${file}.new`, file);
      this.#model = { id, model };
    } catch (error) {
      // The older one is right as well, but for what is found out anew.
      if (!(error instanceof OpError)) throw error;
    }
  }

  /** What is in force is not known any more. */
  forget(): void {
    this.#inForce = undefined;
  }

  /** The model of a good apply; `undefined` when it is not kept, or cannot be read. */
  model(id: number): FrontModel | undefined {
    if (this.#model?.id === id) return this.#model.model;
    const text = this.#disk.read(this.#fileOf(id));
    try {
      const model = text === undefined ? undefined : (JSON.parse(text) as FrontModel);
      if (model !== undefined) this.#model = { id, model };
      return model;
    } catch {
      return undefined;
    }
  }

  #fileOf(id: number): string {
    return posix.join(this.#place, `${id}.json`);
  }

  /** The last good apply before the given one, the newest when none is given. */
  before(id: number | undefined): ApplyRecord | undefined {
    return this.records.find((record) => record.isKept && (id === undefined || record.id < id));
  }

  #trim(): void {
    const kept = this.#records.filter(({ isKept }) => isKept).slice(-MOST_MODELS);
    const oldest = kept[0]?.id ?? 0;
    this.#records = this.#records
      .slice(-MOST_RECORDS)
      .map((record) => (record.isKept && record.id < oldest ? { ...record, isKept: false } : record));
  }

  /** Removes models that nobody can go back to. */
  #sweep(): void {
    const kept = new Set(this.#records.filter(({ isKept }) => isKept).map(({ id }) => `${id}.json`));
    for (const name of this.#disk.list(this.#place))
      if (/^\d+\.json$/.test(name) && !kept.has(name)) this.#disk.remove(posix.join(this.#place, name));
  }
}

function parse(text: string | undefined): State {
  const empty: State = { records: [], inForce: undefined };
  if (text === undefined) return empty;
  try {
    const { records, inForce } = JSON.parse(text) as Partial<State>;
    if (!Array.isArray(records) || !records.every((record) => Number.isInteger((record as ApplyRecord).id)))
      return empty;
    return { records: records as ApplyRecord[], inForce: Number.isInteger(inForce?.id) ? inForce : undefined };
  } catch {
    return empty;
  }
}
