/**
 * One virtual router: RFC 9568 section 6.4 as a pure function.
 *
 * Theory of operation. `step` takes the configuration, the state and one event, and returns the next state and what
 * is to be done about it. It reads no clock: every event carries `at`. It holds no timer: a timer is a deadline in the
 * state, and `deadline` tells when the next `tick` is due. It touches no socket: actions are data, performed in order
 * by the engine, and what becomes of them comes back as events. Whoever drives it must drain before it elects: every
 * datagram that is readable is stepped before an expired deadline is.
 *
 * Rules. Everything that changes an election is in this file. States are outside, events inside, in the order of the
 * RFC. What a peer sent can never throw; it reaches this file only after `receive` has accepted it.
 *
 * Beyond the RFC there are four things, each marked below: the stance (a host with a dead proxy resigns, lowers its
 * priority or stands aside), preempt_delay (keepalived's), preempt_fast, and stepping down after a stall.
 */
import { after } from '../wire/units.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';
import { FLOOR, givesWay, mayPreempt, OWNER, RESIGNED } from './priority.ts';
import type {
  Action,
  Active,
  Backup,
  Heard,
  Initialize,
  Reason,
  RouterConfig,
  RouterEvent,
  RouterState,
  Stance,
  Step,
} from './state.ts';
import { activeDownInterval, skewTime } from './timers.ts';

/** The state of a router that has not been started. */
export const initialState = (at: Instant): Initialize => ({
  name: 'initialize',
  priority: 0,
  since: at,
  reason: 'not-started',
});

/** When the next `tick` is due; `undefined` when no timer runs. */
export function deadline(state: RouterState): Instant | undefined {
  switch (state.name) {
    case 'initialize':
      return undefined;
    case 'backup':
      return state.activeDownAt;
    case 'active':
      return state.advertAt;
  }
}

/** Applies one event. Pure and total: it never throws, and an event that means nothing in a state changes nothing. */
export function step(config: RouterConfig, state: RouterState, event: RouterEvent): Step {
  switch (state.name) {
    case 'initialize':
      return stepInitialize(config, state, event);
    case 'backup':
      return stepBackup(config, state, event);
    case 'active':
      return stepActive(config, state, event);
  }
}

/** RFC 9568 6.4.1. */
function stepInitialize(config: RouterConfig, state: Initialize, event: RouterEvent): Step {
  switch (event.type) {
    case 'startup':
      return start(config, state, event.at, event.stance);
    case 'stance':
      // Only a router that stands aside for its proxy comes back by its stance; a fault needs a startup.
      return state.reason === 'proxy-failure' ? start(config, state, event.at, event.stance) : stay(state);
    case 'fault':
      return stay({ ...state, reason: 'fault', since: state.reason === 'fault' ? state.since : event.at });
    case 'shutdown':
    case 'advertisement':
    case 'tick':
    case 'stalled':
    case 'reconfigured':
      return stay(state);
  }
}

function start(config: RouterConfig, state: Initialize, at: Instant, stance: Stance): Step {
  if (stance.kind === 'out') {
    return stay({
      name: 'initialize',
      priority: 0,
      since: state.reason === 'proxy-failure' ? state.since : at,
      reason: 'proxy-failure',
    });
  }
  const priority = standing(stance);
  // (115) The address owner does not wait.
  if (priority === OWNER) return becomeActive(config, priority, at, 'owner');
  return stay(backup(config, priority, at, 'startup', config.interval, undefined));
}

/** RFC 9568 6.4.2. */
function stepBackup(config: RouterConfig, state: Backup, event: RouterEvent): Step {
  switch (event.type) {
    case 'shutdown':
      return stay(initialize(event.at, 'shutdown'));
    case 'fault':
      return stay(initialize(event.at, 'fault'));
    case 'tick':
      if (event.at < state.activeDownAt) return stay(state);
      return becomeActive(config, state.priority, event.at, state.pending);
    case 'advertisement':
      return stay(hear(config, state, event.at, event.heard));
    case 'stance':
      if (event.stance.kind === 'out') return stay(initialize(event.at, 'proxy-failure'));
      return stay(restand(config, state, event.at, standing(event.stance)));
    case 'stalled':
      // While the host was away nobody was listened to, so the silence proves nothing: wait once more.
      return stay({
        ...state,
        activeDownAt: after(event.at, activeDown(config, state.priority, state.activeInterval)),
      });
    case 'reconfigured':
    case 'startup':
      return stay(state);
  }
}

/** RFC 9568 6.4.2 (420) to (475): a backup hears an advertisement. */
function hear(config: RouterConfig, state: Backup, at: Instant, heard: Heard): Backup {
  if (heard.priority === RESIGNED) {
    const skew = skewTime(config.version, state.priority, state.activeInterval);
    return { ...state, heard, activeDownAt: after(at, skew), pending: 'active-router-resigned', preemptAt: undefined };
  }
  if (!mayPreempt(config.preempt, state.priority, heard.priority)) {
    return { ...follow(config, state, at, heard), preemptAt: undefined };
  }
  // preempt_delay: follow the lower active router until the delay, counted from its first advertisement, is over.
  // A router at the floor is relieved at once.
  const preemptAt = state.preemptAt ?? after(at, config.preemptDelay);
  if (at < preemptAt && heard.priority !== FLOOR) return { ...follow(config, state, at, heard), preemptAt };
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

/** Accepts the active router: learns its interval and restarts Active_Down_Timer. */
function follow(config: RouterConfig, state: Backup, at: Instant, heard: Heard): Backup {
  const activeDownAt = after(at, activeDown(config, state.priority, heard.interval));
  return { ...state, heard, activeDownAt, activeInterval: heard.interval, pending: 'active-router-silent' };
}

/**
 * A backup whose own priority changed: the timer keeps its start and takes the new skew time. A preemption that was
 * under way on the old, higher priority is off: it has to be earned again.
 */
function restand(config: RouterConfig, state: Backup, at: Instant, priority: number): Backup {
  if (priority === state.priority) return state;
  if (priority < state.priority && state.pending === 'preempted-lower-priority') {
    const activeDownAt = after(at, activeDown(config, priority, state.activeInterval));
    return { ...state, priority, activeDownAt, pending: 'active-router-silent', preemptAt: undefined };
  }
  const { version } = config;
  const change =
    skewTime(version, priority, state.activeInterval) - skewTime(version, state.priority, state.activeInterval);
  return { ...state, priority, activeDownAt: after(state.activeDownAt, change as Milliseconds) };
}

/** RFC 9568 6.4.3. */
function stepActive(config: RouterConfig, state: Active, event: RouterEvent): Step {
  switch (event.type) {
    case 'shutdown':
      return letGo(initialize(event.at, 'shutdown'));
    case 'fault':
      // The interface carries nothing any more, so there is nobody to send a priority 0 to.
      return { state: initialize(event.at, 'fault'), actions: [{ type: 'removeAddresses' }] };
    case 'tick':
      if (event.at < state.advertAt) return stay(state);
      return {
        state: { ...state, advertAt: nextAdvert(config, state, event.at) },
        actions: [advertise(state.priority)],
      };
    case 'advertisement':
      return contend(config, state, event.at, event.heard);
    case 'stance':
      return restandActive(config, state, event.at, event.stance);
    case 'stalled':
      // The kernel has dropped the addresses and a peer may hold them: listen first, preempt afterwards.
      return {
        state: backup(config, state.priority, event.at, 'stalled', config.interval, undefined),
        actions: [{ type: 'removeAddresses' }],
      };
    case 'reconfigured':
      return {
        state: { ...state, advertAt: after(event.at, config.interval) },
        actions: [advertise(state.priority), { type: 'addAddresses' }],
      };
    case 'startup':
      return stay(state);
  }
}

/** RFC 9568 6.4.3 (705) to (775): an active router hears an advertisement. */
function contend(config: RouterConfig, state: Active, at: Instant, heard: Heard): Step {
  if (heard.priority === RESIGNED) {
    return { state: { ...state, advertAt: after(at, config.interval) }, actions: [advertise(state.priority)] };
  }
  const own = { priority: state.priority, source: config.source };
  if (givesWay(own, heard)) {
    const reason = heard.priority > state.priority ? 'higher-priority' : 'higher-address';
    return {
      state: backup(config, state.priority, at, reason, heard.interval, heard),
      actions: [{ type: 'removeAddresses' }],
    };
  }
  // RFC 9568 answers at once, so that the other router and the learning bridges see who is active; RFC 3768 6.4.3
  // discards. Either way the other router has told the neighbours that the addresses are its own.
  const conflict: Action = { type: 'announceAddresses', cause: 'conflict' };
  return { state, actions: config.version === 3 ? [advertise(state.priority), conflict] : [conflict] };
}

function restandActive(config: RouterConfig, state: Active, at: Instant, stance: Stance): Step {
  switch (stance.kind) {
    case 'out':
      return letGo(initialize(at, 'proxy-failure'));
    case 'resign':
      // A router that is already at the floor is active because nobody better is there: it has nothing to let go of.
      if (state.priority === FLOOR) return stay(state);
      return letGo(backup(config, FLOOR, at, 'proxy-failure', config.interval, undefined));
    case 'stand':
      if (stance.priority === state.priority) return stay(state);
      // A changed priority is told at once, never at the next interval.
      return {
        state: { ...state, priority: stance.priority, advertAt: after(at, config.interval) },
        actions: [advertise(stance.priority)],
      };
  }
}

function becomeActive(config: RouterConfig, priority: number, at: Instant, reason: Reason): Step {
  return {
    state: { name: 'active', priority, since: at, reason, advertAt: after(at, config.interval) },
    actions: [advertise(priority), { type: 'addAddresses' }, { type: 'announceAddresses', cause: 'takeover' }],
  };
}

const letGo = (state: Initialize | Backup): Step => ({
  state,
  actions: [advertise(RESIGNED), { type: 'removeAddresses' }],
});

function backup(
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

const initialize = (at: Instant, reason: Reason): Initialize => ({
  name: 'initialize',
  priority: 0,
  since: at,
  reason,
});

const stay = (state: RouterState): Step => ({ state, actions: [] });

const advertise = (priority: number): Action => ({ type: 'sendAdvertisement', priority });

const standing = (stance: Exclude<Stance, { kind: 'out' }>): number =>
  stance.kind === 'resign' ? FLOOR : stance.priority;

const activeDown = (config: RouterConfig, priority: number, interval: Milliseconds): Milliseconds =>
  activeDownInterval(config.version, priority, interval);

/** Keeps the cadence, so that lateness does not add up; starts a new one when a whole interval was missed. */
function nextAdvert(config: RouterConfig, state: Active, at: Instant): Instant {
  const next = after(state.advertAt, config.interval);
  return next > at ? next : after(at, config.interval);
}
