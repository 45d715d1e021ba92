import { milliseconds } from '../wire/units.ts';
import type { BackendSourceConfig } from './backendconfig.ts';
import type { RawSource, SourceKey } from './raw.ts';
import { quote } from './report.ts';
import type { Path, Report } from './report.ts';

/** The keys that each kind of source may have beside its own. */
const KEYS: Readonly<Record<SourceKey, readonly (keyof RawSource)[]>> = {
  file: [],
  dns: ['type', 'port', 'resolver'],
  url: ['interval', 'ca'],
  etcd: ['prefix', 'ca', 'cert', 'key', 'user', 'password'],
};

/** The sources of a service with their defaults; those that are not right are left out. */
export function resolveSources(sources: readonly RawSource[], path: Path, report: Report): BackendSourceConfig[] {
  const seen = new Set<string>();
  return sources.flatMap((source, index) => {
    const place = [...path, index];
    const resolved = resolveSource(source, place, report);
    if (resolved === undefined) return [];
    const text = JSON.stringify(resolved);
    if (seen.has(text)) report.error(place, 'is in the list twice; write it once');
    seen.add(text);
    return [resolved];
  });
}

function resolveSource(source: RawSource, path: Path, report: Report): BackendSourceConfig | undefined {
  const kinds = (Object.keys(KEYS) as SourceKey[]).filter((key) => source[key] !== undefined);
  const [kind, other] = kinds;
  if (kind === undefined || other !== undefined) {
    const found = kind === undefined ? 'is of no kind' : `is of two kinds, ${kinds.join(' and ')}`;
    report.error(path, `${found}; write one of file, dns, url, etcd`);
    return undefined;
  }
  for (const key of Object.keys(source) as (keyof RawSource)[]) {
    if (key === kind || source[key] === undefined || KEYS[kind].includes(key)) continue;
    report.error([...path, key], `has no effect with "${kind}"; leave it out`);
  }
  if (source.file !== undefined) return file(source.file, path, report);
  if (source.dns !== undefined) return dns(source, source.dns, path, report);
  if (source.url !== undefined) {
    const { interval = milliseconds(5000), url, ca } = source;
    return { kind: 'url', url, interval, ca };
  }
  return etcd(source, path, report);
}

function file(written: string, path: Path, report: Report): BackendSourceConfig {
  const directory = written.slice(0, written.lastIndexOf('/'));
  if (/[*?]/.test(directory)) {
    report.error([...path, 'file'], `${quote(written)} has a pattern before its last part; write it in the last part`);
  }
  return { kind: 'file', path: written.length > 1 ? written.replace(/\/+$/, '') : written };
}

function dns(source: RawSource, name: string, path: Path, report: Report): BackendSourceConfig {
  const { type = 'A', port, resolver } = source;
  if (type === 'SRV' && port !== undefined) {
    report.error([...path, 'port'], 'has no effect with "type: SRV", whose records bring the port; leave it out');
  }
  if (type !== 'SRV' && port === undefined) {
    report.error([...path, 'port'], `is missing; ${type} records bring no port, write it, such as 8080`);
  }
  return { kind: 'dns', name, type, port: type === 'SRV' ? undefined : port, resolver };
}

function etcd(source: RawSource, path: Path, report: Report): BackendSourceConfig {
  const { etcd: endpoints = [], prefix, ca, cert, key, user, password } = source;
  if (prefix === undefined) report.error([...path, 'prefix'], 'is missing; write it, such as /vipair/web/');
  const pairs = [['cert', cert, 'key', key] as const, ['user', user, 'password', password] as const];
  for (const [a, left, b, right] of pairs) {
    if ((left === undefined) === (right === undefined)) continue;
    const missing = left === undefined ? a : b;
    report.error([...path, missing], `is missing; "${left === undefined ? b : a}" needs it`);
  }
  const secure = endpoints.every((url) => url.startsWith('https:'));
  if (!secure && (ca !== undefined || cert !== undefined)) {
    report.error([...path, 'etcd'], 'has an http URL, which needs no certificate; write https, or leave them out');
  }
  return { kind: 'etcd', endpoints, prefix: prefix ?? '', ca, cert, key, user, password };
}
