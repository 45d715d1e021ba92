import { readFileSync } from 'node:fs';
import type { BackendConfig } from '../config/backendconfig.ts';
import { parseBackends } from '../config/backendlist.ts';
import { showBackend } from '../config/showservice.ts';
import { errorCode, OpError } from '../linux/operror.ts';
import { instant, milliseconds } from '../wire/units.ts';
import type { Clock } from './clock.ts';
import type { LastAnswer, Memory } from './memory.ts';
import { field, readJson } from './source/json.ts';
import { writeWhole } from './source/wholefile.ts';

/**
 * What the sources said last, in a file, for the next run of this program. It is written a moment after a change, so that
 * a burst is one write. It is of use only while a source fails: one that cannot be read counts as nothing, and one that
 * cannot be written is told and hurts nobody now.
 */
export interface MemoryFile {
  /** What a service knew at the end of the last run. Told once: a service that goes and comes back begins anew. */
  take(service: string): Memory | undefined;
  /** Something has changed. */
  touch(): void;
  /** Why it could not be written the last time. */
  readonly trouble: string | undefined;
  /** Writes once more. */
  close(): void;
}

/** From a change to when it is written. */
const PAUSE = milliseconds(1000);

/** Opens it; it need not exist. `present` gives what is known now, by service. Does not throw. */
export function openMemoryFile(
  file: string,
  clock: Clock,
  present: () => ReadonlyMap<string, Memory>,
  wall: () => number = Date.now,
): MemoryFile {
  const former = read(file, clock, wall());
  let trouble: string | undefined;
  let cancel: (() => void) | undefined;
  let isTouched = false;
  const write = (): void => {
    cancel = undefined;
    const memories = new Map(
      [...present()].filter(([, { answers, kept }]) => answers.length > 0 || kept !== undefined),
    );
    try {
      writeWhole(file, format(memories, clock, wall()));
      trouble = undefined;
    } catch (error) {
      if (!(error instanceof OpError)) throw error;
      trouble = error.message;
    }
  };
  return {
    take(service) {
      const memory = former.get(service);
      former.delete(service);
      return memory;
    },
    touch() {
      isTouched = true;
      cancel ??= clock.after(PAUSE, write);
    },
    get trouble() {
      return trouble;
    },
    close() {
      cancel?.();
      if (isTouched) write();
    },
  };
}

/** The text of such a file; backends are written as in the configuration, times by the clock of the wall. */
function format(memories: ReadonlyMap<string, Memory>, clock: Clock, wall: number): string {
  const services = [...memories].map(([service, { answers, kept }]) => {
    const said = answers.map(({ source, backends, rightAt }) => ({
      source,
      rightAt: new Date(wall - (clock.now() - rightAt)).toISOString(),
      backends: backends.map(showBackend),
    }));
    return [service, { answers: said, kept: kept?.map(showBackend) }] as const;
  });
  return `${JSON.stringify({ version: 1, services: Object.fromEntries(services) })}\n`;
}

function read(file: string, clock: Clock, wall: number): Map<string, Memory> {
  try {
    const document = readJson(readFileSync(file, 'utf8'));
    const services = field(document, 'version') === 1 ? field(document, 'services') : undefined;
    return new Map(
      Object.entries(services ?? {}).map(([service, memory]) => [service, readMemory(memory, clock, wall)]),
    );
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    // It is not there, or hidden.
    return new Map();
  }
}

function readMemory(memory: unknown, clock: Clock, wall: number): Memory {
  const said = field(memory, 'answers');
  const answers = (Array.isArray(said) ? said : []).flatMap((answer): LastAnswer[] => {
    const [source, at] = [field(answer, 'source'), Date.parse(String(field(answer, 'rightAt')))];
    const backends = readBackends(field(answer, 'backends'));
    if (typeof source !== 'string' || Number.isNaN(at) || backends === undefined) return [];
    // A clock that was put back does not make it newer than now.
    return [{ source, backends, rightAt: instant(clock.now() - Math.max(0, wall - at)) }];
  });
  return { answers, kept: readBackends(field(memory, 'kept')) };
}

function readBackends(value: unknown): readonly BackendConfig[] | undefined {
  if (value === undefined) return undefined;
  const list = parseBackends(JSON.stringify(value), 'memory');
  return 'backends' in list ? list.backends : undefined;
}
