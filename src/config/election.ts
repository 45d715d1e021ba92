import type { NodeConfig, VipConfig } from './config.ts';
import { trackedAt } from './hostcheck.ts';
import type { RawConfig, RawVip } from './raw.ts';
import type { Path, Report } from './report.ts';
import type { Settings } from './setting.ts';
import { unknownNode } from './suggestion.ts';
import { trackedBackends } from './track.ts';
import { checkWeight, FLOOR } from './weight.ts';

/**
 * Who holds a VIP when: the order of the nodes, their priorities, and whether a fault can move it at all. A weight
 * that is smaller than the distance to the next node is keepalived's commonest mistake: it never fails over, and
 * nothing says so.
 */

/** Derived priorities begin one below the address owner's, so that skew times are as short as they can be. */
const FIRST = 254;

/** What a node advertises whose proxy has just come back; `vrrp/priority.ts` gives it out. */
const RECOVERING = 2;

/** The order of the nodes and their priorities, from `prefer` or from `priority`. */
export function readElection(
  name: string,
  vip: RawVip,
  nodes: readonly NodeConfig[],
  report: Report,
): Pick<VipConfig, 'prefer' | 'priorities'> {
  const path = ['vips', name];
  const known = nodes.map((node) => node.name);
  if (vip.priority !== undefined) {
    if (vip.prefer !== undefined) report.error([...path, 'priority'], 'stands beside "prefer"; keep one of them');
    return explicit(vip.priority, known, [...path, 'priority'], report);
  }
  if (vip.prefer === undefined) {
    report.error(
      [...path, 'prefer'],
      `is missing; write the nodes best first, such as "prefer: [${known.join(', ')}]"`,
    );
    return { prefer: [], priorities: {} };
  }
  const prefer: string[] = [];
  for (const [index, node] of vip.prefer.entries()) {
    const place = [...path, 'prefer', index];
    if (!known.includes(node)) report.error(place, unknownNode(node, known));
    else if (prefer.includes(node)) report.error(place, `${node} is in the list twice; write each node once`);
    else prefer.push(node);
  }
  return { prefer, priorities: Object.fromEntries(prefer.map((node, at): [string, number] => [node, FIRST - at])) };
}

/** Whether an order and its priorities are what `prefer` alone would give. */
export function isDerived({ prefer, priorities }: Pick<VipConfig, 'prefer' | 'priorities'>): boolean {
  return prefer.every((node, at) => priorities[node] === FIRST - at);
}

function explicit(
  priority: Readonly<Record<string, number>>,
  known: readonly string[],
  path: Path,
  report: Report,
): Pick<VipConfig, 'prefer' | 'priorities'> {
  const holders = new Map<number, string>();
  const entries = Object.entries(priority).filter(([node, value]) => {
    const place = [...path, node];
    const other = holders.get(value);
    if (!known.includes(node)) {
      report.error(place, unknownNode(node, known));
      return false;
    }
    if (other !== undefined) {
      report.error(place, `${value} is the priority of ${other} already: the greater address would win; write another`);
    }
    if (value <= RECOVERING) {
      const meaning = value === FLOOR ? 'of which the proxy is dead' : 'of which the proxy has just come back';
      report.warn(place, `${value} is what a node advertises ${meaning}; write ${RECOVERING + 1} or more`);
    }
    holders.set(value, node);
    return true;
  });
  // A node that is not listed takes no part. Ties have been refused, so the order is certain.
  const order = entries.toSorted(([, a], [, b]) => b - a);
  return { prefer: order.map(([node]) => node), priorities: Object.fromEntries(order) };
}

/** Checks that a fault can move the VIP. */
export function checkElection(
  vip: VipConfig,
  raw: RawConfig,
  nodes: readonly NodeConfig[],
  settings: Settings,
  report: Report,
): void {
  const { prefer, onFailure, preempt } = vip;
  const [only, ...others] = prefer;
  if (only !== undefined && others.length === 0 && nodes.length > 1) {
    report.warn(settings.path, `only ${only} may hold this VIP, so nobody takes it over; list another node`);
  }
  if (onFailure.reaction === 'lower') {
    const cause = settings.origin('on_failure');
    if (!preempt) report.error(cause, `${STUCK}; write "on_failure: resign", or "preempt: true"`);
    const words = { dead: 'its proxy is dead', well: 'its proxy is well', remedy: 'write "on_failure: resign"' };
    checkWeight(vip, onFailure.weight, { ...words, cause, place: settings.origin('weight') }, report);
  }
  if (vip.trackBackends !== undefined) {
    const cause = trackedBackends(settings, raw).path;
    if (!preempt) report.error(cause, `${STUCK}; leave it out, or write "preempt: true"`);
    const words = { dead: 'its backends are too few', well: 'its backends are enough', remedy: 'leave it out' };
    const place = [...cause, 'weight'];
    checkWeight(vip, vip.trackBackends.weight, { ...words, cause, place }, report, weightOf(vip));
  }
  for (const { check, weight } of vip.track) {
    if (weight === undefined) continue;
    const cause = trackedAt(raw, vip.name, check);
    if (!preempt) report.error(cause, `${STUCK}; leave its weight out, or write "preempt: true"`);
    const words = { dead: `${check} fails`, well: `${check} is well`, remedy: 'leave its weight out' };
    const place = [...cause, 'weight'];
    checkWeight(vip, weight, { ...words, cause, place }, report, weightOf(vip));
  }
}

/** All that may be taken off at once while the proxy is well. */
const weightOf = ({ track, trackBackends }: VipConfig): number =>
  track.reduce((sum, { weight = 0 }) => sum + weight, trackBackends?.weight ?? 0);

const STUCK = 'a lower priority moves nothing with "preempt: false": the other node refuses to take over';
