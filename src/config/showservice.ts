import type { BackendConfig, BackendSourceConfig } from './backendconfig.ts';
import type { CheckConfig, MatchConfig, StatusRange } from './checkconfig.ts';
import type { ServiceConfig, SorryConfig, StickConfig } from './config.ts';
import { formatDuration } from './duration.ts';
import { formatEndpoint } from './endpoint.ts';
import { formatListen } from './listen.ts';

/** A resolved service as it would be written, with every default; what is `undefined` is left out by the writer. */
export function showService(service: ServiceConfig): object {
  const { check, tls, timeouts, sources, sorry, stick } = service;
  return {
    listen: service.listen.map((one) => (one.address === undefined ? one.port : formatListen(one))),
    mode: service.mode,
    balance: service.balance,
    stick: stick && showStick(stick),
    tls: tls && { verify: tls.verify, ca_file: tls.caFile, server_name: tls.serverName },
    proxy_protocol: service.proxyProtocol,
    health_path: service.healthPath,
    forwarded: service.forwarded,
    timeouts: {
      connect: formatDuration(timeouts.connect),
      client: formatDuration(timeouts.client),
      server: formatDuration(timeouts.server),
    },
    keep_alive: service.keepAlive,
    check: check && showCheck(check),
    min_backends: service.minBackends,
    on_empty: service.onEmpty,
    sorry: sorry && showSorry(sorry),
    sources: sources.length === 0 ? undefined : sources.map(showSource),
    backends: service.backends.map(showBackend),
  };
}

const showStick = (stick: StickConfig): object | string =>
  stick.kind === 'cookie' ? { cookie: stick.name } : 'source';

const showSorry = (sorry: SorryConfig): object | string =>
  sorry.kind === 'page' ? sorry.text : { server: formatEndpoint(sorry) };

/** A backend as it would be written. */
export function showBackend(backend: BackendConfig): object {
  return {
    address: formatEndpoint(backend),
    name: backend.name,
    weight: backend.weight,
    backup: backend.backup || undefined,
    max_connections: backend.maxConnections,
    slow_start: backend.slowStart && formatDuration(backend.slowStart),
  };
}

function showSource(source: BackendSourceConfig): object {
  switch (source.kind) {
    case 'file':
      return { file: source.path };
    case 'dns':
      return { dns: source.name, type: source.type, port: source.port, resolver: source.resolver };
    case 'url':
      return { url: source.url, interval: formatDuration(source.interval), ca: source.ca };
    case 'etcd': {
      const { kind: _, endpoints, ...others } = source;
      return { etcd: endpoints, ...others };
    }
  }
}

function showCheck(check: CheckConfig): object {
  return {
    type: check.type,
    interval: formatDuration(check.interval),
    jitter: formatDuration(check.jitter),
    timeout: formatDuration(check.timeout),
    rise: check.rise,
    fall: check.fall,
    retry: check.retry,
    delay_before_retry: check.retry > 0 ? formatDuration(check.delayBeforeRetry) : undefined,
    port: check.port,
    ...showProbe(check),
  };
}

function showProbe(check: CheckConfig): object {
  switch (check.type) {
    case 'http':
    case 'https': {
      const { path, host, status, match } = check;
      const sni = check.type === 'https' ? check.sni : undefined;
      return { path, host, status: status.map(showStatus), match: match && showMatch(match), sni };
    }
    case 'udp':
      return { send: check.send, expect: check.expect && showMatch(check.expect) };
    case 'exec':
      return { command: check.command, user: check.user };
    case 'tcp':
    case 'icmp':
      return {};
  }
}

const showStatus = ({ from, to }: StatusRange): number | string => (from === to ? from : `${from}-${to}`);

const showMatch = (match: MatchConfig): string =>
  match.kind === 'text' ? match.text : `/${match.source}/${match.flags}`;
