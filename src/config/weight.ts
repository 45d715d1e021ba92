import type { VipConfig } from './config.ts';
import type { Path, Report } from './report.ts';

/** The address owner's priority (RFC 9568 5.2.4). */
export const OWNER = 255;

/** What a node advertises whose proxy is dead; `vrrp/priority.ts` gives it out. */
export const FLOOR = 1;

/** What lowers the priority, for messages. */
export interface Lowering {
  readonly dead: string;
  readonly well: string;
  readonly remedy: string;
  /** Where the reaction and where its weight is written. */
  readonly cause: Path;
  readonly place: Path;
}

/**
 * Whether a weight is enough to move a VIP: one that is smaller than the distance to the next node's priority is
 * keepalived's commonest mistake. `together` is what all weights that may fall due at once come to.
 */
export function checkWeight(
  vip: VipConfig,
  weight: number,
  lowering: Lowering,
  report: Report,
  together: number = weight,
): void {
  const { prefer, priorities } = vip;
  const { place } = lowering;
  const whose = place[0] === 'vips' ? '' : ` for VIP "${vip.name}"`;
  for (const [at, node] of prefer.entries()) {
    const base = priorities[node] ?? 0;
    const lowered = Math.max(FLOOR, base - weight);
    const next = prefer[at + 1];
    if (base === OWNER) {
      const message = `${node} owns the address (priority 255), and an owner's priority cannot be lowered${whose}`;
      report.error(lowering.cause, `${message}; ${lowering.remedy}`);
    }
    if (next === undefined) continue;
    const successor = priorities[next] ?? 0;
    if (lowered >= successor) {
      const gap = base - successor;
      const lost = `${weight} is too small${whose}: ${node} would fall from ${base} to ${lowered}, and ${next} has ${successor}`;
      if (together > weight && base - together < successor) {
        const alone = `so it moves the VIP only together with other failures; ${remedy(gap, successor)}`;
        report.warn(place, `${lost}, ${alone} to move it alone`);
      } else report.error(place, `${lost}, so no fault would ever move the VIP; ${remedy(gap, successor)}`);
      continue;
    }
    const last = prefer.at(-1) ?? node;
    const least = priorities[last] ?? 0;
    if (lowered >= least) {
      report.warn(
        place,
        `${weight}${whose} leaves ${node} at ${lowered} when ${lowering.dead}, not below ${last} with ${least}: ` +
          `${last} stays backup when only ${lowering.well}; write ${base - least + 1} or more`,
      );
    }
  }
}

function remedy(gap: number, successor: number): string {
  return successor <= FLOOR || gap + 1 > 253
    ? 'bring the priorities closer together, above 2'
    : `write ${gap + 1} or more`;
}
