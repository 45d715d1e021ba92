import type { Config, ProbeConfig, ProbeUrl, TrackedCheck } from './config.ts';
import { formatDuration } from './duration.ts';
import type { HostCheckConfig, HostCheckPace } from './hostcheckconfig.ts';

/** The checks of the host that a VIP tracks, as they stand in its `track`. */
export function showHostChecks(track: readonly TrackedCheck[], checks: Config['checks']): object {
  return Object.fromEntries(
    track.flatMap(({ check, weight }) => {
      const found = checks.find(({ name }) => name === check);
      return [[check, { ...(found && showHostCheck(found)), weight }]];
    }),
  );
}

/** A check of the host as it would be written, without a weight. */
export function showHostCheck(check: HostCheckConfig): object {
  switch (check.kind) {
    case 'command':
      return { command: check.command, user: check.user, ...showPace(check) };
    case 'interface': {
      const names = new Set(Object.values(check.interfaces));
      return { interface: names.size === 1 ? [...names][0] : check.interfaces };
    }
    case 'file':
      return { file: check.path, when: check.when };
    case 'gateway':
      return { gateway: check.address ?? 'default', ...showPace(check) };
    case 'headroom':
      return { headroom: `${check.percent}%`, ...showPace(check), timeout: undefined };
  }
}

const showPace = ({ interval, timeout, rise, fall }: HostCheckPace): object => ({
  interval: formatDuration(interval),
  timeout: formatDuration(timeout),
  rise,
  fall,
});

/** How the proxy is asked, as it stands in `proxy.probe`. */
export function showProbe(probe: ProbeConfig | undefined): object {
  if (probe === undefined) return { enabled: false };
  const { urls, period, timeout, rise, fall } = probe;
  const hosts = new Set(urls.filter(({ host, ...url }) => host !== placeOf(url)).map(({ host }) => host));
  return {
    urls: urls.length === 0 ? undefined : urls.map((url) => `${url.scheme}://${placeOf(url)}${pathOf(url)}`),
    host: hosts.size === 0 ? undefined : [...hosts][0],
    ...{ period: formatDuration(period), timeout: formatDuration(timeout), rise, fall },
  };
}

const placeOf = ({ address, port }: Pick<ProbeUrl, 'address' | 'port'>): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

const pathOf = ({ scheme, path }: ProbeUrl): string => (scheme === 'tcp' || scheme === 'tls' ? '' : path);
