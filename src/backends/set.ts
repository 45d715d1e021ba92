import type { BackendConfig } from '../config/backendconfig.ts';
import type { OnEmpty } from '../config/config.ts';
import { idOf, nameOf, sameBackends } from './backend.ts';
import type { Admin, Backend } from './backend.ts';

/**
 * The backends of one service: what all its sources say, as one set. Pure.
 *
 * - A backend is its host and port. When several sources have it, the earlier one is believed, and where a later one
 *   says something else about it, that is told as a conflict.
 * - Whom the command line drained stays drained, whichever source has it.
 * - An empty answer is more often a mistake than a wish: below `minBackends` the policy `onEmpty` decides.
 */
export interface BackendSet {
  /** In the order of the sources and of what they said. At most `MOST_BACKENDS`. */
  readonly backends: readonly Backend[];
  /** What sources say against each other, in words; at most 100. */
  readonly conflicts: readonly string[];
  /**
   * - `enough`: the backends are what the sources say.
   * - `kept`: they are those of before, because the sources say too few.
   * - `few`: the sources say too few and nothing was there before, or the `sorry` may answer; the backends are theirs.
   * - `refused`: the sources say too few and nobody shall be served; the backends are there in `maint`.
   */
  readonly supply: 'enough' | 'kept' | 'few' | 'refused';
  /** Why the supply is not enough; `undefined` when it is. */
  readonly reason: string | undefined;
}

/** What one source said last. */
export interface Said {
  /** Such as `file /etc/vipair/backends.d`. */
  readonly name: string;
  readonly backends: readonly BackendConfig[];
}

/** What the command line said about a backend, whoever has it. */
export interface Override {
  readonly id: string;
  readonly admin: Admin | undefined;
  readonly weight: number | undefined;
}

export interface SetPolicy {
  readonly minBackends: number;
  readonly onEmpty: OnEmpty;
}

/** More are not taken; what is left out is a conflict. */
export const MOST_BACKENDS = 10_000;

const MOST_CONFLICTS = 100;

/** Nothing yet. */
export const emptySet: BackendSet = { backends: [], conflicts: [], supply: 'enough', reason: undefined };

/** Whether two sets say the same in the same order. */
export function sameSet(a: BackendSet, b: BackendSet): boolean {
  if (a.supply !== b.supply || a.reason !== b.reason || !sameTexts(a.conflicts, b.conflicts)) return false;
  if (!sameBackends(a.backends, b.backends)) return false;
  return a.backends.every(({ admin, sources }, index) => {
    const other = b.backends[index];
    return admin === other?.admin && sameTexts(sources, other.sources);
  });
}

const sameTexts = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((text, index) => text === b[index]);

/** The set after a source or an override changed. `previous` is the set in force, `emptySet` at the start. */
export function mergeBackends(
  sources: readonly Said[],
  overrides: readonly Override[],
  policy: SetPolicy,
  previous: BackendSet,
): BackendSet {
  const conflicts: string[] = [];
  const union = overridden(named(unite(sources, conflicts), conflicts), overrides);
  const told = conflicts.slice(0, MOST_CONFLICTS);
  if (union.length >= policy.minBackends) {
    return { backends: union, conflicts: told, supply: 'enough', reason: undefined };
  }
  const found = union.length === 0 ? 'the sources say that there are none' : `the sources say only ${union.length}`;
  const reason = `${found}, and min_backends is ${policy.minBackends}`;
  // What is kept is the last set of which the sources themselves were sure, and it is still drained as the user says.
  const before = overridden(previous.backends.filter(({ sources: by }) => by.length > 0).map(ready), overrides);
  const larger = before.length > union.length ? before : union;
  switch (policy.onEmpty) {
    case 'keep':
      return { backends: larger, conflicts: told, supply: larger === union ? 'few' : 'kept', reason };
    case 'sorry':
      return { backends: union, conflicts: told, supply: 'few', reason };
    case 'refuse':
      return { backends: larger.map(inMaintenance), conflicts: told, supply: 'refused', reason };
  }
}

const ready = (backend: Backend): Backend => ({ ...backend, admin: 'ready' });
const inMaintenance = (backend: Backend): Backend => ({ ...backend, admin: 'maint' });

type Unnamed = Omit<Backend, 'name'> & { readonly name: string | undefined };

function unite(sources: readonly Said[], conflicts: string[]): Unnamed[] {
  const byId = new Map<string, Unnamed>();
  for (const source of sources) {
    for (const backend of source.backends) {
      const id = idOf(backend);
      const earlier = byId.get(id);
      if (earlier === undefined) {
        if (byId.size >= MOST_BACKENDS) {
          conflicts.push(`${id} of ${source.name} is left out: a service has at most ${MOST_BACKENDS} backends`);
          return [...byId.values()];
        }
        byId.set(id, unnamed(backend, id, source.name));
      } else if (!earlier.sources.includes(source.name)) {
        const difference = differenceOf(earlier, backend);
        if (difference !== undefined) {
          const [believed = ''] = earlier.sources;
          conflicts.push(`${id}: ${difference} of ${source.name} is ignored, ${believed} has it first`);
        }
        byId.set(id, { ...earlier, sources: [...earlier.sources, source.name] });
      }
    }
  }
  return [...byId.values()];
}

/** Key by key: to copy an object and add keys to the copy takes twenty times as long, and there may be ten thousand. */
function unnamed(backend: BackendConfig, id: string, source: string): Unnamed {
  const { name, host, port, weight, backup, maxConnections, slowStart } = backend;
  return { name, host, port, weight, backup, maxConnections, slowStart, id, admin: 'ready', sources: [source] };
}

const COMPARED = {
  name: 'name',
  weight: 'weight',
  backup: 'backup',
  maxConnections: 'max_connections',
  slowStart: 'slow_start',
} as const satisfies Partial<Record<keyof BackendConfig, string>>;

function differenceOf(a: Unnamed, b: BackendConfig): string | undefined {
  const keys = (Object.keys(COMPARED) as (keyof typeof COMPARED)[]).filter((key) => a[key] !== b[key]);
  const [key] = keys;
  return key === undefined ? undefined : `${COMPARED[key]} ${b[key] ?? 'unset'}`;
}

/** Gives every backend a name that no other has: a name that is taken, or missing, becomes the one of the address. */
function named(backends: readonly Unnamed[], conflicts: string[]): Backend[] {
  const given = new Set<string>();
  // Mostly everybody has a name of his own, and there may be ten thousand.
  let taken: Set<string> | undefined;
  return backends.map((backend): Backend => {
    if (isNamed(backend) && !given.has(backend.name)) {
      given.add(backend.name);
      return backend;
    }
    const { name } = backend;
    taken ??= new Set(backends.flatMap((each) => each.name ?? []));
    const own = free(nameOf(backend), taken);
    taken.add(own);
    if (name !== undefined) conflicts.push(`${backend.id}: the name "${name}" is another's; it is called "${own}"`);
    return { ...backend, name: own };
  });
}

const isNamed = (backend: Unnamed): backend is Backend => backend.name !== undefined;

function free(name: string, taken: ReadonlySet<string>): string {
  let candidate = name;
  for (let suffix = 2; taken.has(candidate); suffix++) candidate = `${name.slice(0, 58)}-${suffix}`;
  return candidate;
}

function overridden(backends: readonly Backend[], overrides: readonly Override[]): readonly Backend[] {
  if (overrides.length === 0) return backends;
  const byId = new Map(overrides.map((override) => [override.id, override]));
  return backends.map((backend): Backend => {
    const { admin = backend.admin, weight = backend.weight } = byId.get(backend.id) ?? {};
    return { ...backend, admin, weight };
  });
}
