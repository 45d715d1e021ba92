import { after, between, instant, milliseconds } from '../wire/units.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';
import type { Evidence, RouterEvidence } from './finding.ts';
import { isCurrent } from './standin.ts';

/** What was seen last so long ago says nothing any more; longer where advertisements are rarer. */
export const NEWS: Milliseconds = milliseconds(3000);

/** The same for one virtual router. */
export const newsFor = ({ interval }: RouterEvidence): Milliseconds => milliseconds(Math.max(NEWS, 4 * interval));

/** Whether something of a virtual router was seen so lately that it counts. */
export const isNews = (router: RouterEvidence, seenAt: Instant, at: Instant): boolean =>
  at <= after(seenAt, newsFor(router));

/** Whether any advertisement of others is accepted on a segment. */
export const hearsOn = (segment: string, { routers, at }: Evidence): boolean =>
  routers.some(
    (other) =>
      other.segment === segment && other.voices.some((voice) => isCurrent(between(voice.at, at), other.interval)),
  );

/** Whether a node says that it hears advertisements of ours on a segment. */
export const isHeardBy = (node: string, segment: string, { routers }: Evidence): boolean =>
  routers.some(
    (other) =>
      other.segment === segment &&
      other.reports.some((r) => r.node === node && r.heardUs !== undefined && isCurrent(r.heardUs, other.interval)),
  );

/**
 * Whether a node is heard on the very interface by other means than VRRP: the cable is whole. What has answered ARP
 * before the last advertisement of either side says nothing of a cable that was pulled since.
 */
export function isNear(router: RouterEvidence, node: string, { peers, routers, at }: Evidence): boolean {
  const [name] = router.segment.split('/');
  const paths = peers.find((peer) => peer.node === node)?.paths ?? [];
  const heard = routers.filter(({ segment }) => segment === router.segment).flatMap(({ voices }) => voices);
  const told = router.reports.flatMap(({ heardUs }) => (heardUs === undefined ? [] : [instant(at - heardUs)]));
  const silentSince = Math.max(0, ...heard.map((voice) => voice.at), ...told) + 2 * router.interval;
  return (
    paths.some((path) => path.interface === name && path.isHeard) ||
    router.neighbors.some((neighbor) => isNews(router, neighbor.at, at) && neighbor.at > silentSince)
  );
}
