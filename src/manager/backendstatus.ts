import type { Backend } from '../backends/backend.ts';
import type { Verdict } from '../backends/rise.ts';
import type { ServiceSnapshot } from '../backends/service.ts';
import type { SourceState } from '../backends/source/source.ts';
import type { BackendCounts, BackendStatus, ServiceStatus, SourceStatus } from '../control/backends.ts';
import { setOf } from '../pair/backendview.ts';
import type { BackendView } from '../pair/backendview.ts';
import type { Instant } from '../wire/units.ts';
import { wallClock } from './log.ts';

/** How a service and its backends are told; `most` is how many of its backends are, those that need attention first. */
export function serviceStatus(
  snapshot: ServiceSnapshot,
  checkedBy: ServiceStatus['checkedBy'],
  at: Instant,
  most: number,
): ServiceStatus {
  const { set, verdicts, force, sources } = snapshot;
  const counts = countsOf(set.backends, verdicts);
  const { state, reason } = conditionOf(snapshot, counts);
  const shown = set.backends.length <= most ? set.backends : urgentFirst(set.backends, verdicts, most);
  return {
    service: snapshot.service,
    state,
    reason: reason ?? null,
    counts,
    isHoping: force.isHoping,
    supply: set.supply,
    checkedBy,
    sources: sources.map(sourceStatus),
    conflicts: set.conflicts,
    backends: shown.map((backend) => backendStatus(backend, verdicts.get(backend.id), checkedBy, at)),
  };
}

/** What of a service counts for the priority of this host; `undefined` while nothing is known of its backends. */
export function backendView({ service, isSettled, set, verdicts }: ServiceSnapshot): BackendView | undefined {
  if (!isSettled && set.backends.length === 0) return undefined;
  const serving = set.backends.filter(({ admin, backup }) => admin === 'ready' && !backup);
  const { up, unknown, total } = countsOf(serving, verdicts);
  const ids = serving.map(({ id }) => id);
  const down = ids.filter((id) => verdicts.get(id)?.state === 'down');
  return { service, up, unknown, total, ids, down, set: setOf(set.backends.map(({ id }) => id)) };
}

const stateOf = ({ admin, id }: Backend, verdicts: ReadonlyMap<string, Verdict>): BackendStatus['state'] =>
  admin === 'ready' ? (verdicts.get(id)?.state ?? 'unknown') : admin;

function countsOf(backends: readonly Backend[], verdicts: ReadonlyMap<string, Verdict>): BackendCounts {
  const counts = { total: backends.length, up: 0, down: 0, unknown: 0, drain: 0, maint: 0 };
  for (const backend of backends) counts[stateOf(backend, verdicts)]++;
  return counts;
}

function conditionOf(
  { isSettled, set, force, sources }: ServiceSnapshot,
  counts: BackendCounts,
): { readonly state: ServiceStatus['state']; readonly reason: string | undefined } {
  if (!isSettled && set.backends.length === 0) {
    const awaited = sources.filter(({ age, error }) => age === undefined && error === undefined);
    return { state: 'starting', reason: `waits for ${awaited.map(({ name }) => name).join(', ')}` };
  }
  const lost = sources.filter(({ error }) => error !== undefined);
  const [conflict] = set.conflicts;
  const reasons = [
    ...(force.isHoping ? ['every backend is down, so all of them are tried'] : []),
    ...(set.reason === undefined ? [] : [`${set.reason}: ${SUPPLY[set.supply]}`]),
    ...(counts.down > 0 && !force.isHoping ? [`${counts.down} of ${counts.total} backends are down`] : []),
    ...lost.map(({ name, error }) => `${name}: ${error}`),
    ...(conflict === undefined ? [] : [conflict]),
  ];
  const isServing = counts.up + counts.unknown > 0 && set.supply !== 'refused';
  if (!isServing) return { state: 'down', reason: reasons[0] ?? 'no backend may serve' };
  return reasons.length === 0
    ? { state: 'well', reason: undefined }
    : { state: 'degraded', reason: reasons.join('; ') };
}

/** What becomes of a service whose sources say too few. */
export const SUPPLY: Readonly<Record<ServiceStatus['supply'], string>> = {
  enough: 'all is well',
  kept: 'the last good backends stay',
  few: 'those that there are serve',
  refused: 'nobody is served',
};

const sourceStatus = ({ name, backends, age, error }: SourceState): SourceStatus => ({
  source: name,
  backends: backends.length,
  ageMs: age === undefined ? null : Math.round(age),
  error: error ?? null,
});

const URGENCY: readonly BackendStatus['state'][] = ['down', 'maint', 'drain', 'unknown', 'up'];

/** In their own order within a state; nothing is sorted, because there may be ten thousand, every second. */
function urgentFirst(backends: readonly Backend[], verdicts: ReadonlyMap<string, Verdict>, most: number): Backend[] {
  const found = new Map(URGENCY.map((state) => [state, [] as Backend[]]));
  for (const backend of backends) {
    const alike = found.get(stateOf(backend, verdicts));
    if (alike !== undefined && alike.length < most) alike.push(backend);
  }
  return [...found.values()].flat().slice(0, most);
}

function backendStatus(
  backend: Backend,
  verdict: Verdict | undefined,
  checkedBy: ServiceStatus['checkedBy'],
  at: Instant,
): BackendStatus {
  const { id, name, admin, weight, backup, sources } = backend;
  const last = verdict?.last;
  const isChecked = verdict !== undefined && checkedBy !== null;
  return {
    backend: id,
    name,
    state: admin === 'ready' ? (verdict?.state ?? 'unknown') : admin,
    health: verdict?.state ?? 'unknown',
    admin,
    reason: reasonOf(backend, verdict, checkedBy),
    since: isChecked ? iso(verdict.since) : null,
    sinceMs: isChecked ? Math.round(at - verdict.since) : null,
    weight,
    backup,
    sources,
    lastCheck:
      last === undefined
        ? null
        : {
            at: iso(last.at),
            agoMs: Math.round(at - last.at),
            result: last.result,
            reason: last.reason,
            durationMs: Math.round(last.duration * 10) / 10,
          },
  };
}

function reasonOf({ admin }: Backend, verdict: Verdict | undefined, checkedBy: ServiceStatus['checkedBy']): string {
  if (admin === 'drain') return 'drained from the command line';
  if (admin === 'maint') return 'there are too few backends, and "on_empty" says "refuse"';
  if (checkedBy === null || verdict === undefined) return 'nobody checks it';
  return verdict.last?.reason ?? (verdict.state === 'unknown' ? 'not looked at yet' : 'known from before the start');
}

const iso = (at: Instant): string => new Date(wallClock(at)).toISOString();
