import { stringify } from 'yaml';
import type {
  ApplyConfig,
  Config,
  HeartbeatConfig,
  HeartbeatPath,
  ManagedConfig,
  NodeConfig,
  ProxyConfig,
  ProxyOptions,
  TrackBackendsConfig,
  VipConfig,
} from './config.ts';
import { formatDuration } from './duration.ts';
import { formatEndpoint } from './endpoint.ts';
import { isDerived } from './election.ts';
import { formatListen } from './listen.ts';
import { showReceiver } from './shownotify.ts';
import { showHostChecks, showProbe } from './showcheck.ts';
import { showRestart } from './restart.ts';
import { showService } from './showservice.ts';

/**
 * A resolved configuration as a file: every default written out, every setting in the VIP it holds for. Parsing the
 * text gives an equal `Config`. What cannot stand in a file because it has no effect, such as the checksum form of
 * version 2, is left out. Passwords are shown, as the file itself has them.
 */
export function showConfig(config: Config): string {
  const document = {
    nodes: byName(config.nodes, showNode),
    vips: byName(config.vips, (vip) => showVip(vip, config.checks)),
    proxy: config.proxy && showProxy(config.proxy),
    services: config.services.length === 0 ? undefined : byName(config.services, showService),
    sysctl: config.sysctl,
    gateway: config.gateway,
    witness: config.witnesses.length === 0 ? undefined : config.witnesses,
    notify: config.notify.length === 0 ? undefined : byName(config.notify, showReceiver),
    control: config.listen && { listen: formatListen(config.listen) },
    heartbeat: config.heartbeat && showHeartbeat(config.heartbeat),
  };
  return stringify(document, { version: '1.2', lineWidth: 0, aliasDuplicateObjects: false });
}

/** The proxy as it would be written. */
export function showProxy(proxy: ProxyConfig): object {
  const { profile, mode, listen, profiles, switching } = proxy;
  const others = Object.entries(profiles).map(([name, options]) => [name, showOptions(options)] as const);
  return {
    profile,
    mode,
    ...showOptions(proxy),
    listen,
    profiles: others.length === 0 ? undefined : Object.fromEntries(others),
    switch: { bake: formatDuration(switching.bake), drain: formatDuration(switching.drain) },
    probe: showProbe(proxy.probe),
    apply: showApply(proxy.apply),
    restart: proxy.restart && showRestart(proxy.restart),
    managed: proxy.managed && showManaged(proxy.managed),
  };
}

const showOptions = ({ binary, unit, start, directory, include, pidFile, process }: ProxyOptions): object => ({
  ...{ binary, unit, start, directory, include, pid_file: pidFile, process },
});

function byName<T extends { readonly name: string }>(items: readonly T[], show: (item: T) => object): object {
  return Object.fromEntries(items.map((item) => [item.name, show(item)]));
}

const showApply = ({ quiet, ceiling, spacing, reloads, refill, retry, checkTimeout }: ApplyConfig): object => ({
  quiet: formatDuration(quiet),
  ceiling: formatDuration(ceiling),
  spacing: formatDuration(spacing),
  reloads,
  refill: formatDuration(refill),
  retry: formatDuration(retry),
  check_timeout: formatDuration(checkTimeout),
});

const showManaged = ({ user, drain }: ManagedConfig): object => ({ user, drain: formatDuration(drain) });

/** A node as it would be written. */
export const showNode = ({ addresses }: NodeConfig): object => ({ addresses });

/** A VIP as it would be written, with the definitions of the checks that it tracks where they are given. */
export function showVip(vip: VipConfig, checks: Config['checks'] = []): object {
  const four = vip.addresses.some(({ family }) => family === 'ipv4');
  return {
    vrid: vip.vrid,
    addresses: vip.addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`),
    ...(isDerived(vip) ? { prefer: vip.prefer } : { priority: vip.priorities }),
    interface: showInterfaces(vip.interfaces),
    version: vip.version,
    interval: formatDuration(vip.interval),
    transport: vip.transport,
    auth: vip.password === undefined ? undefined : { password: vip.password },
    preempt: vip.preempt,
    preempt_delay: vip.preempt ? formatDuration(vip.preemptDelay) : undefined,
    preempt_fast: vip.preemptFast,
    checksum: vip.version === 3 && four ? vip.checksum : undefined,
    accept: vip.accept,
    on_failure: vip.onFailure.reaction,
    weight: vip.onFailure.reaction === 'lower' ? vip.onFailure.weight : undefined,
    recover_after: formatDuration(vip.recoverAfter),
    recover_max: formatDuration(vip.recoverMax),
    lease: `${vip.lease}s`,
    garp: {
      repeat: vip.garp.repeat,
      delay: formatDuration(vip.garp.delay),
      interval: formatDuration(vip.garp.interval),
      refresh: formatDuration(vip.garp.refresh),
    },
    track: showTracks(vip, checks),
  };
}

/** One name when all nodes agree, which is nearly always. */
function showInterfaces(interfaces: VipConfig['interfaces']): object | string | undefined {
  const names = new Set(Object.values(interfaces));
  return names.size === 1 ? [...names][0] : interfaces;
}

function showTracks({ trackBackends, track }: VipConfig, checks: Config['checks']): object | undefined {
  if (trackBackends === undefined && track.length === 0) return undefined;
  return {
    backends: trackBackends && showTrack(trackBackends),
    checks: track.length === 0 ? undefined : showHostChecks(track, checks),
  };
}

/** The heartbeat as it would be written. */
export const showHeartbeat = ({ keyFile, port, paths }: HeartbeatConfig): object => ({
  paths: paths.map((path) => (path.kind === 'interface' ? path.interfaces : showPlaces(path, port))),
  key_file: keyFile,
  port,
});

/** Where every node is, with the port where it is not the general one. */
const showPlaces = (path: HeartbeatPath & { kind: 'address' }, general: number): object =>
  Object.fromEntries(
    Object.entries(path.addresses).map(([node, host]) => [
      node,
      path.port === general ? host : formatEndpoint({ host, port: path.port }),
    ]),
  );

function showTrack({ weight, quorum, hysteresis, services }: TrackBackendsConfig): object {
  return { weight, quorum: quorum.kind === 'count' ? quorum.count : `${quorum.percent}%`, hysteresis, services };
}
