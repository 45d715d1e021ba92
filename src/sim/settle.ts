import { answersFor, isAble, isWell, nameOf, seatsOf } from './bounds.ts';
import type { Seat } from './bounds.ts';
import type { Simulation } from './simulation.ts';

/**
 * Asks whether a simulation in which all has been quiet for long enough is where it has to be: every VIP that a host is
 * able to hold has exactly one holder, and it is the right one. Throws with what is wrong.
 */
export function requireSettled(sim: Simulation): void {
  for (const [vip, seats] of seatsOf(sim)) {
    const able = seats.filter(isAble);
    const holders = seats.filter(answersFor);
    const wrong = able.length === 0 ? strays(holders) : misplaced(able, holders);
    if (wrong !== undefined) throw new Error(`At ${sim.now} ms, ${vip}: ${wrong}`);
  }
}

const strays = (holders: readonly Seat[]): string | undefined =>
  holders.length === 0 ? undefined : `${namesOf(holders)} hold it, though no host is able to`;

function misplaced(able: readonly Seat[], holders: readonly Seat[]): string | undefined {
  const [holder] = holders;
  if (holder === undefined || holders.length > 1) {
    return `${holders.length} holders (${namesOf(holders)}), though ${namesOf(able)} are able to hold it`;
  }
  const priority = priorityOf(holder);
  const best = Math.max(...able.map(priorityOf));
  if (holder.member.config.router.preempt && priority < best) {
    return `${nameOf(holder)} holds it with ${priority}, though there is a ${best}`;
  }
  if (holder.host.proxy === 'dead' && priority === 1 && able.some(isWell)) {
    return `${nameOf(holder)} holds it with a dead proxy`;
  }
  return undefined;
}

const priorityOf = ({ member }: Seat): number => member.state.priority;

const namesOf = (seats: readonly Seat[]): string => seats.map(nameOf).join(', ');
