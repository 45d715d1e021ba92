import type { Config } from '../config/config.ts';
import type { RouterSnapshot, Snapshot } from '../engine/snapshot.ts';
import { VERSION } from '../control/version.ts';
import type {
  EventsStatus,
  InterfaceStatus,
  ProxyStatus,
  Status,
  VipStatus,
  WarningStatus,
} from '../control/status.ts';
import type { ReceiverStatus } from '../control/notify.ts';
import type { ApplyStatus } from '../control/applies.ts';
import type { LevelWords } from '../proxy/liveness.ts';
import type { ServiceStatus } from '../control/backends.ts';
import type { SwitchStatus } from '../control/switching.ts';
import type { BackendDifference } from '../pair/backendview.ts';
import type { Verdict } from '../proxy/observe.ts';
import type { IpAddress } from '../wire/address.ts';
import type { Instant } from '../wire/units.ts';
import { activeNow } from './active.ts';
import { findVip, routerKey } from './assign.ts';
import { judgePair } from './judgement.ts';
import { wallClock } from './log.ts';
import { checkStatuses } from './checkstatus.ts';
import { pairStatus } from './pairstatus.ts';
import { hostDeaths } from './succession.ts';
import { foreignWarnings, lossWarnings, refusalWarnings } from './warning.ts';
import type { Trouble } from './warning.ts';
import { namesFor, reasonWords } from './words.ts';

/** What the manager knows beside the engine's snapshot. */
export interface StatusContext {
  readonly config: Config;
  readonly node: string;
  readonly file: string;
  readonly loadedAt: Instant;
  /** Of the configuration in force. */
  readonly digest: number;
  /** Why the file is not what is in force; empty when it is. */
  readonly errors: readonly string[];
  readonly proxy: Verdict | undefined;
  readonly levels: readonly LevelWords[];
  readonly apply: ApplyStatus | null;
  readonly switching: SwitchStatus | null;
  readonly services: readonly ServiceStatus[];
  /** What the hosts see differently of the backends. */
  readonly differences: readonly BackendDifference[];
  readonly events: EventsStatus;
  readonly notify: readonly ReceiverStatus[];
  readonly warnings: readonly Trouble[];
  /** Knows since when something needs attention. */
  readonly see: (troubles: readonly Trouble[]) => WarningStatus[];
}

/** Composes the one status of the daemon from the engine's snapshot and what the manager knows. */
export function composeStatus(snapshot: Snapshot, context: StatusContext): Status {
  const vips = inFileOrder(snapshot.routers, context.config).flatMap(
    (router) => vipStatus(router, snapshot, context) ?? [],
  );
  const interfaces = snapshot.segments.map(interfaceStatus);
  return {
    version: VERSION,
    node: context.node,
    at: iso(snapshot.at),
    engine: {
      pid: snapshot.pid,
      since: iso(snapshot.startedAt),
      realtime: { priority: snapshot.realtime.priority, refused: snapshot.realtime.refusal ?? null },
      timerLateness: {
        worstMs: round(snapshot.lateness.worst),
        worstAt: snapshot.lateness.worstAt === undefined ? null : iso(snapshot.lateness.worstAt),
        over10ms: snapshot.lateness.late,
        wakes: snapshot.lateness.wakes,
      },
      droppedEvents: snapshot.droppedEvents,
    },
    manager: { pid: process.pid, restarts: snapshot.managerRestarts },
    config: {
      file: context.file,
      loadedAt: iso(context.loadedAt),
      digest: context.digest.toString(16).padStart(8, '0'),
      error: context.errors.length === 0 ? null : context.errors.join('\n'),
    },
    proxy: proxyStatus(snapshot, context),
    checks: checkStatuses(snapshot, context.config),
    apply: context.apply,
    switching: context.switching,
    services: context.services,
    vips,
    interfaces,
    reach: snapshot.reach,
    pair: pairStatus(snapshot.pair, snapshot.at),
    events: context.events,
    notify: context.notify,
    warnings: context.see([
      ...refusalWarnings(context.errors),
      ...context.warnings,
      ...judgePair(snapshot, context),
      ...foreignWarnings(snapshot, context.config, context.node),
      ...lossWarnings(snapshot.droppedEvents),
    ]),
    ifHostDied: hostDeaths(snapshot, context.config, context.node),
  };
}

/** The engine's order is that of their last change. */
function inFileOrder(routers: readonly RouterSnapshot[], { vips }: Config): RouterSnapshot[] {
  const keys = vips.flatMap(({ name }) => [routerKey(name, 'ipv4'), routerKey(name, 'ipv6')]);
  const place = new Map(keys.map((key, index) => [key, index]));
  return routers.toSorted((a, b) => (place.get(a.key) ?? 0) - (place.get(b.key) ?? 0));
}

function vipStatus(router: RouterSnapshot, snapshot: Snapshot, context: StatusContext): VipStatus | undefined {
  const found = findVip(router.key, context.config);
  if (found === undefined) return undefined;
  const { vip, family } = found;
  const nameOf = namesFor(context.config, vip, context.node);
  const named = (peer: { readonly source: IpAddress; readonly priority: number }): Peer => ({
    name: nameOf(peer.source),
    priority: peer.priority,
  });
  const active = activeNow(router, snapshot.at, vip.version);
  const { counters } = router;
  return {
    vip: vip.name,
    family,
    addresses: vip.addresses.filter((a) => a.family === family).map((a) => `${a.address}/${a.prefixLength}`),
    interface: vip.interfaces[context.node] ?? '',
    vrid: vip.vrid,
    version: vip.version,
    state: router.state,
    holder: router.state === 'active' ? context.node : ((active && nameOf(active.source)) ?? null),
    priority: router.priority,
    basePriority: router.basePriority,
    reason: stateReason(router, router.peer && named(router.peer), active && named(active), context),
    since: iso(router.since),
    sinceMs: Math.round(snapshot.at - router.since),
    addressesInstalled: router.addressesInstalled,
    counters: numbersOf(counters),
    refused: counters.refused,
    remarks: counters.remarks,
  };
}

interface Peer {
  readonly name: string;
  readonly priority: number;
}

/**
 * Why the state is what it is, who is active instead, and, when the proxy keeps the priority down, that too. `peer` is
 * who was heard when the state began, `active` who is active now.
 */
function stateReason(
  router: RouterSnapshot,
  peer: Peer | undefined,
  active: Peer | undefined,
  context: StatusContext,
): string {
  const { interfaceDetail } = router;
  const because = router.because === undefined ? undefined : becauseWords(router.because, router, context.proxy);
  const clauses: string[] = [];
  const following = router.state === 'backup' && active !== undefined;
  if (!following || router.reason === 'stalled')
    clauses.push(reasonWords(router.reason, { peer, because, interfaceDetail }));
  if (following) clauses.push(`${active.name} is active with priority ${active.priority}`);
  const said = !following && router.reason === 'proxy-failure';
  if (because !== undefined && !said) clauses.push(because);
  if (router.state === 'active' && !router.addressesInstalled)
    clauses.push('its addresses are not installed, see the log');
  return clauses.join('; ');
}

/** What keeps the priority down. */
function becauseWords(because: string, router: RouterSnapshot, proxy: Verdict | undefined): string {
  switch (because) {
    case 'recovering':
      return 'the proxy is well again, not yet for recover_after';
    case 'link recovering':
      return 'the link is back, not yet for recover_after';
    default:
      return proxy?.state === 'dead' && (router.causes[0]?.subject ?? 'proxy') === 'proxy' ? proxy.reason : because;
  }
}

function proxyStatus(snapshot: Snapshot, { config, proxy, levels }: StatusContext): ProxyStatus | null {
  if (config.proxy === undefined) return null;
  const { profile } = config.proxy;
  const since = iso(snapshot.proxy?.since ?? snapshot.at);
  // It could not be looked at yet; the engine knows what is made of that.
  if (proxy === undefined) {
    const { state, reason } = snapshot.proxy ?? { state: 'dead', reason: 'it was not looked at yet' };
    return { profile, state, reason, since, pid: null, workers: [], notes: [], levels: [] };
  }
  const recovering = proxy.state === 'well' && snapshot.routers.some((router) => router.because === 'recovering');
  return {
    profile,
    state: recovering ? 'recovering' : proxy.state,
    reason: proxy.reason,
    since,
    pid: proxy.main?.pid ?? null,
    workers: proxy.workers,
    notes: proxy.notes,
    levels,
  };
}

function interfaceStatus(segment: Snapshot['segments'][number]): InterfaceStatus {
  return {
    interface: segment.interface,
    state: segment.state,
    detail: segment.detail,
    refused: segment.refused,
    foreign: segment.foreign.map(({ vrid, source, version, count }) => ({
      vrid,
      source,
      version: version ?? null,
      count,
    })),
  };
}

const numbersOf = (counters: RouterSnapshot['counters']): Record<string, number> =>
  Object.fromEntries(Object.entries(counters).filter(([, value]) => typeof value === 'number'));

const iso = (at: Instant): string => new Date(wallClock(at)).toISOString();

const round = (ms: number): number => Math.round(ms * 100) / 100;
