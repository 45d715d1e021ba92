import type { BackendStatus, ServiceStatus, SourceStatus } from './backends.ts';
import { ago } from './paint.ts';
import type { Paint } from './paint.ts';

/** With no more backends than this in all services together, each has its line on the screen. */
const FEW = 8;

/** Lines for the backends of one service that need attention, when there are more than a few. */
const MOST_LINES = 5;

/** The services as part of the screen: how each is, its backends as far as there is room, and its sources. */
export function serviceLines(services: readonly ServiceStatus[], paint: Paint): string[] {
  const total = services.reduce((sum, { counts }) => sum + counts.total, 0);
  return services.flatMap((service) => [
    paint(`Service  ${service.service} ${service.state}: ${countWords(service)}`, toneOf(service)),
    ...(service.reason === null || isSaid(service) ? [] : [`         ${service.reason}`]),
    ...backendLines(service, total <= FEW, paint),
    ...service.sources.filter((source) => isTold(source)).map((source) => `         ${sourceWords(source)}`),
  ]);
}

/** Whether the numbers and the lines of sources say the reason already. */
const isSaid = ({ state, supply, isHoping, conflicts }: ServiceStatus): boolean =>
  (state === 'well' || state === 'degraded') && supply === 'enough' && !isHoping && conflicts.length === 0;

/** All backends as a table, and the sources of each service. */
export function renderBackends(services: readonly ServiceStatus[], paint: Paint): string {
  if (services.length === 0) return 'The configuration has no services.\n';
  const sections = services.map((service) => {
    const head = [
      paint(`${service.service} ${service.state}: ${countWords(service)}`, toneOf(service)),
      ...(service.reason === null ? [] : [`  ${service.reason}`]),
      ...service.conflicts.slice(1).map((conflict) => `  ${conflict}`),
      ...service.sources.map((source) => `  ${sourceWords(source)}`),
    ];
    return [...head, ...table(service.backends, paint)].join('\n');
  });
  return `${sections.join('\n\n')}\n`;
}

function table(backends: readonly BackendStatus[], paint: Paint): string[] {
  if (backends.length === 0) return [];
  const head = ['BACKEND', 'NAME', 'STATE', 'SINCE', 'WEIGHT', 'SOURCE', 'CHECKED', 'REASON'];
  const rows = backends.map((backend) => [
    ...[backend.backend, backend.name, stateWords(backend), backend.sinceMs === null ? '-' : ago(backend.sinceMs)],
    ...[String(backend.weight), backend.sources.join(', ')],
    ...[backend.lastCheck === null ? '-' : `${ago(backend.lastCheck.agoMs)} ago`, backend.reason],
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [
    paint(line(head), 'dim'),
    ...rows.map((row, index) => paint(line(row), toneOfState(backends[index]?.state ?? 'unknown'))),
  ];
}

function countWords({ counts, checkedBy }: ServiceStatus): string {
  const { total, up, down, unknown, drain, maint } = counts;
  const parts = [
    ...(checkedBy === null ? [] : [`${up} of ${total} up`]),
    ...(down > 0 ? [`${down} down`] : []),
    ...(unknown > 0 ? [checkedBy === null ? `${counted(total)}, not checked` : `${unknown} not looked at yet`] : []),
    ...(drain > 0 ? [`${drain} drained`] : []),
    ...(maint > 0 ? [`${maint} in maintenance`] : []),
  ];
  return parts.length === 0 ? 'no backends' : parts.join(', ');
}

function backendLines({ backends, counts }: ServiceStatus, isAll: boolean, paint: Paint): string[] {
  const wanted = isAll ? backends : backends.filter(({ state }) => state !== 'up' && state !== 'unknown');
  const shown = isAll ? wanted : wanted.slice(0, MOST_LINES);
  const lines = shown.map((backend) => {
    const { backend: id, name, state, reason, sinceMs } = backend;
    const since = sinceMs === null || state === 'drain' ? '' : ` for ${ago(sinceMs)}`;
    return paint(`         ${id} (${name}) ${stateWords(backend)}${since}: ${reason}`, toneOfState(state));
  });
  const rest = isAll ? 0 : counts.down + counts.drain + counts.maint - shown.length;
  return rest > 0 ? [...lines, `         and ${rest} more; see \`vipair backends list\``] : lines;
}

/** A drained backend that is dead too should not be waited for. */
const stateWords = ({ state, health, backup }: BackendStatus): string =>
  `${state}${state === 'drain' && health === 'down' ? ', down' : ''}${backup ? ', backup' : ''}`;

/** What the user wrote and typed is no news; what comes from elsewhere is, and so is trouble. */
const isTold = ({ source, error }: SourceStatus): boolean =>
  error !== null || (source !== 'configuration' && source !== 'command line');

function sourceWords({ source, backends, ageMs, error }: SourceStatus): string {
  const count = counted(backends);
  const age = ageMs === null ? 'no answer yet' : ageMs < 1000 ? count : `${count}, known ${ago(ageMs)} ago`;
  return `from ${source}: ${age}${error === null ? '' : `; ${error}`}`;
}

const counted = (backends: number): string => `${backends} backend${backends === 1 ? '' : 's'}`;

const toneOf = ({ state }: ServiceStatus): 'good' | 'bad' | 'warn' =>
  state === 'well' ? 'good' : state === 'down' ? 'bad' : 'warn';

function toneOfState(state: BackendStatus['state']): 'good' | 'bad' | 'warn' | 'dim' {
  if (state === 'up') return 'good';
  if (state === 'down') return 'bad';
  return state === 'unknown' ? 'dim' : 'warn';
}
