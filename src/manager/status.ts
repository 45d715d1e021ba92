import type { Config } from '../config/config.ts';
import type { RouterSnapshot, Snapshot } from '../engine/snapshot.ts';
import { VERSION } from '../control/version.ts';
import type { InterfaceStatus, ProxyStatus, Status, VipStatus } from '../control/status.ts';
import type { ApplyStatus } from '../control/applies.ts';
import type { Verdict } from '../proxy/observe.ts';
import type { Instant } from '../wire/units.ts';
import { findVip } from './assign.ts';
import { wallClock } from './log.ts';
import { hostDeaths } from './succession.ts';
import { namesFor, reasonWords } from './words.ts';

/** What the manager knows beside the engine's snapshot. */
export interface StatusContext {
  readonly config: Config;
  readonly node: string;
  readonly file: string;
  readonly loadedAt: Instant;
  readonly error: string | undefined;
  readonly proxy: Verdict | undefined;
  readonly apply: ApplyStatus | null;
  readonly warnings: readonly string[];
}

/** Composes the one status of the daemon from the engine's snapshot and what the manager knows. */
export function composeStatus(snapshot: Snapshot, context: StatusContext): Status {
  const vips = snapshot.routers.flatMap((router) => vipStatus(router, snapshot, context) ?? []);
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
    config: { file: context.file, loadedAt: iso(context.loadedAt), error: context.error ?? null },
    proxy: proxyStatus(snapshot, context),
    apply: context.apply,
    vips,
    interfaces,
    warnings: [...context.warnings, ...foreignWarnings(interfaces)],
    ifHostDied: hostDeaths(snapshot.routers, context.config, context.node),
  };
}

function vipStatus(router: RouterSnapshot, snapshot: Snapshot, context: StatusContext): VipStatus | undefined {
  const found = findVip(router.key, context.config);
  if (found === undefined) return undefined;
  const { vip, family } = found;
  const nameOf = namesFor(context.config, vip, context.node);
  const peer = router.active && { name: nameOf(router.active.source), priority: router.active.priority };
  const port = snapshot.segments.find((segment) => segment.interface === `${vip.interfaces[context.node]}/${family}`);
  const { counters } = router;
  return {
    vip: vip.name,
    family,
    addresses: vip.addresses.filter((a) => a.family === family).map((a) => `${a.address}/${a.prefixLength}`),
    interface: vip.interfaces[context.node] ?? '',
    vrid: vip.vrid,
    version: vip.version,
    state: router.state,
    holder: holderOf(router, context.node, peer?.name),
    priority: router.priority,
    basePriority: router.basePriority,
    reason: stateReason(router, peer, context, port?.detail),
    since: iso(router.since),
    sinceMs: Math.round(snapshot.at - router.since),
    addressesInstalled: router.addressesInstalled,
    counters: numbersOf(counters),
    refused: counters.refused,
    remarks: counters.remarks,
  };
}

/** Why the state is what it is, who is active instead, and, when the proxy keeps the priority down, that too. */
function stateReason(
  router: RouterSnapshot,
  peer: { readonly name: string; readonly priority: number } | undefined,
  context: StatusContext,
  interfaceDetail: string | undefined,
): string {
  const because = router.because === undefined ? undefined : becauseWords(router.because, context.proxy);
  const clauses: string[] = [];
  const following = router.state === 'backup' && peer !== undefined && peer.priority > 0;
  if (!following || router.reason === 'stalled')
    clauses.push(reasonWords(router.reason, { peer, because, interfaceDetail }));
  if (following) clauses.push(`${peer.name} is active with priority ${peer.priority}`);
  const said = !following && router.reason === 'proxy-failure';
  if (router.because !== undefined && !said) clauses.push(because ?? '');
  return clauses.join('; ');
}

/** What keeps the priority down. */
function becauseWords(because: string, proxy: Verdict | undefined): string {
  switch (because) {
    case 'recovering':
      return 'the proxy is well again, not yet for recover_after';
    case 'link recovering':
      return 'the link is back, not yet for recover_after';
    default:
      return proxy?.state === 'dead' ? proxy.reason : because;
  }
}

function holderOf(router: RouterSnapshot, node: string, peer: string | undefined): string | null {
  if (router.state === 'active') return node;
  if (router.state === 'initialize' || router.active === undefined || router.active.priority === 0) return null;
  return peer ?? null;
}

function proxyStatus(snapshot: Snapshot, context: StatusContext): ProxyStatus | null {
  const { config, proxy } = context;
  if (config.proxy === undefined || proxy === undefined) return null;
  const recovering = proxy.state === 'well' && snapshot.routers.some((router) => router.because === 'recovering');
  return {
    profile: config.proxy.profile,
    state: recovering ? 'recovering' : proxy.state,
    reason: proxy.reason,
    since: iso(snapshot.proxy?.since ?? snapshot.at),
    pid: proxy.main?.pid ?? null,
    workers: proxy.workers,
    notes: proxy.notes,
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

const foreignWarnings = (interfaces: readonly InterfaceStatus[]): string[] =>
  interfaces.flatMap((port) =>
    port.foreign.map(
      ({ vrid, source }) =>
        `${port.interface}: another VRRP router uses VRID ${vrid} from ${source}; keep to VRIDs of your own`,
    ),
  );

const numbersOf = (counters: RouterSnapshot['counters']): Record<string, number> =>
  Object.fromEntries(Object.entries(counters).filter(([, value]) => typeof value === 'number'));

const iso = (at: Instant): string => new Date(wallClock(at)).toISOString();

const round = (ms: number): number => Math.round(ms * 100) / 100;
