/**
 * The text format of OpenMetrics 1.0 (github.com/prometheus/OpenMetrics, specification/OpenMetrics.md), as far as a
 * snapshot needs it: gauges, counters, infos and state sets. A library for metrics keeps them by itself, in a registry
 * that is changed where things happen; here the status is the one truth and this its rendering.
 */
export interface Family {
  /** Without the suffix of its samples; ends with the unit, if there is one. */
  readonly name: string;
  readonly type: 'gauge' | 'counter' | 'info' | 'stateset';
  readonly help: string;
  readonly unit: string | undefined;
  readonly samples: readonly Sample[];
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export const OPENMETRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

const SUFFIX: Readonly<Record<Family['type'], string>> = { gauge: '', stateset: '', counter: '_total', info: '_info' };

/** An exposition of families; those without samples are left out. */
export function openMetrics(families: readonly Family[]): string {
  const lines = families.filter(({ samples }) => samples.length > 0).flatMap(familyLines);
  return [...lines, '# EOF', ''].join('\n');
}

function familyLines({ name, type, help, unit, samples }: Family): string[] {
  return [
    `# TYPE ${name} ${type}`,
    ...(unit === undefined ? [] : [`# UNIT ${name} ${unit}`]),
    `# HELP ${name} ${escaped(help)}`,
    ...samples.map(({ labels, value }) => `${name}${SUFFIX[type]}${labelText(labels)} ${numberText(value)}`),
  ];
}

function labelText(labels: Sample['labels']): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

const numberText = (value: number): string =>
  Number.isFinite(value) ? String(value) : Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
