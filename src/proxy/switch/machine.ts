/**
 * The switch from one proxy to another as a pure state machine: `step(plan, state, event)` gives the next state and what
 * is to be done for it. It knows no clock, no process and no disk; each event carries its time, a state says until when
 * it lasts, and whoever drives it writes the state's phase down before he does anything for it.
 *
 *   validating -> sharing -> starting -> probing -> baking -> draining -> switched
 *        |           |           \          |         /          |
 *     refused     refused         +---> ending -> rolled back    +-> restoring -> rolled back
 *
 * Where this program keeps both proxies, `committing` stands for `draining`: it is recorded that the new one is the proxy,
 * and the keeper drains the old one. What cannot be recorded has not happened, and the new one is ended.
 *
 * Its one rule: the old proxy is told nothing until the new one has answered through the listener and has lived for the
 * bake time beside it. Up to there, going back is ending the new one, and no client notices. Behind it the new one serves
 * alone, and only its death brings the old one back, which is then started anew.
 */
import { after, milliseconds } from '../../wire/units.ts';
import type { Instant } from '../../wire/units.ts';
import type { Phase, SwitchAction, SwitchEvent, SwitchOutcome, SwitchPlan, SwitchState, SwitchStep } from './state.ts';

/** Rounds of probes in a row that must be good, and that may be wrong. */
export const GOOD_ROUNDS = 2;
export const WRONG_ROUNDS = 3;

/** Until what could not be recorded is tried again. */
const AGAIN = milliseconds(1000);

export const INITIAL: SwitchState = { phase: 'validating' };

const stay = (state: SwitchState): SwitchStep => ({ state, actions: [] });

const done = (result: SwitchOutcome, reason: string, ...actions: SwitchAction[]): SwitchStep => ({
  state: { phase: 'done', result, reason },
  actions,
});

/** The next state. An event that means nothing in a state changes nothing. */
export function step(plan: SwitchPlan, state: SwitchState, event: SwitchEvent): SwitchStep {
  switch (state.phase) {
    case 'validating':
      if (event.type === 'begin') return { state, actions: ['validate'] };
      if (event.type !== 'validated') return stay(state);
      if (event.trouble !== undefined) return done('refused', event.trouble);
      return plan.sharing && plan.hasOld ? { state: { phase: 'sharing' }, actions: ['share'] } : STARTING;
    case 'sharing':
      if (event.type !== 'shared') return stay(state);
      return event.trouble === undefined ? STARTING : done('refused', event.trouble);
    case 'starting':
      return starting(plan, state, event);
    case 'probing':
      return probing(plan, state, event);
    case 'baking':
      return baking(plan, state, event);
    case 'committing':
      return committing(state, event);
    case 'draining':
      return draining(state, event);
    case 'ending':
      return ending(plan, state, event);
    case 'restoring':
      if (event.type === 'restored')
        return event.trouble === undefined
          ? done('rolled-back', state.reason, 'hand-back')
          : done('failed', `${state.reason}; and then: ${event.trouble}`, 'hand-back');
      return stay(state);
    case 'done':
      return stay(state);
  }
}

const STARTING: SwitchStep = { state: { phase: 'starting' }, actions: ['start'] };

/** An old one that dies meanwhile is a reason to go on. */
function starting(plan: SwitchPlan, state: SwitchState & { phase: 'starting' }, event: SwitchEvent): SwitchStep {
  if (event.type !== 'started') return stay(state);
  if (event.trouble !== undefined) return endNew(event.trouble);
  const until = after(event.at, plan.patience);
  return { state: { phase: 'probing', until, good: 0, wrong: 0 }, actions: ['watch-both', 'probe'] };
}

function probing(plan: SwitchPlan, state: SwitchState & { phase: 'probing' }, event: SwitchEvent): SwitchStep {
  if (event.type === 'gone' && event.who === 'new') return endNew(event.detail);
  if (event.type === 'tick' && event.at >= state.until) return endNew('it did not answer through the listener in time');
  if (event.type !== 'probed') return stay(state);
  const { answer, detail } = event;
  if (answer === 'good') {
    const good = state.good + 1;
    if (good < GOOD_ROUNDS) return { state: { ...state, good, wrong: 0 }, actions: ['probe'] };
    const until = after(event.at, plan.bake);
    return { state: { phase: 'baking', until, wrong: 0 }, actions: ['probe'] };
  }
  const wrong = answer === 'wrong' ? state.wrong + 1 : state.wrong;
  if (wrong >= WRONG_ROUNDS || event.at >= state.until) return endNew(detail);
  return { state: { ...state, good: 0, wrong }, actions: ['probe'] };
}

function baking(plan: SwitchPlan, state: SwitchState & { phase: 'baking' }, event: SwitchEvent): SwitchStep {
  // With the old one gone there is nobody to go back to; the new one has answered, and serves.
  if (event.type === 'gone') return event.who === 'new' ? endNew(event.detail) : drain(plan, event.at, true);
  if (event.type === 'tick' && event.at >= after(state.until, plan.patience)) {
    return endNew('it does not answer through the listener any more');
  }
  if (event.type !== 'probed') return stay(state);
  // It has answered before: not to be reached is as bad as a wrong answer now, and only a good one ends the bake time.
  const wrong = event.answer === 'good' ? 0 : state.wrong + 1;
  if (wrong >= WRONG_ROUNDS) return endNew(event.detail);
  const isDone = event.answer === 'good' && event.at >= state.until;
  return isDone ? drain(plan, event.at, !plan.hasOld) : { state: { ...state, wrong }, actions: ['probe'] };
}

function drain(plan: SwitchPlan, at: Instant, isAlone: boolean): SwitchStep {
  if (plan.isKept) {
    return { state: { phase: 'committing', until: undefined, isAlone, trouble: undefined }, actions: ['commit-new'] };
  }
  return {
    state: { phase: 'draining', until: after(at, plan.drain), isForced: false },
    actions: ['hand-over', 'drain-old'],
  };
}

function committing(state: SwitchState & { phase: 'committing' }, event: SwitchEvent): SwitchStep {
  const isDue = event.type === 'tick' && state.until !== undefined && event.at >= state.until;
  if (isDue) return { state: { ...state, until: undefined }, actions: ['commit-new'] };
  if (event.type === 'gone' && event.who === 'old')
    return state.isAlone ? stay(state) : { state: { ...state, isAlone: true }, actions: [] };
  if (event.type === 'gone') return endNew(event.detail);
  if (event.type !== 'committed') return stay(state);
  const { trouble } = event;
  if (trouble === undefined) return done('switched', '', 'hand-over', 'commit');
  return state.isAlone ? stay({ ...state, until: after(event.at, AGAIN), trouble }) : endNew(trouble);
}

function draining(state: SwitchState & { phase: 'draining' }, event: SwitchEvent): SwitchStep {
  if (event.type === 'gone' && event.who === 'old') return done('switched', '', 'commit');
  if (event.type === 'gone') return restore(event.detail);
  if (event.type !== 'tick' || event.at < state.until || state.isForced) return stay(state);
  return { state: { ...state, isForced: true }, actions: ['end-old'] };
}

/** Nothing that happens to the new one any more is of interest; the old one serves. */
const endNew = (reason: string): SwitchStep => ({ state: { phase: 'ending', reason }, actions: ['end-new'] });

const restore = (reason: string): SwitchStep => ({ state: { phase: 'restoring', reason }, actions: ['restore-old'] });

function ending(plan: SwitchPlan, state: SwitchState & { phase: 'ending' }, event: SwitchEvent): SwitchStep {
  if (event.type === 'gone' && event.who === 'old' && plan.hasOld) return restore(state.reason);
  if (event.type !== 'ended') return stay(state);
  return event.trouble === undefined
    ? done('rolled-back', state.reason, 'hand-back')
    : done('failed', `${state.reason}; and then: ${event.trouble}`, 'hand-back');
}

/**
 * What to do instead when a phase could not be written down: before it, nothing has been done for it. `undefined` for a
 * way back, and where there is none any more: these go on all the same.
 */
export function abandon(state: SwitchState, reason: string): SwitchStep | undefined {
  switch (state.phase) {
    case 'validating':
    case 'sharing':
    case 'starting':
      return done('refused', reason);
    case 'probing':
    case 'baking':
    case 'draining':
      return endNew(reason);
    case 'committing':
      // To end the only one that serves would help nobody; the record that counts is the keeper's.
      return state.isAlone ? undefined : endNew(reason);
    default:
      return undefined;
  }
}

/** Until when a state lasts without an event; `undefined` for as long as it takes. */
export const deadline = (state: SwitchState): Instant | undefined =>
  'until' in state && !(state.phase === 'draining' && state.isForced) ? state.until : undefined;

/**
 * Where a switch goes on that was interrupted in a phase: with what is alive of both now, and whether the old one is
 * another process than the one that was switched from. An interruption before the old
 * one was told to leave goes back; afterwards the new one stays, unless it is dead.
 */
export function resume(
  plan: SwitchPlan,
  phase: Phase,
  alive: { readonly old: boolean; readonly new: boolean; readonly isOther?: boolean },
  at: Instant,
): SwitchStep {
  const reason = `vipair ended in the middle (${phase})`;
  switch (phase) {
    case 'validating':
    case 'sharing':
      return done('rolled-back', reason, 'hand-back');
    case 'starting':
    case 'probing':
    case 'baking':
    case 'committing':
      if (alive.old) return endNew(reason);
      return alive.new ? done('switched', reason, 'hand-over', 'commit') : restore(reason);
    case 'ending':
      return alive.old ? endNew(reason) : restore(reason);
    case 'draining':
      // After a boot another one may serve that nobody has told to leave.
      if (!alive.new && alive.old && alive.isOther === true) return done('rolled-back', reason, 'hand-back');
      if (!alive.new) return restore(reason);
      return alive.old ? drain(plan, at, false) : done('switched', reason, 'hand-over', 'commit');
    case 'restoring':
      // Alive is then one that was started since, not the one that was told to leave.
      return alive.old ? done('rolled-back', reason, 'hand-back') : restore(reason);
    case 'done':
      return done('switched', reason, 'hand-over', 'commit');
  }
}
