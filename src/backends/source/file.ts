import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { watch } from 'chokidar';
import type { FSWatcher } from 'chokidar';
import type { BackendConfig, FileSourceConfig } from '../../config/backendconfig.ts';
import { parseBackends } from '../../config/backendlist.ts';
import { idOf } from '../backend.ts';
import type { Clock } from '../clock.ts';
import { milliseconds } from '../../wire/units.ts';
import type { Instant } from '../../wire/units.ts';
import { listFiles, listingOf, readSteady } from './listing.ts';
import { createLedger, inOneLine } from './source.ts';
import type { BackendSource, Ledger } from './source.ts';

/**
 * Files of backends, followed as they change.
 *
 * Editors save in many ways: cut the file to nothing and write it, write another and rename it over, delete it and
 * create it anew. So an event only says that something happens; what is there is read when nothing has happened for a
 * moment. A file that cannot be read or understood keeps its last good list, one that is gone for longer than a save
 * takes has none, and a single file or a directory that is gone altogether is taken for a mistake. A look every few
 * seconds finds what no event told, such as a directory that was mounted.
 */
export function fileSource({ path }: FileSourceConfig, clock: Clock): BackendSource {
  const name = `file ${path}`;
  const ledger = createLedger(name, clock);
  const follower = createFollower(path, ledger, clock);
  return {
    name,
    start(onChange) {
      ledger.listen(onChange);
      follower.start();
    },
    close() {
      ledger.close();
      follower.close();
    },
    state: () => ledger.state(),
  };
}

/** A save is over when nothing was written for this long. */
const QUIET = milliseconds(30);
/** However busy the directory is, it is read this soon. */
const CEILING = milliseconds(500);
/** A file that comes back within this was only being saved. */
const GRACE = milliseconds(200);
/** chokidar 5 drops changes of a file that come within 50 ms of one it has told, so after an event there is a second look. */
const ECHO = milliseconds(60);
/** Between two looks without an event. */
const PERIOD = milliseconds(5000);

interface Known {
  readonly stamp: string | undefined;
  readonly backends: readonly BackendConfig[];
  readonly error: string | undefined;
  /** When it was found missing. */
  readonly missedAt: number | undefined;
}

interface Follower {
  start(): void;
  close(): void;
}

function createFollower(path: string, ledger: Ledger, clock: Clock): Follower {
  /** BOUNDED by the files of a listing. */
  let known: ReadonlyMap<string, Known> = new Map();
  let watcher: FSWatcher | undefined;
  let cancel = (): void => {};
  let busySince: number | undefined;
  /** Of the last event that no completed look has seen. */
  let toldAt: Instant | undefined;
  let isReading = false;
  let isEchoDue = false;
  let isClosed = false;
  const plan = (delay: number): void => {
    if (isClosed || isReading) return;
    cancel();
    cancel = clock.after(milliseconds(delay), read);
  };
  const onEvent = (): void => {
    const at = clock.now();
    busySince ??= at;
    toldAt = at;
    isEchoDue = true;
    if (isReading) return;
    plan(Math.max(0, Math.min(QUIET, busySince + CEILING - at)));
  };
  const take = (found: Look): void => {
    isReading = false;
    if (isClosed) return;
    if ('error' in found) ledger.bad(found.error);
    else {
      known = found.known;
      record(ledger, known, toldAt);
      if (busySince === undefined && !found.again) toldAt = undefined;
    }
    if (busySince !== undefined) return onEvent();
    if ('again' in found && found.again) return plan(QUIET);
    plan(isEchoDue ? ECHO : PERIOD);
    isEchoDue = false;
  };
  const read = (): void => {
    isReading = true;
    busySince = undefined;
    void look(path, known, clock).then(take);
  };
  return {
    start() {
      watcher = watchAround(path, onEvent);
      read();
    },
    close() {
      isClosed = true;
      cancel();
      void watcher?.close();
    },
  };
}

/**
 * Tells of everything that happens to what a path means. Always its directory is watched and never the file alone: a
 * file that another is renamed over takes its watch along.
 */
function watchAround(path: string, onEvent: () => void): FSWatcher {
  const parent = dirname(path);
  const wanted = basename(path);
  const isPattern = /[*?]/.test(wanted);
  const isOurs = (candidate: string): boolean =>
    candidate === parent || candidate === path || candidate.startsWith(`${path}/`) || isPattern;
  // A path that is a directory is watched itself; one that is to become one is seen to come in its parent.
  const places = isPattern ? [parent] : [parent, path];
  const watcher = watch(places, {
    depth: 0,
    ignoreInitial: true,
    atomic: false,
    ignored: (candidate: string) => !isOurs(candidate),
  });
  watcher.on('all', (event, changed) => {
    if (event === 'addDir' && changed === path) watcher.add(path);
    onEvent();
  });
  // What happened between the first look and the beginning of the watch was told to nobody.
  watcher.on('ready', onEvent);
  // Without events the periodic look remains, which is slower and says the same.
  watcher.on('error', () => {});
  return watcher;
}

type Look = { readonly error: string } | { readonly known: ReadonlyMap<string, Known>; readonly again: boolean };

/** Reads what has changed; `again` when something is still being written. */
async function look(path: string, before: ReadonlyMap<string, Known>, clock: Clock): Promise<Look> {
  const isDirectory = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const listing = listingOf(path, isDirectory);
  const files = await listFiles(listing);
  if ('error' in files) return files;
  const known = new Map<string, Known>();
  let again = false;
  const wanted = listing.isSingle ? [path] : [...new Set([...before.keys(), ...files])].toSorted();
  for (const file of wanted) {
    const last = before.get(file);
    if (!files.includes(file)) {
      const missing = missed(file, last, listing.isSingle, clock.now());
      if (missing !== undefined) known.set(file, missing);
      again ||= missing?.missedAt !== undefined && clock.now() - missing.missedAt < GRACE;
      continue;
    }
    // One after the other: a thousand files at once would be a thousand descriptors.
    const next = await readOne(file, last);
    again ||= next.isMoving;
    known.set(file, next.known);
  }
  return { known, again };
}

/** A file that is not there: kept for a moment, a single one for good. */
function missed(file: string, last: Known | undefined, isSingle: boolean, at: number): Known | undefined {
  const missedAt = last?.missedAt ?? at;
  if (!isSingle && (last === undefined || at - missedAt >= GRACE)) return undefined;
  const error = at - missedAt >= GRACE || last === undefined ? `${file} is missing` : last.error;
  return { stamp: undefined, backends: last?.backends ?? [], error, missedAt };
}

async function readOne(file: string, last: Known | undefined): Promise<{ known: Known; isMoving: boolean }> {
  const nothing: Known = { stamp: undefined, backends: [], error: undefined, missedAt: undefined };
  const keep: Known = { ...(last ?? nothing), missedAt: undefined };
  const contents = await readSteady(file, last?.missedAt === undefined ? last?.stamp : undefined);
  if (contents === 'same') return { known: keep, isMoving: false };
  if (contents === 'moving') return { known: keep, isMoving: true };
  if ('error' in contents) return { known: { ...keep, stamp: undefined, error: contents.error }, isMoving: false };
  const { text, stamp, writtenAt } = contents;
  // The beginning of a list is a list: what was written this moment may go on.
  const youth = Date.now() - writtenAt;
  if (youth >= 0 && youth < QUIET) return { known: keep, isMoving: true };
  const list = parseBackends(text, file);
  if ('errors' in list) return { known: { ...keep, stamp, error: inOneLine(list.errors) }, isMoving: false };
  return { known: { stamp, backends: list.backends, error: undefined, missedAt: undefined }, isMoving: false };
}

function record(ledger: Ledger, known: ReadonlyMap<string, Known>, toldAt: Instant | undefined): void {
  // A file that is still being written for the first time says nothing, not that there is nothing.
  const isUnread = ({ stamp, error, missedAt }: Known): boolean =>
    stamp === undefined && error === undefined && missedAt === undefined;
  if ([...known.values()].some(isUnread)) return;
  const backends: BackendConfig[] = [];
  const errors: string[] = [];
  const homes = new Map<string, string>();
  for (const [file, { backends: own, error }] of known) {
    if (error !== undefined) errors.push(error);
    for (const backend of own) {
      const id = idOf(backend);
      const other = homes.get(id);
      if (other === undefined) {
        homes.set(id, file);
        backends.push(backend);
      } else errors.push(`${file}: ${id} is in ${other} already`);
    }
  }
  const isWorking =
    errors.length === 0 || [...known.values()].some(({ stamp, error }) => stamp !== undefined && error === undefined);
  const isPartial = [...known.values()].some(({ backends: own, error }) => error !== undefined && own.length === 0);
  // Of several files some may be right: what they say holds, with a note about the others.
  if (isWorking) ledger.good(backends, errors.length === 0 ? undefined : inOneLine(errors), toldAt, isPartial);
  else ledger.bad(inOneLine(errors));
}
