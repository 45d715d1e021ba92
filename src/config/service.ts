import { milliseconds } from '../wire/units.ts';
import type { BackendConfig, CheckConfig, ServiceConfig } from './config.ts';
import { formatEndpoint } from './endpoint.ts';
import type { RawCheck, RawService } from './raw.ts';
import type { Path, Report } from './report.ts';

/** Services with their defaults, checked for ports and backends that are there twice. */
export function resolveServices(services: Readonly<Record<string, RawService>>, report: Report): ServiceConfig[] {
  const ports = new Map<number, string>();
  return Object.entries(services).map(([name, service]): ServiceConfig => {
    const path = ['services', name];
    for (const [index, port] of service.listen.entries()) {
      const other = ports.get(port);
      const whose =
        other === name
          ? 'is in the list twice; write each port once'
          : `is a port of service "${other}" already; write another`;
      if (other !== undefined) report.error([...path, 'listen', index], `${port} ${whose}`);
      ports.set(port, name);
    }
    return {
      name,
      listen: service.listen,
      mode: service.mode ?? 'http',
      balance: service.balance ?? 'roundrobin',
      check: service.check === undefined ? undefined : resolveCheck(service.check, [...path, 'check'], report),
      backends: resolveBackends(service.backends, [...path, 'backends'], report),
    };
  });
}

function resolveCheck(check: RawCheck, path: Path, report: Report): CheckConfig {
  const pace = { interval: check.interval ?? milliseconds(2000), rise: check.rise ?? 2, fall: check.fall ?? 3 };
  if (check.type === 'http') return { type: 'http', path: check.path ?? '/', ...pace };
  if (check.path !== undefined)
    report.error([...path, 'path'], 'has no effect with "type: tcp"; write "type: http", or no path');
  return { type: 'tcp', ...pace };
}

function resolveBackends(backends: RawService['backends'], path: Path, report: Report): BackendConfig[] {
  const seen = new Set<string>();
  return backends.map((backend, index) => {
    const { address, weight } = 'host' in backend ? { address: backend, weight: undefined } : backend;
    const text = formatEndpoint(address);
    if (seen.has(text))
      report.error([...path, index], `${text} is in the list twice; write it once, with a weight if need be`);
    seen.add(text);
    return { address: address.host, port: address.port, weight: weight ?? 1 };
  });
}
