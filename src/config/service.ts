import { milliseconds } from '../wire/units.ts';
import { resolveBackends } from './backend.ts';
import { resolveSources } from './backendsource.ts';
import { resolveCheck } from './check.ts';
import type { BackendTlsConfig, ListenConfig, ServiceConfig, SorryConfig } from './config.ts';
import { formatListen, overlap } from './listen.ts';
import type { RawService } from './raw.ts';
import type { Path, Report } from './report.ts';

/** Services with their defaults, checked for ports and backends that are there twice. */
export function resolveServices(services: Readonly<Record<string, RawService>>, report: Report): ServiceConfig[] {
  const taken: (ListenConfig & { readonly by: string })[] = [];
  return Object.entries(services).map(([name, service]): ServiceConfig => {
    const path = ['services', name];
    const listen = service.listen.map((one) => (typeof one === 'number' ? { address: undefined, port: one } : one));
    for (const [index, own] of listen.entries()) {
      const other = taken.find((one) => overlap(one, own));
      const whose =
        other?.by === name
          ? 'is in the list twice; write each port once'
          : `is a port of service "${other?.by}" already; write another`;
      if (other !== undefined) report.error([...path, 'listen', index], `${formatListen(own)} ${whose}`);
      taken.push({ ...own, by: name });
    }
    const resolved = resolveService(name, listen, service, report);
    checkMode(resolved, service, path, report);
    checkSupply(resolved, service, path, report);
    return resolved;
  });
}

function resolveService(name: string, listen: readonly ListenConfig[], raw: RawService, report: Report): ServiceConfig {
  const path = ['services', name];
  const mode = raw.mode ?? 'http';
  const isHttp = mode === 'http';
  const tls = resolveTls(raw, [...path, 'tls'], report);
  const { connect, client, server } = raw.timeouts ?? {};
  return {
    name,
    listen,
    mode,
    balance: raw.balance ?? 'roundrobin',
    stick: stickOf(raw.stick),
    tls,
    proxyProtocol: raw.proxy_protocol,
    healthPath: raw.health_path,
    forwarded: raw.forwarded ?? isHttp,
    timeouts: {
      connect: connect ?? milliseconds(5000),
      client: client ?? milliseconds(60_000),
      server: server ?? milliseconds(60_000),
    },
    keepAlive: raw.keep_alive ?? (isHttp ? 32 : 0),
    check: raw.check === undefined ? undefined : resolveCheck(raw.check, tls, [...path, 'check'], report),
    minBackends: raw.min_backends ?? 1,
    onEmpty: raw.on_empty ?? 'keep',
    sorry: sorryOf(raw.sorry),
    sources: resolveSources(raw.sources ?? [], [...path, 'sources'], report),
    backends: resolveBackends(raw.backends ?? [], [...path, 'backends'], report),
  };
}

const stickOf = (stick: RawService['stick']): ServiceConfig['stick'] =>
  typeof stick === 'object'
    ? { kind: 'cookie', name: stick.cookie }
    : stick === undefined
      ? undefined
      : { kind: 'source' };

function sorryOf(sorry: RawService['sorry']): SorryConfig | undefined {
  if (typeof sorry === 'object') return { kind: 'server', ...sorry.server };
  return sorry === undefined ? undefined : { kind: 'page', text: sorry };
}

function resolveTls({ tls }: RawService, path: Path, report: Report): BackendTlsConfig | undefined {
  if (tls === undefined) return undefined;
  const verify = tls.verify ?? true;
  if (verify && tls.server_name === undefined) {
    report.error(
      [...path, 'server_name'],
      'is missing; a certificate is verified for a name: write it, such as app.example.net, or "verify: false"',
    );
  }
  if (!verify && tls.ca_file !== undefined) {
    report.error([...path, 'ca_file'], 'has no effect with "verify: false"; keep one of them');
  }
  return { verify, caFile: tls.ca_file, serverName: tls.server_name };
}

/** What only a proxy that understands http can do. */
function checkMode(service: ServiceConfig, raw: RawService, path: Path, report: Report): void {
  if (service.mode === 'http') return;
  const remedy = 'write "mode: http", or leave it out';
  const refuse = (key: keyof RawService, what: string): void =>
    report.error([...path, key], `${what} in "mode: tcp"; ${remedy}`);
  if (service.balance === 'uri') refuse('balance', 'there is no URI');
  if (service.stick?.kind === 'cookie') refuse('stick', 'there are no cookies');
  if (service.healthPath !== undefined) refuse('health_path', 'there are no paths');
  if (service.forwarded) refuse('forwarded', 'there are no headers');
  if (service.keepAlive > 0 && raw.keep_alive !== undefined) {
    refuse('keep_alive', 'a connection to a backend belongs to one client');
  }
  if (service.sorry?.kind === 'page') refuse('sorry', 'there are no pages');
}

/** Where the backends come from, and what holds when there are none. */
function checkSupply(service: ServiceConfig, raw: RawService, path: Path, report: Report): void {
  const { sources, sorry, onEmpty, minBackends, backends } = service;
  if (onEmpty === 'sorry' && sorry === undefined) {
    report.error([...path, 'sorry'], 'is missing; "on_empty: sorry" needs a text or a server');
  }
  if ((raw.sources ?? []).length > 0) return;
  if (backends.length === 0 && sorry === undefined) {
    const what = raw.backends === undefined ? 'is missing' : 'is empty';
    report.error([...path, 'backends'], `${what}; write [192.0.2.21:8080], or "sources"`);
  } else if (minBackends > backends.length && raw.min_backends !== undefined && sources.length === 0) {
    report.warn([...path, 'min_backends'], `${minBackends} is more than the ${backends.length} backends there are`);
  }
}
