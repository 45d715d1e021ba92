import type { Config } from '../config/config.ts';
import type { RouterSnapshot, Snapshot } from '../engine/snapshot.ts';
import { findings } from '../pair/finding.ts';
import type { Evidence, Finding, RouterEvidence } from '../pair/finding.ts';
import { findVip } from './assign.ts';
import { findingWords } from './findingwords.ts';
import type { Trouble } from './warning.ts';
import { namesFor } from './words.ts';

/** Judges what the engine has seen of the other hosts. */
export function judgePair(snapshot: Snapshot, config: Config, node: string): Trouble[] {
  const nameOf = namesFor(config, undefined, node);
  return findings(evidenceOf(snapshot, config)).map((finding) => ({
    code: finding.code,
    about: aboutOf(finding),
    text: findingWords(finding, nameOf),
  }));
}

function evidenceOf({ at, routers, segments, pair }: Snapshot, config: Config): Evidence {
  return {
    at,
    routers: routers.flatMap((router) => routerEvidence(router, config) ?? []),
    peers: (pair?.peers ?? []).map(({ node, isHeard, agrees, paths }) => ({
      node,
      isHeard,
      agrees,
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
  if ('path' in finding) return `${finding.path} ${whom}`;
  return whom;
}
