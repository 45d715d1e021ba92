import type { BackendReport } from '../wire/backendwords.ts';
import { labelOf } from '../wire/heartbeat.ts';
import { after } from '../wire/units.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';

/**
 * What this host sees of the backends held against what another says of them. Pure. Two hosts notice the same thing one
 * after the other, so that only a difference that lasts is one.
 */

/** The backends of one service as this host sees them. */
export interface BackendView {
  readonly service: string;
  /** Those that are meant to serve, and how many of them are well, and not judged yet. */
  readonly total: number;
  readonly up: number;
  readonly unknown: number;
  /** Those that are meant to serve, by id, and which of them are down. At most 10 000. */
  readonly ids: readonly string[];
  readonly down: readonly string[];
  /** The label of all that it has; see `setOf`. */
  readonly set: number;
}

/** One service that two hosts see differently. */
export type BackendDifference = { readonly node: string; readonly service: string } & (
  | {
      /** Which backends are down only here, and only there; empty where that is not told. */
      readonly kind: 'seen';
      readonly here: readonly string[];
      readonly there: readonly string[];
      readonly own: Counts;
      readonly theirs: Counts;
    }
  /** Not even the backends are the same. */
  | { readonly kind: 'known'; readonly own: Counts; readonly theirs: Counts }
);

export interface Counts {
  readonly up: number;
  readonly total: number;
}

/** The label of a set of backends, whatever their order. */
export const setOf = (ids: readonly string[]): number => ids.reduce((sum, id) => (sum + labelOf(id)) >>> 0, 0);

/** What is told of a service. */
export const reportOf = ({ service, set, total, up, unknown, down }: BackendView): BackendReport => ({
  ...{ service: labelOf(service), set, total, up, unknown },
  down: down.map((id) => labelOf(id)),
});

/** The services that another host sees differently at this moment. */
export function backendDifferences(
  node: string,
  views: readonly BackendView[],
  reports: readonly BackendReport[],
): BackendDifference[] {
  const byLabel = new Map(reports.map((report) => [report.service, report]));
  return views.flatMap((view) => {
    const report = byLabel.get(labelOf(view.service));
    return (report && differenceOf(node, view, report)) ?? [];
  });
}

function differenceOf(node: string, view: BackendView, report: BackendReport): BackendDifference | undefined {
  const { service } = view;
  const counts = { own: countsOf(view), theirs: countsOf(report) };
  if (view.set !== report.set) return { kind: 'known', node, service, ...counts };
  // Those that are drained on one host only are somebody's order, and those not judged yet are no view.
  if (view.total !== report.total || view.unknown > 0 || report.unknown > 0) return undefined;
  if (report.down === undefined) {
    if (view.up === report.up) return undefined;
    return { kind: 'seen', node, service, here: [], there: [], ...counts };
  }
  const theirs = new Set(report.down);
  const ours = new Set(view.down);
  const here = view.down.filter((id) => !theirs.has(labelOf(id)));
  const there = view.ids.filter((id) => !ours.has(id) && theirs.has(labelOf(id)));
  return here.length + there.length === 0 ? undefined : { kind: 'seen', node, service, here, there, ...counts };
}

const countsOf = ({ up, total }: Counts): Counts => ({ up, total });

/** Since when each difference has been there, by what `keyOf` says. BOUNDED: one for each peer, service and kind. */
export type Ages = ReadonlyMap<string, Instant>;

/** How long a difference must have lasted to be one. */
export type Patience = (difference: BackendDifference) => Milliseconds;

/** The differences that have lasted, and since when each one that is there now has been. */
export function lasting(
  before: Ages,
  found: readonly BackendDifference[],
  patience: Patience,
  at: Instant,
): { readonly ages: Ages; readonly lasting: BackendDifference[] } {
  const ages = new Map(found.map((one) => [keyOf(one), before.get(keyOf(one)) ?? at]));
  return { ages, lasting: found.filter((one) => at >= after(ages.get(keyOf(one)) ?? at, patience(one))) };
}

const keyOf = ({ node, service, kind }: BackendDifference): string => `${node} ${service} ${kind}`;
