import type { Config } from '../config/config.ts';
import type { Snapshot } from '../engine/snapshot.ts';
import { namesFor } from './words.ts';

/** What needs attention, each a sentence with its fix: the warnings of the status. */

/** The first mistake; all of them are in `config.error`. */
export function refusalWarnings([first, ...others]: readonly string[]): string[] {
  if (first === undefined) return [];
  const more = others.length === 0 ? '' : ` (and ${others.length} more, see \`vipair check\`)`;
  return [`the configuration file is not in force: ${first}${more}`];
}

/** How long another router that fell silent is still warned of, and how many of one interface are named. */
const FOREIGN_NEWS = 60_000;
const MOST_NAMED = 3;

/** Virtual routers on the segment that are not configured here. One of our own nodes has another configuration. */
export function foreignWarnings(
  { segments, at }: Pick<Snapshot, 'segments' | 'at'>,
  config: Config,
  node: string,
): string[] {
  const nameOf = namesFor(config, undefined, node);
  return segments.flatMap((segment) => {
    const recent = segment.foreign.filter(({ lastAt }) => at - lastAt <= FOREIGN_NEWS);
    const named = recent.slice(0, MOST_NAMED).map(({ vrid, source }) => {
      const name = nameOf(source);
      return name === source
        ? `${segment.interface}: another VRRP router uses VRID ${vrid} from ${source}; keep to VRIDs of your own`
        : `${segment.interface}: ${name} uses VRID ${vrid}, which is not configured here; give all hosts the same file`;
    });
    const rest = recent.length - named.length;
    return rest === 0 ? named : [...named, `${segment.interface}: and ${rest} more; see \`vipair status --json\``];
  });
}

/** The journal of events is bounded. */
export const lossWarnings = (dropped: number): string[] =>
  dropped === 0 ? [] : [`${dropped} events were lost while no manager took them; the log is not complete`];
