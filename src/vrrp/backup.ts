import { after, milliseconds } from '../wire/units.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';
import { FLOOR, mayPreempt, OWNER, RESIGNED } from './priority.ts';
import type { Backup, Heard, Reason, RouterConfig } from './state.ts';
import { activeDownInterval, skewTime } from './timers.ts';

/**
 * A backup and its one timer: how Active_Down_Timer is started, restarted and shortened while the router stays a backup
 * (RFC 9568 6.4.2). Nothing here leaves the state; `router.ts` does, when the timer fires.
 */

/** A backup that has just become one: it waits a whole Active_Down_Interval (RFC 9568 6.4.1, 6.4.3). */
export function backup(
  config: RouterConfig,
  priority: number,
  at: Instant,
  reason: Reason,
  activeInterval: Milliseconds,
  heard: Heard | undefined,
): Backup {
  return {
    name: 'backup',
    priority,
    since: at,
    reason,
    activeInterval,
    heard,
    activeDownAt: after(at, activeDown(config, priority, activeInterval)),
    pending: heard === undefined ? 'no-active-router' : 'active-router-silent',
    preemptAt: undefined,
  };
}

/** RFC 9568 6.4.2: a backup hears an advertisement. */
export function hear(config: RouterConfig, state: Backup, at: Instant, heard: Heard): Backup {
  if (heard.priority === RESIGNED) {
    const skew = skewTime(config.version, state.priority, state.activeInterval);
    return { ...state, heard, activeDownAt: after(at, skew), pending: 'active-router-resigned', preemptAt: undefined };
  }
  if (!mayPreempt(config.preempt, state.priority, heard.priority)) {
    return { ...follow(config, state, at, heard), preemptAt: undefined };
  }
  // A lower router talks while a better one than us is active: its timer decides, as the RFC has it.
  if (followsBetter(state, heard)) return state;
  // preempt_delay: follow the lower active router until the delay, counted from its first advertisement, is over.
  // A router at the floor is relieved at once, and the address owner never waits.
  const preemptAt = state.preemptAt ?? after(at, config.preemptDelay);
  const waits = heard.priority !== FLOOR && state.priority !== OWNER;
  if (waits && at < preemptAt) return { ...follow(config, state, at, heard), preemptAt };
  // The RFC discards the advertisement and lets the timer run out. preempt_fast shortens the rest to one skew time.
  const fastAt = after(at, skewTime(config.version, state.priority, state.activeInterval));
  const shortened = config.preemptFast && fastAt < state.activeDownAt;
  return {
    ...state,
    heard,
    preemptAt,
    pending: 'preempted-lower-priority',
    activeDownAt: shortened ? fastAt : state.activeDownAt,
  };
}

/** Whether the active router that is being waited for is another than the one heard, and at least as good as we are. */
function followsBetter(state: Backup, heard: Heard): boolean {
  const { heard: last } = state;
  return last !== undefined && last.source !== heard.source && last.priority >= state.priority;
}

/** Accepts the active router: learns its interval and restarts Active_Down_Timer. */
function follow(config: RouterConfig, state: Backup, at: Instant, heard: Heard): Backup {
  const activeDownAt = after(at, activeDown(config, state.priority, heard.interval));
  return { ...state, heard, activeDownAt, activeInterval: heard.interval, pending: 'active-router-silent' };
}

/**
 * A backup whose own priority changed: the timer keeps its start and takes the new skew time. A preemption that was
 * under way on the old, higher priority is off: it has to be earned again.
 */
export function restand(config: RouterConfig, state: Backup, at: Instant, priority: number): Backup {
  if (priority === state.priority) return state;
  if (priority < state.priority && state.pending === 'preempted-lower-priority') {
    const activeDownAt = after(at, activeDown(config, priority, state.activeInterval));
    return { ...state, priority, activeDownAt, pending: 'active-router-silent', preemptAt: undefined };
  }
  const { version } = config;
  const change =
    skewTime(version, priority, state.activeInterval) - skewTime(version, state.priority, state.activeInterval);
  const activeDownAt = after(state.activeDownAt, milliseconds(change));
  return { ...state, priority, activeDownAt: activeDownAt < at ? at : activeDownAt };
}

/** Forgets what was under way and waits a whole Active_Down_Interval for the active router to be heard. */
export function waitAgain(config: RouterConfig, state: Backup, at: Instant, activeInterval: Milliseconds): Backup {
  return {
    ...state,
    activeInterval,
    activeDownAt: after(at, activeDown(config, state.priority, activeInterval)),
    pending: state.heard === undefined ? 'no-active-router' : 'active-router-silent',
    preemptAt: undefined,
  };
}

/**
 * A backup that wanted to become active and could not say so. A router that nobody hears must not hold the addresses:
 * its lease would never be renewed, and it would take them and lose them in turns. It asks again when its timer fires.
 */
export function muted(config: RouterConfig, state: Backup, at: Instant): Backup {
  const since = state.reason === 'mute' ? state.since : at;
  return { ...waitAgain(config, state, at, state.activeInterval), reason: 'mute', since };
}

/**
 * A reload. Active_Adver_Interval is our own interval in version 2, and in version 3 until an active router was heard;
 * where it changes, the timer that ran on it starts again.
 */
export function reconfigure(config: RouterConfig, state: Backup, at: Instant): Backup {
  const learned = config.version === 3 && state.heard !== undefined;
  const activeInterval = learned ? state.activeInterval : config.interval;
  return activeInterval === state.activeInterval ? state : waitAgain(config, state, at, activeInterval);
}

const activeDown = (config: RouterConfig, priority: number, interval: Milliseconds): Milliseconds =>
  activeDownInterval(config.version, priority, interval);
