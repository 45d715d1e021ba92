import type { Config, VipConfig } from '../config/config.ts';
import { skewTime } from '../vrrp/timers.ts';
import type { Milliseconds } from '../wire/units.ts';
import { forecastFault, priorityOf } from './fault.ts';
import type { Fault } from './fault.ts';

/** Below this a busy host without real-time scheduling misses three intervals now and then. */
const SHORT_INTERVAL = 50;

/** A skew time that a client notices. */
const LONG_SKEW = 50;

/** A host that is lost for longer than this is slower than what people come from. */
const LONG_SILENCE = 2000;

/** Two holders for longer than this is more than neighbours forgive. */
const LONG_LEASE = 10;

/** What a client notices of a lease that ends too early. */
const LONG_GAP = 100;

/** What makes a take-over of one VIP slow or impossible, in words; empty when nothing does. */
export function slownessOf(config: Config, vip: VipConfig, realtime: boolean): string[] {
  const [first, ...backups] = vip.prefer;
  if (first === undefined) return [];
  const unwatched = config.proxy === undefined ? ['no proxy is watched: a dead one moves nothing; write "proxy"'] : [];
  if (backups.length === 0) {
    return [...unwatched, `only ${first} may hold it: nobody takes over; list another node in "prefer"`];
  }
  return [
    ...unwatched,
    ...silenceWarnings(config, vip),
    ...loweringWarnings(vip),
    ...skewWarnings(vip, backups),
    ...(realtime ? [] : intervalWarnings(vip)),
    ...leaseWarnings(vip),
  ];
}

function intervalWarnings({ interval }: VipConfig): string[] {
  if (interval >= SHORT_INTERVAL) return [];
  const need = `an interval of ${say(interval)} needs real-time scheduling`;
  return [`${need}: a host that gets no processor time for ${say(3 * interval)} is taken for lost`];
}

function leaseWarnings({ lease }: VipConfig): string[] {
  if (lease <= LONG_LEASE) return [];
  return [`a lease of ${lease} s: a killed or frozen daemon leaves two holders for up to ${lease + 1} s`];
}

function silenceWarnings(config: Config, vip: VipConfig): string[] {
  const { version, interval, lease, prefer } = vip;
  const worstOf = (fault: Fault): number =>
    forecastFault(fault, config, vip, prefer[0] ?? '', prefer[1]).outage?.worst ?? 0;
  const warnings: string[] = [];
  const worst = worstOf('host-lost');
  if (worst > LONG_SILENCE) {
    const cause = version === 2 ? `version 2 at ${say(interval)}` : `an interval of ${say(interval)}`;
    const remedy = version === 2 ? 'version 3 at 200ms takes 0.6 s' : 'the default of 200ms takes 0.6 s';
    warnings.push(`${cause}: a lost host costs up to ${say(worst)}; ${remedy}`);
  }
  const gap = worstOf('daemon-killed');
  if (gap > LONG_GAP) {
    const needed = lease + Math.ceil(gap / 1000);
    warnings.push(
      `a lease of ${lease} s ends before the other node takes over: a killed daemon costs up to ${say(gap)}; "lease: ${needed}s" closes the gap`,
    );
  }
  return warnings;
}

function loweringWarnings({ onFailure, preempt, preemptFast, preemptDelay, interval }: VipConfig): string[] {
  if (onFailure.reaction !== 'lower') return [];
  const warnings: string[] = [];
  if (!preempt)
    warnings.push('"on_failure: lower" with "preempt: false": a dead proxy moves nothing; write "on_failure: resign"');
  if (!preemptFast) {
    warnings.push(
      `"on_failure: lower" without "preempt_fast": a dead proxy costs three intervals, ${say(3 * interval)}`,
    );
  }
  if (preemptDelay > 0) {
    warnings.push(
      `"preempt_delay" also delays a take-over from a lowered node: a dead proxy costs ${say(preemptDelay)} more`,
    );
  }
  return warnings;
}

function skewWarnings(vip: VipConfig, backups: readonly string[]): string[] {
  const skewOf = (node: string): Milliseconds => skewTime(vip.version, priorityOf(vip, node), vip.interval);
  const slow = backups.find((node) => skewOf(node) > LONG_SKEW);
  if (slow === undefined) return [];
  const why = `priority ${priorityOf(vip, slow)} of ${slow} makes every take-over ${say(skewOf(slow))} slower`;
  return [`${why}; "prefer" derives 254, 253, ...`];
}

/** A time for people, with three significant digits at most. */
function say(time: Milliseconds | number): string {
  const [value, unit] = time < 1000 ? [time, 'ms'] : [time / 1000, 's'];
  return `${Number(value.toPrecision(3))} ${unit}`;
}
