import type { BackendConfig } from './backendconfig.ts';
import { formatEndpoint } from './endpoint.ts';
import type { RawBackends } from './raw.ts';
import type { Path, Report } from './report.ts';

/** A list of backends with its defaults, checked for addresses and names that are there twice. */
export function resolveBackends(backends: RawBackends, path: Path, report: Report): BackendConfig[] {
  const endpoints = new Set<string>();
  const names = new Set<string>();
  return backends.map((written, index): BackendConfig => {
    const place = [...path, index];
    const backend = resolveBackend(written, place, report);
    const text = formatEndpoint(backend);
    if (endpoints.has(text))
      report.error(place, `${text} is in the list twice; write it once, with a weight if need be`);
    endpoints.add(text);
    if (backend.name !== undefined && names.has(backend.name))
      report.error([...place, 'name'], `${backend.name} is the name of another backend already; write another`);
    if (backend.name !== undefined) names.add(backend.name);
    return backend;
  });
}

/** One backend with its defaults. */
export function resolveBackend(written: RawBackends[number], path: Path, report: Report): BackendConfig {
  const raw = 'host' in written ? { address: written } : written;
  const { host, port: inAddress } = raw.address;
  if (raw.port !== undefined && inAddress !== undefined) {
    report.error([...path, 'port'], 'stands beside an address with a port; keep one of them');
  }
  const port = inAddress ?? raw.port;
  if (port === undefined) {
    const example = formatEndpoint({ host, port: 8080 });
    const what = host.includes(':') ? 'is no address and port, with an IPv6 address in brackets' : 'has no port';
    report.error('host' in written ? path : [...path, 'address'], `"${host}" ${what}; write it such as ${example}`);
  }
  return {
    name: raw.name,
    host,
    port: port ?? 0,
    weight: raw.weight ?? 1,
    backup: raw.backup ?? false,
    maxConnections: raw.max_connections,
    slowStart: raw.slow_start,
  };
}
