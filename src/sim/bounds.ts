import type { Claim } from '../vrrp/priority.ts';
import { activeDownInterval } from '../vrrp/timers.ts';
import { milliseconds } from '../wire/units.ts';
import type { Milliseconds } from '../wire/units.ts';
import type { Host } from './host.ts';
import type { Member, MemberConfig } from './member.ts';
import type { Simulation, SimulationConfig } from './simulation.ts';

/** A host and its part in one VIP. */
export interface Seat {
  readonly host: Host;
  readonly member: Member;
}

/** How long things may take for one VIP, as its configuration and the segment have it. */
export interface Bounds {
  /** Without a holder, though a host is able to be one: the longest Active_Down_Interval there is. */
  readonly held: Milliseconds;
  /** With two holders that hear each other: an advertisement. */
  readonly dual: Milliseconds;
  /** With a holder whose proxy is dead while a well host listens. */
  readonly relief: Milliseconds;
  /** Until nothing moves any more, once nobody disturbs the peace. */
  readonly quiet: Milliseconds;
}

/** How long it takes at most until a host knows that it is cut off, or is not any more. */
const KNOWN = 3200;

/** The bounds of a VIP. */
export function boundsOf({ router, policy }: MemberConfig, config: SimulationConfig): Bounds {
  const slack = slackOf(config);
  const { heartbeat, asks } = config;
  // A word on the second path counts when the first has been silent for an interval, and comes as often as it comes.
  const second = heartbeat === undefined ? 0 : router.interval + heartbeat + slack;
  const down = activeDownInterval(router.version, 1, router.interval);
  const relief = 2 * down + router.interval + router.preemptDelay + 2 * slack + 2 * second;
  return {
    held: milliseconds(down + slack),
    dual: milliseconds(router.interval + second + slack),
    relief: milliseconds(relief),
    quiet: milliseconds(
      down + relief + Math.max(policy.recoverAfter, policy.recoverMax) + (asks === true ? 2 * KNOWN : 0),
    ),
  };
}

/** How long travelling, noticing and waking up may take together, there and back. */
function slackOf({ travel, lateness, hosts }: SimulationConfig): Milliseconds {
  const detection = Math.max(...hosts.map((host) => host.detection));
  return milliseconds(2 * (travel.delay + travel.jitter + lateness) + detection + 1);
}

/** Who takes part in each VIP. */
export function seatsOf(sim: Simulation): ReadonlyMap<string, readonly Seat[]> {
  const seats = new Map<string, Seat[]>();
  for (const host of sim.hosts) {
    for (const member of host.members) {
      const { vip } = member.config;
      seats.set(vip, [...(seats.get(vip) ?? []), { host, member }]);
    }
  }
  return seats;
}

export const nameOf = ({ host }: Seat): string => host.name;

export const claimOf = ({ member }: Seat): Claim => ({
  priority: member.state.priority,
  source: member.config.router.source,
});

/** Whether clients find the VIP here. */
export const answersFor = ({ host, member }: Seat): boolean => host.answers(member);

/** Whether a host takes part in the election. */
export const isAble = ({ host, member }: Seat): boolean =>
  host.activity === 'running' && host.reachable && !host.mute && member.state.name !== 'initialize';

/** Whether it holds the VIP by its own will. */
export const isHolding = ({ host, member }: Seat): boolean =>
  host.activity === 'running' && member.state.name === 'active' && host.answers(member);

/** Whether its proxy is well and has been for long enough. */
export const isWell = ({ host, member }: Seat): boolean =>
  host.proxy === 'well' && member.judgement.because === undefined;
