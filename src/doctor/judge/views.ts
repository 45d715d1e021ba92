import type { BackendStatus, ServiceStatus } from '../../control/backends.ts';
import type { Status } from '../../control/status.ts';
import { finding } from '../finding.ts';
import type { Finding } from '../finding.ts';

/** Two hosts notice the same one after the other; what is younger is no difference yet. */
const YOUNG_MS = 5000;

/** How many backends are named. */
const MOST_NAMED = 5;

/** The services whose backends two hosts see differently. Pure. */
export function judgeViews(
  { status: a }: { readonly status: Status },
  { status: b }: { readonly status: Status },
): Finding[] {
  return a.services.flatMap((own) => {
    const other = b.services.find(({ service }) => service === own.service);
    if (other === undefined) return [];
    const subject = own.service;
    if (own.counts.total !== other.counts.total) {
      const text = `service ${subject}: ${a.node} has ${own.counts.total} backends, ${b.node} ${other.counts.total}`;
      return [
        finding(
          'PEER-BACKENDS',
          subject,
          text,
          'compare `vipair backends` of both, and the sources that they come from',
        ),
      ];
    }
    return [...onlyDown(own, a, other, b), ...onlyDown(other, b, own, a)];
  });
}

/** Backends that are down for one host and well for the other, both for a while. */
function onlyDown(own: ServiceStatus, { node }: Status, other: ServiceStatus, { node: peer }: Status): Finding[] {
  const down = own.backends.filter((backend) => backend.state === 'down' && lasts(backend));
  // Of many backends the status has those that need attention: who is not among them is well.
  const isWell = ({ backend }: BackendStatus): boolean => {
    const theirs = other.backends.find((each) => each.backend === backend);
    if (theirs !== undefined) return theirs.state === 'up' && lasts(theirs);
    return other.backends.length < other.counts.total && other.counts.down < other.backends.length;
  };
  const names = down.filter(isWell).map(({ backend }) => backend);
  if (names.length === 0) return [];
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
  const text = `service ${own.service}: ${names.slice(0, MOST_NAMED).join(', ')}${more} ${names.length === 1 ? 'is' : 'are'} down for ${node} and well for ${peer}`;
  const fix = `see the way from ${node} to them: route, firewall, VLAN, and their access lists`;
  return [finding('PEER-BACKENDS', own.service, text, fix)];
}

const lasts = ({ sinceMs }: BackendStatus): boolean => sinceMs === null || sinceMs >= YOUNG_MS;
