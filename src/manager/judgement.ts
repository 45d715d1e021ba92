import type { Config } from '../config/config.ts';
import type { RouterSnapshot, Snapshot } from '../engine/snapshot.ts';
import type { BackendDifference } from '../pair/backendview.ts';
import { findings } from '../pair/finding.ts';
import type { Finding } from '../pair/finding.ts';
import type { Evidence, RouterEvidence } from '../pair/evidence.ts';
import { findVip } from './assign.ts';
import { findingWords } from './findingwords.ts';
import type { Trouble } from './warning.ts';
import { namesFor } from './words.ts';

/** What is known of the other hosts beside what the engine has seen. */
export interface PairContext {
  readonly config: Config;
  readonly node: string;
  readonly differences: readonly BackendDifference[];
}

/** Judges what is known of the other hosts. */
export function judgePair(snapshot: Snapshot, { config, node, differences }: PairContext): Trouble[] {
  const nameOf = namesFor(config, undefined, node);
  return findings(evidenceOf(snapshot, config, differences)).map((finding) => ({
    code: finding.code,
    about: aboutOf(finding),
    text: findingWords(finding, nameOf),
  }));
}

function evidenceOf(
  { at, reach, routers, segments, pair }: Snapshot,
  config: Config,
  backends: readonly BackendDifference[],
): Evidence {
  return {
    backends,
    at,
    reach,
    routers: routers.flatMap((router) => routerEvidence(router, config) ?? []),
    peers: (pair?.peers ?? []).map(({ node, isHeard, agrees, interval, paths }) => ({
      node,
      isHeard,
      agrees,
      interval,
      paths: paths.map(({ path, isHeard: isHeardThere, hearsUs }) => ({
        path,
        interface: pair?.paths.find((other) => other.path === path)?.interface,
        isHeard: isHeardThere,
        hearsUs,
      })),
    })),
    // A path over an interface without link is told as that.
    paths: (pair?.paths ?? []).filter(
      ({ interface: name }) =>
        !segments.some((segment) => segment.interface === `${name}/ipv4` && segment.state !== 'up'),
    ),
  };
}

function routerEvidence(router: RouterSnapshot, config: Config): RouterEvidence | undefined {
  const found = findVip(router.key, config);
  if (found === undefined) return undefined;
  const { vip, family } = found;
  const { key, state, reason, since, conflict, standIn, traces, segment } = router;
  return {
    ...traces,
    key,
    segment: `${segment}/${family}`,
    state,
    reason,
    since,
    interval: vip.interval,
    conflict: conflict && { ...conflict, at: conflict.lastAt },
    standInAt: standIn?.at,
  };
}

function aboutOf(finding: Finding): string {
  const { node, source } = finding;
  const whom = node ?? source ?? '';
  if ('router' in finding) return `${finding.router} ${whom}`;
  if ('segment' in finding) return `${finding.segment} ${whom}`;
  if ('service' in finding) return `${finding.service} ${whom}`;
  if ('path' in finding) return `${finding.path} ${whom}`;
  return whom;
}
