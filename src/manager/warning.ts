import type { Config } from '../config/config.ts';
import { isOfFile, maySend } from '../config/sender.ts';
import type { WarningCode } from '../control/status.ts';
import type { ForeignRouter, Snapshot } from '../engine/snapshot.ts';
import { milliseconds } from '../wire/units.ts';
import { namesFor } from './words.ts';

/** What needs attention, each a sentence with its fix: the warnings of the status. */
export interface Trouble {
  readonly code: WarningCode;
  /** Tells it from other trouble of the same kind, and stays the same for as long as it lasts, unlike the text. */
  readonly about: string;
  readonly text: string;
}

/** Trouble that is told by nothing but its text. */
export const troublesOf = (code: WarningCode, texts: readonly string[]): Trouble[] =>
  texts.map((text) => ({ code, about: text, text }));

/** The first mistake; all of them are in `config.error`. */
export function refusalWarnings([first, ...others]: readonly string[]): Trouble[] {
  if (first === undefined) return [];
  const more = others.length === 0 ? '' : ` (and ${others.length} more, see \`vipair check\`)`;
  return [{ code: 'config-refused', about: 'file', text: `the configuration file is not in force: ${first}${more}` }];
}

/** How long another router that fell silent is still warned of, and how many of one interface are named. */
const FOREIGN_NEWS = milliseconds(60_000);
const MOST_NAMED = 3;

/** Virtual routers on the segment that are not configured here. One of our own nodes has another configuration. */
export function foreignWarnings(
  { segments, at }: Pick<Snapshot, 'segments' | 'at'>,
  config: Config,
  node: string,
): Trouble[] {
  const nameOf = namesFor(config, undefined, node);
  return segments.flatMap(({ interface: port, foreign }) => {
    // A VIP of the file in which this host takes no part is not foreign when its nodes advertise it.
    const isOurs = ({ source, vrid, addresses }: ForeignRouter): boolean =>
      maySend(config, source, vrid) || isOfFile(config, vrid, addresses);
    const recent = foreign.filter((each) => at - each.lastAt <= FOREIGN_NEWS && !isOurs(each));
    const named = recent.slice(0, MOST_NAMED).map(({ vrid, source }): Trouble => {
      const name = nameOf(source);
      const text =
        name === source
          ? `${port}: another VRRP router uses VRID ${vrid} from ${source}; keep to VRIDs of your own`
          : `${port}: ${name} uses VRID ${vrid}, which is not configured here; give all hosts the same file`;
      return { code: 'foreign-vrid', about: `${port} ${vrid} ${source}`, text };
    });
    const rest = recent.length - named.length;
    if (rest === 0) return named;
    const text = `${port}: and ${rest} more; see \`vipair status --json\``;
    return [...named, { code: 'foreign-vrid', about: port, text }];
  });
}

/** The journal of events is bounded. */
export const lossWarnings = (dropped: number): Trouble[] =>
  dropped === 0
    ? []
    : [
        {
          code: 'events-lost',
          about: 'engine',
          text: `${dropped} events were lost while no manager took them; the log is not complete`,
        },
      ];
