/**
 * One virtual router: RFC 9568 section 6.4 as a pure function.
 *
 * Theory of operation. `step` takes the configuration, the state and one event, and returns the next state and what
 * is to be done about it. It reads no clock: every event carries `at`. It holds no timer: a timer is a deadline in the
 * state, and `deadline` tells when the next `tick` is due. It touches no socket: actions are data, performed in order
 * by the engine, and what becomes of them comes back as events. Whoever drives it must drain before it elects: every
 * datagram that is readable is stepped before an expired deadline is.
 *
 * Rules. Every transition is in this file; what a backup does with its timer while it stays one is in `backup.ts`.
 * States are outside, events inside, in the order of the RFC. What a peer sent can never throw; it reaches this file
 * only after `receive` has accepted it.
 *
 * Beyond the RFC there are seven things: the stance (a host with a dead proxy resigns, lowers its priority or stands
 * aside), preempt_delay (keepalived's), preempt_fast, stepping down after a stall, staying a backup while nothing can be
 * sent, adopting the addresses of a former run, and the parting advertisement of an active router that gives way.
 */
import { after } from '../wire/units.ts';
import type { Instant } from '../wire/units.ts';
import { backup, hear, muted, reconfigure, restand, waitAgain } from './backup.ts';
import { FLOOR, givesWay, OWNER, RESIGNED } from './priority.ts';
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
    case 'adopt':
      // Nobody else had the time to take over, and if somebody did, the next advertisement decides. A host whose proxy
      // is dead by now lets go of what the former run has left.
      if (event.stance.kind !== 'stand') return letGo(start(config, state, event.at, event.stance).state);
      return becomeActive(config, event.stance.priority, event.at, 'adopted');
    case 'stance':
      // Only a router that stands aside for its proxy comes back by its stance; a fault needs a startup.
      return state.reason === 'proxy-failure' ? start(config, state, event.at, event.stance) : stay(state);
    case 'fault':
      return stay({ ...state, reason: 'fault', since: state.reason === 'fault' ? state.since : event.at });
    case 'mute':
      // What a former run has left would have been adopted. Nobody can be told of it, so it goes.
      return {
        state: backup(config, event.priority, event.at, 'mute', config.interval, undefined),
        actions: [{ type: 'removeAddresses' }],
      };
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
  // The address owner does not wait.
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
      // The address owner does not wait, as at its start (6.4.1).
      if (standing(event.stance) === OWNER && state.priority !== OWNER) {
        return becomeActive(config, OWNER, event.at, 'owner');
      }
      return stay(restand(config, state, event.at, standing(event.stance)));
    case 'stalled':
      // While the host was away nobody was listened to, so the silence proves nothing: wait once more.
      return stay(waitAgain(config, state, event.at, state.activeInterval));
    case 'mute':
      return stay(muted(config, state, event.at));
    case 'reconfigured':
      return stay(reconfigure(config, state, event.at));
    case 'startup':
    case 'adopt':
      return stay(state);
  }
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
        actions: [advertise(state.priority), { type: 'addAddresses' }, announce('takeover')],
      };
    case 'mute':
    case 'startup':
    case 'adopt':
      return stay(state);
  }
}

/**
 * RFC 9568 6.4.3: an active router hears an advertisement. Whoever sends one has told the neighbours that the addresses
 * are its own, so a router that stays active tells them again.
 */
function contend(config: RouterConfig, state: Active, at: Instant, heard: Heard): Step {
  if (heard.priority === RESIGNED) {
    return {
      state: { ...state, advertAt: after(at, config.interval) },
      actions: [advertise(state.priority), announce('conflict')],
    };
  }
  const own = { priority: state.priority, source: config.source };
  if (givesWay(own, heard)) {
    const reason = heard.priority > state.priority ? 'higher-priority' : 'higher-address';
    // One parting advertisement, as if the timer had fired just before: without it the better router would never learn
    // that there were two, and neighbours that know us as the holder would keep sending here after a partition heals.
    return {
      state: backup(config, state.priority, at, reason, heard.interval, heard),
      actions: [advertise(state.priority), { type: 'removeAddresses' }],
    };
  }
  // RFC 9568 answers at once, so that the other router and the learning bridges see who is active; RFC 3768 6.4.3
  // discards.
  const answer = config.version === 3 ? [advertise(state.priority)] : [];
  return { state, actions: [...answer, announce('conflict')] };
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
    actions: [advertise(priority), { type: 'addAddresses' }, announce('takeover')],
  };
}

const letGo = (state: RouterState): Step => ({
  state,
  actions: [advertise(RESIGNED), { type: 'removeAddresses' }],
});

const initialize = (at: Instant, reason: Reason): Initialize => ({
  name: 'initialize',
  priority: 0,
  since: at,
  reason,
});

const stay = (state: RouterState): Step => ({ state, actions: [] });

const advertise = (priority: number): Action => ({ type: 'sendAdvertisement', priority });

const announce = (cause: 'takeover' | 'conflict'): Action => ({ type: 'announceAddresses', cause });

const standing = (stance: Exclude<Stance, { kind: 'out' }>): number =>
  stance.kind === 'resign' ? FLOOR : stance.priority;

/** Keeps the cadence, so that lateness does not add up; starts a new one when a whole interval was missed. */
function nextAdvert(config: RouterConfig, state: Active, at: Instant): Instant {
  const next = after(state.advertAt, config.interval);
  return next > at ? next : after(at, config.interval);
}
