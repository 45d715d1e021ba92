/**
 * What is the matter between the hosts, from evidence: one pure function. VRRP knows but one symptom, silence; and its
 * causes want different hands: a cable, a firewall, a switch that filters multicast, a typing mistake in one of two files.
 * Each is told apart here by who hears what of whom, and named as itself.
 */
import type { Refusal, Remark } from '../vrrp/receive.ts';
import type { Reason, RouterState } from '../vrrp/state.ts';
import type { IpAddress } from '../wire/address.ts';
import type { Reach } from '../wire/heartbeat.ts';
import { after, milliseconds } from '../wire/units.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';
import type { BackendDifference, Counts } from './backendview.ts';
import { hearsOn, isHeardBy, isNear, isNews, NEWS, newsFor } from './hearing.ts';
import { MISTAKES, ODDITIES } from './mistake.ts';
import type { MistakeCode } from './mistake.ts';
import { isMissed, isStoodInFor } from './standin.ts';

/** Everything that a host can know of the others at one moment. */
export interface Evidence {
  readonly at: Instant;
  /** Whether this host reaches its gateway or a witness. */
  readonly reach: Reach;
  readonly routers: readonly RouterEvidence[];
  /** Empty where there is no heartbeat. */
  readonly peers: readonly PeerEvidence[];
  readonly paths: readonly PathEvidence[];
  /** What the hosts see differently of the backends, for so long that it is no matter of time. */
  readonly backends: readonly BackendDifference[];
}

/** What is known of one virtual router. */
export interface RouterEvidence {
  readonly key: string;
  /** The interface and the family. */
  readonly segment: string;
  readonly state: RouterState['name'];
  readonly reason: Reason;
  readonly since: Instant;
  readonly interval: Milliseconds;
  /** When an advertisement of each source was last accepted, refused for a reason, and found odd. */
  readonly voices: readonly Sighting[];
  readonly refusals: readonly (Sighting & { readonly refusal: Refusal })[];
  readonly remarks: readonly (Sighting & { readonly remark: Remark })[];
  /** A lesser router that goes on advertising although this host is active: how often in a row, and when last. */
  readonly contender: (Sighting & { readonly count: number }) | undefined;
  /** Another host that was seen to hold an address of it. */
  readonly conflict: { readonly address: IpAddress; readonly mac: string; readonly at: Instant } | undefined;
  /** The other nodes' own addresses that have answered ARP on this interface. */
  readonly neighbors: readonly (Sighting & { readonly mac: string })[];
  /** When a peer's word last stood in for its advertisement. */
  readonly standInAt: Instant | undefined;
  /** What those peers say of it that are heard beside VRRP. */
  readonly reports: readonly ReportEvidence[];
}

export interface Sighting {
  readonly source: IpAddress;
  readonly at: Instant;
}

export interface ReportEvidence {
  readonly node: string;
  readonly state: RouterState['name'];
  /** Since when it accepted an advertisement of ours; `undefined` for never. */
  readonly heardUs: Milliseconds | undefined;
  /** Why it refuses ours, if it does. */
  readonly refusesUs: Refusal | undefined;
  /** Whether its settings of this VIP are ours. */
  readonly agrees: boolean;
}

/** A peer beside VRRP. */
export interface PeerEvidence {
  readonly node: string;
  readonly isHeard: boolean;
  readonly agrees: boolean | undefined;
  readonly paths: readonly {
    readonly path: string;
    /** The interface of this host that it goes over, where it is bound to one. */
    readonly interface: string | undefined;
    readonly isHeard: boolean;
    readonly hearsUs: Milliseconds | undefined;
  }[];
}

export interface PathEvidence {
  readonly path: string;
  readonly trouble: string | undefined;
  readonly forged: Sighting | undefined;
  readonly namesake: Sighting | undefined;
}

/** Who a finding is about: a node by name, or a source that nobody's name is known of. */
export interface Whom {
  readonly node?: string | undefined;
  readonly source?: IpAddress | undefined;
}

export type Finding = Whom &
  (
    | { readonly code: MistakeCode; readonly router: string; readonly isTheirs: boolean }
    | {
        readonly code: 'vrrp-lost' | 'vrrp-filtered' | 'one-way-in' | 'one-way-out' | 'silent-neighbor';
        readonly segment: string;
        readonly routers: readonly string[];
      }
    | { readonly code: 'address-conflict'; readonly router: string; readonly address: IpAddress; readonly mac: string }
    | { readonly code: 'path-lost' | 'path-one-way' | 'path-key' | 'namesake'; readonly path: string }
    | { readonly code: 'path-unusable'; readonly path: string; readonly detail: string }
    | { readonly code: 'peer-lost' | 'unreached' }
    | { readonly code: 'config-drift'; readonly routers: readonly string[] }
    | {
        readonly code: 'backends-seen-differently';
        readonly service: string;
        /** Which are down only here, and only there, as far as that is known. */
        readonly here: readonly string[];
        readonly there: readonly string[];
        readonly own: Counts;
        readonly theirs: Counts;
      }
    | { readonly code: 'backends-differ'; readonly service: string; readonly own: Counts; readonly theirs: Counts }
  );

export type FindingCode = Finding['code'];

/** A lesser router that was told so often, and goes on, has not heard it. */
const DEAF_AFTER = 3;

/** Judges everything that is known. */
export function findings(evidence: Evidence): Finding[] {
  const found = evidence.routers.flatMap((router) => [
    ...mistakes(router, evidence.at),
    ...duplicates(router, evidence.at),
    ...silences(router, evidence),
  ]);
  const unreached: Finding[] = evidence.reach === 'none' ? [{ code: 'unreached' }] : [];
  return merge([
    ...unreached,
    ...found,
    ...evidence.peers.flatMap((peer) => ofPeer(peer, evidence)),
    ...evidence.backends.map(ofBackends),
    ...ofPaths(evidence),
  ]);
}

/** What one of the hosts has another setting for, by what is refused or found odd on either side. */
function mistakes(router: RouterEvidence, at: Instant): Finding[] {
  const { key } = router;
  const fresh = ({ at: seenAt }: Sighting): boolean => isNews(router, seenAt, at);
  const ours = [
    ...router.refusals.filter(fresh).flatMap(({ refusal, source }) => named(MISTAKES[refusal], source)),
    ...router.remarks.filter(fresh).flatMap(({ remark, source }) => named(ODDITIES[remark], source)),
  ].map(({ code, source }): Finding => ({ code, router: key, source, isTheirs: false }));
  const theirs = router.reports.flatMap(({ node, refusesUs }): Finding[] => {
    const code = refusesUs && MISTAKES[refusesUs];
    return code === undefined || ours.some((finding) => finding.code === code)
      ? []
      : [{ code, router: key, node, isTheirs: true }];
  });
  return [...ours, ...theirs];
}

const named = (code: MistakeCode | undefined, source: IpAddress): { code: MistakeCode; source: IpAddress }[] =>
  code === undefined ? [] : [{ code, source }];

function duplicates(router: RouterEvidence, at: Instant): Finding[] {
  const { key, state, conflict } = router;
  if (state !== 'active' || conflict === undefined || at > after(conflict.at, milliseconds(2 * NEWS))) return [];
  const { address, mac } = conflict;
  return [{ code: 'address-conflict', router: key, address, mac, source: ownerOf(router, mac) }];
}

/** Whose Ethernet address it is, as far as ARP has told. */
const ownerOf = ({ neighbors }: RouterEvidence, mac: string): IpAddress | undefined =>
  neighbors.find((neighbor) => neighbor.mac === mac)?.source;

/** Advertisements that do not arrive, on one side or on both. */
function silences(router: RouterEvidence, evidence: Evidence): Finding[] {
  const { at } = evidence;
  const { key, segment, contender, reports } = router;
  const one = (code: 'vrrp-lost' | 'vrrp-filtered' | 'one-way-in' | 'one-way-out' | 'silent-neighbor', whom: Whom) =>
    ({ code, segment, routers: [key], ...whom }) satisfies Finding;
  if (contender !== undefined && contender.count >= DEAF_AFTER && isNews(router, contender.at, at)) {
    return [one('one-way-out', { source: contender.source })];
  }
  const refused = (report: ReportEvidence): boolean =>
    report.refusesUs !== undefined || router.refusals.some((refusal) => isNews(router, refusal.at, at));
  const found = reports.flatMap((report): Finding[] => {
    if (refused(report)) return [];
    const { node } = report;
    const heardUs = report.heardUs !== undefined && !isMissed(report.heardUs, router.interval);
    const listens = report.state !== 'initialize';
    const isDeaf = router.state === 'active' && listens && !heardUs && at > after(router.since, newsFor(router));
    const { standInAt } = router;
    const isNew = standInAt !== undefined && isNews(router, standInAt, at);
    const isUnheard = report.state === 'active' && isNew && isStoodInFor(router, standInAt);
    if (!isDeaf && !isUnheard) return [];
    const hears = hearsOn(segment, evidence);
    if (isUnheard && isHeardBy(node, segment, evidence)) return [one('one-way-in', { node })];
    if (isDeaf && hears) return [one('one-way-out', { node })];
    return [one(isNear(router, node, evidence) ? 'vrrp-filtered' : 'vrrp-lost', { node })];
  });
  return reports.length > 0 ? found : ofNeighbors(router, at).map((source) => one('silent-neighbor', { source }));
}

/** Without a heartbeat: nodes that answer ARP and whose advertisements do not come, where one is missed. */
function ofNeighbors(router: RouterEvidence, at: Instant): IpAddress[] {
  const { state, reason, conflict, neighbors, voices } = router;
  if (state !== 'active') return [];
  const missed = reason === 'active-router-silent';
  const silent = neighbors.filter(
    ({ source, at: seenAt }) =>
      isNews(router, seenAt, at) && !voices.some((voice) => voice.source === source && isNews(router, voice.at, at)),
  );
  const holds = (mac: string): boolean => conflict?.mac === mac && isNews(router, conflict.at, at);
  return silent.filter(({ mac }) => missed || holds(mac)).map(({ source }) => source);
}

function ofPeer({ node, isHeard, agrees, paths }: PeerEvidence, { routers }: Evidence): Finding[] {
  const drift = routers.filter(({ reports }) => reports.some((report) => report.node === node && !report.agrees));
  const drifts: Finding[] =
    isHeard && agrees === false ? [{ code: 'config-drift', node, routers: drift.map(({ key }) => key) }] : [];
  if (!isHeard) return [{ code: 'peer-lost', node }];
  const lost = paths.flatMap((path): Finding[] => {
    if (!path.isHeard) return [{ code: 'path-lost', node, path: path.path }];
    const hearsUs = path.hearsUs !== undefined && path.hearsUs <= NEWS;
    return hearsUs ? [] : [{ code: 'path-one-way', node, path: path.path }];
  });
  return [...drifts, ...lost];
}

function ofBackends(difference: BackendDifference): Finding {
  const { node, service, own, theirs } = difference;
  if (difference.kind === 'known') return { code: 'backends-differ', node, service, own, theirs };
  const { here, there } = difference;
  return { code: 'backends-seen-differently', node, service, here, there, own, theirs };
}

function ofPaths({ paths, at }: Evidence): Finding[] {
  const fresh = (sighting: Sighting | undefined): sighting is Sighting =>
    sighting !== undefined && at <= after(sighting.at, NEWS);
  return paths.flatMap(({ path, trouble, forged, namesake }): Finding[] => [
    ...(trouble === undefined ? [] : [{ code: 'path-unusable', path, detail: trouble } as const]),
    ...(fresh(forged) ? [{ code: 'path-key', path, source: forged.source } as const] : []),
    ...(fresh(namesake) ? [{ code: 'namesake', path, source: namesake.source } as const] : []),
  ]);
}

/** One finding for each segment and node, however many virtual routers it concerns. */
function merge(found: readonly Finding[]): Finding[] {
  const merged: Finding[] = [];
  for (const finding of found) {
    const known = merged.findIndex(
      (other) =>
        'segment' in other &&
        'segment' in finding &&
        other.code === finding.code &&
        other.segment === finding.segment &&
        other.node === finding.node &&
        other.source === finding.source,
    );
    const other = merged[known];
    if (other !== undefined && 'segment' in other && 'segment' in finding)
      merged[known] = { ...other, routers: [...other.routers, ...finding.routers] };
    else merged.push(finding);
  }
  return merged;
}
