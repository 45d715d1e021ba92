import type { IpAddress } from '../wire/address.ts';
import { after, between, milliseconds } from '../wire/units.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';
import { isNews, newsFor } from './evidence.ts';
import type { Evidence, ReportEvidence, RouterEvidence } from './evidence.ts';

/**
 * Advertisements that do not arrive, on one side or on both, and by whose ears: the part of `finding` that judges
 * silence. There are two measures of time. A direction is silent when nothing has come for as long as a backup waits,
 * and a moment more (`silenceFor`); it is alive when something came just now (`nearFor`). In between nothing is said of
 * it: when both directions are cut at once they fall silent one after the other, and are not to be told as one-way loss.
 */

/** One direction, or both, that are silent on a segment. */
export interface SilenceFinding {
  readonly code: 'vrrp-lost' | 'vrrp-filtered' | 'one-way-in' | 'one-way-out' | 'silent-neighbor';
  readonly segment: string;
  readonly routers: readonly string[];
  readonly node?: string | undefined;
  readonly source?: IpAddress | undefined;
}

/** A lesser router that was told so often, and goes on, has not heard it. */
const DEAF_AFTER = 3;

/** The least time after which silence is told: a host with little to do for VRRP may be busy with something else. */
const LEAST_SILENCE = 1500;

/** How long a direction must be silent to be called so: as long as a backup waits, and half a second. */
export const silenceFor = ({ interval }: { readonly interval: Milliseconds }): Milliseconds =>
  milliseconds(Math.max(LEAST_SILENCE, 3 * interval + 500));

/** How new the last sign of a direction must be for it to be alive: one may be lost, and one may be late. */
const nearFor = ({ interval }: RouterEvidence): Milliseconds => milliseconds(2 * interval + 300);

/** Judges the silence around one virtual router. */
export function silences(router: RouterEvidence, evidence: Evidence): SilenceFinding[] {
  const { at } = evidence;
  const { key, segment, contender, reports } = router;
  const one = (code: SilenceFinding['code'], whom: { node?: string; source?: IpAddress }): SilenceFinding => ({
    ...{ code, segment, routers: [key] },
    ...whom,
  });
  if (contender !== undefined && contender.count >= DEAF_AFTER && isNews(router, contender.at, at)) {
    return [one('one-way-out', { source: contender.source })];
  }
  if (reports.length === 0) return ofNeighbors(router, evidence).map((source) => one('silent-neighbor', { source }));
  return reports.flatMap((report): SilenceFinding[] => {
    const code = isRefused(router, report, at) ? undefined : codeOf(router, report, evidence);
    return code === undefined ? [] : [one(code, { node: report.node })];
  });
}

/** Who refuses is not deaf; that has a name of its own. */
const isRefused = (router: RouterEvidence, report: ReportEvidence, at: Instant): boolean =>
  report.refusesUs !== undefined || router.refusals.some((refusal) => isNews(router, refusal.at, at));

/** What is silent between this host and one that lives; `undefined` for nothing, or when that is not known yet. */
function codeOf(
  router: RouterEvidence,
  report: ReportEvidence,
  evidence: Evidence,
): SilenceFinding['code'] | undefined {
  const { at } = evidence;
  const { node } = report;
  const silence = silenceFor(router);
  const lost = (age: number): 'vrrp-filtered' | 'vrrp-lost' =>
    isNear(router, node, age, evidence) ? 'vrrp-filtered' : 'vrrp-lost';
  const standsIn = router.standInAt !== undefined && isNews(router, router.standInAt, at);
  // At a start the word of the heartbeat may be the first to arrive: nobody is missed before a backup would miss him.
  const unheard = Math.min(voiceAge(router, at), between(router.since, at));
  if (report.state === 'active' && standsIn && unheard > silence) {
    const heardUs = heardOn(node, router.segment, evidence);
    if (heardUs <= nearFor(router)) return 'one-way-in';
    return heardUs > silence ? lost(unheard) : undefined;
  }
  const deaf = report.heardUs ?? Infinity;
  const mayHear = report.state !== 'initialize' && report.listensFor > silence;
  if (router.state !== 'active' || !mayHear || deaf <= silence || at <= after(router.since, silence)) return undefined;
  const heard = Math.min(...onSegment(router.segment, evidence).map((other) => voiceAge(other, at)));
  if (heard <= nearFor(router)) return 'one-way-out';
  return heard > silence ? lost(deaf) : undefined;
}

const onSegment = (segment: string, { routers }: Evidence): RouterEvidence[] =>
  routers.filter((other) => other.segment === segment);

/** Since when no advertisement of others was accepted; infinite for ever. */
const voiceAge = ({ voices }: RouterEvidence, at: Instant): number =>
  Math.min(...voices.map((voice) => between(voice.at, at)), Infinity);

/** Since when a node has heard an advertisement of ours on a segment, as it says; infinite for never. */
const heardOn = (node: string, segment: string, evidence: Evidence): number =>
  Math.min(
    ...onSegment(segment, evidence).flatMap(({ reports }) =>
      reports.flatMap((report) => (report.node === node ? (report.heardUs ?? Infinity) : [])),
    ),
    Infinity,
  );

/** Whether a node is heard on the very interface by other means than VRRP, since that is silent: the cable is whole. */
function isNear(router: RouterEvidence, node: string, age: number, { peers, at }: Evidence): boolean {
  const [name] = router.segment.split('/');
  const paths = peers.find((peer) => peer.node === node)?.paths ?? [];
  const recent = Math.min(newsFor(router), age - nearFor(router));
  return (
    paths.some((path) => path.interface === name && path.isHeard) ||
    router.neighbors.some((neighbor) => between(neighbor.at, at) <= recent)
  );
}

/**
 * Without a heartbeat: nodes that answer on the segment, and went on to when their advertisements did not come any more.
 * One that is heard there for any other VIP is not silent, whatever it holds.
 */
function ofNeighbors(router: RouterEvidence, evidence: Evidence): IpAddress[] {
  const { at } = evidence;
  const { state, reason, conflict, neighbors } = router;
  if (state !== 'active') return [];
  const heard = onSegment(router.segment, evidence).flatMap(({ voices }) => voices);
  // Of several backups, which are silent by nature, the one is missed that spoke and does not any more.
  const isMissed = (node: IpAddress): boolean =>
    reason === 'active-router-silent' && router.voices.some(({ source }) => source === node);
  const isSilent = (node: IpAddress, answeredAt: Instant): boolean =>
    heard.every((voice) => voice.source !== node || answeredAt > after(voice.at, silenceFor(router)));
  // One that spoke since it was seen to hold the address has let it go, and is a backup now.
  const holds = (node: IpAddress, mac: string): boolean =>
    conflict?.mac === mac && isNews(router, conflict.at, at) && isSilent(node, conflict.at);
  return neighbors
    .filter(({ at: answeredAt }) => isNews(router, answeredAt, at))
    .filter(
      ({ source, mac, at: answeredAt }) => isSilent(source, answeredAt) && (isMissed(source) || holds(source, mac)),
    )
    .map(({ source }) => source);
}
