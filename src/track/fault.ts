import type { Config, ProbeConfig, VipConfig } from '../config/config.ts';
import { FLOOR } from '../vrrp/priority.ts';
import { activeDownInterval, skewTime } from '../vrrp/timers.ts';
import { milliseconds } from '../wire/units.ts';
import type { Milliseconds } from '../wire/units.ts';

/** What one kind of fault costs when it hits one node while that holds a VIP. */
export interface FaultForecast {
  readonly fault: Fault;
  /** How long clients get no answer; `undefined` when it lasts until the node is well again. */
  readonly outage: Outage | undefined;
  /** For a daemon that was killed or frozen: after this long at most, one node holds the VIP again. */
  readonly singleHolderWithin: Milliseconds | undefined;
  /** What happens, in words. */
  readonly reaction: string;
}

/** From the fault to the first good answer, at best and at worst. */
export interface Outage {
  readonly best: Milliseconds;
  readonly worst: Milliseconds;
}

/**
 * - `proxy-dead`: the proxy on the holder is gone.
 * - `proxy-hung`: its processes are there, and answer nothing.
 * - `daemon-stopped`: SIGTERM, a regular stop.
 * - `host-lost`: the host or its link, without a word.
 * - `daemon-killed`: SIGKILL, SIGSTOP or a wedged daemon, while host and proxy go on.
 * - `vip-deleted`: somebody else took the address off the interface.
 */
export type Fault = 'proxy-dead' | 'proxy-hung' | 'daemon-stopped' | 'host-lost' | 'daemon-killed' | 'vip-deleted';

/** All kinds of faults, the commonest first. */
export const FAULTS: readonly Fault[] = [
  'proxy-dead',
  'proxy-hung',
  'daemon-stopped',
  'host-lost',
  'daemon-killed',
  'vip-deleted',
];

/**
 * What noticing a death, sending a packet, installing an address and announcing it add at worst, on hosts with
 * processor time to spare.
 */
export const REACTION: Milliseconds = milliseconds(10);

/** By when a deleted VIP is back; no election is needed for it. */
const REPAIR: Milliseconds = milliseconds(50);

/** The kernel takes an address away up to a second after its lifetime has ended. */
const LEASE_LATENESS: Milliseconds = milliseconds(1000);

/** Computes what a fault of `node` costs when `successor` is to take over; `undefined` for nobody. */
export function forecastFault(
  fault: Fault,
  config: Config,
  vip: VipConfig,
  node: string,
  successor: string | undefined,
): FaultForecast {
  const result = (outage: Outage | undefined, reaction: string): FaultForecast => ({
    fault,
    outage,
    singleHolderWithin: fault === 'daemon-killed' ? milliseconds(vip.lease * 1000 + LEASE_LATENESS) : undefined,
    reaction,
  });
  if (fault === 'vip-deleted') return result(range(0, REPAIR), 'puts the address back and stays active');
  const isProxy = fault === 'proxy-dead' || fault === 'proxy-hung';
  if (isProxy && config.proxy === undefined) return result(undefined, 'no proxy is watched');
  if (fault === 'proxy-hung' && config.proxy?.probe === undefined) return result(undefined, 'it is not asked');
  if (successor === undefined) return result(undefined, 'nobody takes over');
  const timers = timersOf(vip, successor);
  switch (fault) {
    case 'proxy-dead':
      return proxyDead(vip, node, successor, timers, result);
    case 'proxy-hung':
      return noticed(proxyDead(vip, node, successor, timers, result), config.proxy?.probe);
    case 'daemon-stopped':
      return result(range(timers.skew, timers.skew + REACTION), `resigns; ${successor} takes over after its skew time`);
    case 'host-lost':
      return result(silence(vip, timers), `${successor} takes over after three intervals of silence`);
    case 'daemon-killed':
      return result(leaseGap(vip, timers), `${successor} takes over; the lease ends what ${node} still holds`);
  }
}

interface Timers {
  /** Of the successor. */
  readonly skew: Milliseconds;
  readonly activeDown: Milliseconds;
}

function timersOf(vip: VipConfig, successor: string): Timers {
  const priority = priorityOf(vip, successor);
  return {
    skew: skewTime(vip.version, priority, vip.interval),
    activeDown: activeDownInterval(vip.version, priority, vip.interval),
  };
}

type Result = (outage: Outage | undefined, reaction: string) => FaultForecast;

function proxyDead(vip: VipConfig, node: string, successor: string, timers: Timers, result: Result): FaultForecast {
  const { onFailure, preempt, preemptDelay, preemptFast, interval } = vip;
  const { skew } = timers;
  if (onFailure.reaction !== 'lower') {
    const how = onFailure.reaction === 'stop' ? 'resigns and falls silent' : 'resigns';
    return result(range(skew, skew + REACTION), `${how}; ${successor} takes over after its skew time`);
  }
  const lowered = Math.max(FLOOR, priorityOf(vip, node) - onFailure.weight);
  const isFloor = lowered === FLOOR;
  if (lowered >= priorityOf(vip, successor)) return result(undefined, `lowers to ${lowered}, which moves nothing`);
  if (!preempt && !isFloor) return result(undefined, `lowers to ${lowered}, and ${successor} does not preempt`);
  // The delay runs from the first lower advertisement; the one that is heard after its end begins the take-over.
  const delay = isFloor ? 0 : preemptDelay;
  const lateness = delay === 0 ? 0 : interval;
  const reaction = `lowers to ${lowered}; ${successor} takes over`;
  const fast = range(delay + skew, delay + lateness + skew + REACTION);
  if (preemptFast) return result(fast, `${reaction} after its skew time`);
  const { best, worst } = silence(vip, timers);
  return result(range(delay + best, delay + worst), `${reaction} when its timer runs out`);
}

/**
 * One that hangs is noticed by the questions that it does not answer: at best the first is asked just then, at worst a
 * whole period later.
 */
function noticed(forecast: FaultForecast, probe: ProbeConfig | undefined): FaultForecast {
  const { outage } = forecast;
  if (outage === undefined || probe === undefined) return forecast;
  const least = (probe.fall - 1) * probe.period + probe.timeout;
  return { ...forecast, outage: range(outage.best + least, outage.worst + least + probe.period) };
}

/** The fault comes between two advertisements, and the timer began with the earlier one. */
function silence({ interval }: VipConfig, { activeDown }: Timers): Outage {
  return range(activeDown - interval, activeDown + REACTION);
}

/**
 * Advertisement and renewal happen together, so the lease and the successor's timer began together. The old holder
 * goes on serving until its lease ends: clients only miss what lies between that and the take-over.
 */
function leaseGap({ lease }: VipConfig, { activeDown }: Timers): Outage {
  const end = lease * 1000;
  return range(Math.max(0, activeDown - end - LEASE_LATENESS), Math.max(0, activeDown - end));
}

const range = (best: number, worst: number): Outage => ({ best: milliseconds(best), worst: milliseconds(worst) });

/** The base priority of a node of a VIP. */
export const priorityOf = ({ priorities }: VipConfig, node: string): number => priorities[node] ?? FLOOR;
