/**
 * What is the matter between the hosts, from evidence: one pure function. VRRP knows but one symptom, silence; and its
 * causes want different hands: a cable, a firewall, a switch that filters multicast, a typing mistake in one of two files.
 * Each is told apart here by who hears what of whom, and named as itself.
 */
import type { IpAddress } from '../wire/address.ts';
import { after, milliseconds } from '../wire/units.ts';
import type { Instant } from '../wire/units.ts';
import type { BackendDifference, Counts } from './backendview.ts';
import { isNews, NEWS } from './evidence.ts';
import type { Evidence, PeerEvidence, RouterEvidence, Sighting } from './evidence.ts';
import { MISTAKES, ODDITIES } from './mistake.ts';
import type { MistakeCode } from './mistake.ts';
import { silenceFor, silences } from './silence.ts';
import type { SilenceFinding } from './silence.ts';

/** Who a finding is about: a node by name, or a source that nobody's name is known of. */
export interface Whom {
  readonly node?: string | undefined;
  readonly source?: IpAddress | undefined;
}

export type Finding = Whom &
  (
    | { readonly code: MistakeCode; readonly router: string; readonly isTheirs: boolean }
    | Pick<SilenceFinding, 'code' | 'segment' | 'routers'>
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

/** Whose Ethernet address it is, as far as the segment has told. */
const ownerOf = ({ neighbors }: RouterEvidence, mac: string): IpAddress | undefined =>
  neighbors.find((neighbor) => neighbor.mac === mac)?.source;

function ofPeer({ node, isHeard, agrees, interval, paths }: PeerEvidence, { routers }: Evidence): Finding[] {
  const drift = routers.filter(({ reports }) => reports.some((report) => report.node === node && !report.agrees));
  const drifts: Finding[] =
    isHeard && agrees === false ? [{ code: 'config-drift', node, routers: drift.map(({ key }) => key) }] : [];
  if (!isHeard) return [{ code: 'peer-lost', node }];
  const lost = paths.flatMap((path): Finding[] => {
    if (!path.isHeard) return [{ code: 'path-lost', node, path: path.path }];
    const hearsUs = path.hearsUs !== undefined && path.hearsUs <= silenceFor({ interval });
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
