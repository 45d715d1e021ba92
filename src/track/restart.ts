import { after, between, milliseconds } from '../wire/units.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';

/**
 * When to restart something that is sick, when to stop trying, and when it is back. Pure: what is seen comes in as
 * events with their times, commands to run go out as actions, and the time to be called next is in the state.
 *
 * Only looks decide. A command's exit code says whether it did its work, never whether the thing runs: a restart that
 * ends with 0 and leaves nothing behind has failed, and one that complains and brings it up has not. Attempts are
 * forgotten only after a while of being well, so that what dies again a few seconds after each restart is given up as
 * well. After that the looks go on; what somebody has mended is noticed, and gets all its attempts again.
 */
export interface RestartPolicy {
  /** Restarts before it is given up, 0 to 100. With 0 the last resort comes at once. */
  readonly attempts: number;
  /** Between a restart that failed and the next; doubled each time. The first comes at once. */
  readonly backoff: Milliseconds;
  /** What the doubling ends at. */
  readonly longestBackoff: Milliseconds;
  /** How long after its end a restart may take to show. */
  readonly verify: Milliseconds;
  /** How long it has to be well before its attempts are forgotten, and before it is taken back after it was given up. */
  readonly settle: Milliseconds;
  /** Whether there is something to run when it is given up, and when it is back after that. */
  readonly lastResort: boolean;
  readonly back: boolean;
}

/** What is run. */
export type RestartCommand = 'restart' | 'last-resort' | 'back';

export type RestartState =
  | { readonly name: 'watching' }
  /** It is sick, and the attempt begins at `until`. */
  | { readonly name: 'waiting'; readonly attempt: number; readonly until: Instant }
  | { readonly name: 'restarting'; readonly attempt: number }
  /** The command has ended. After one that failed, the first bad look is enough. */
  | {
      readonly name: 'verifying';
      readonly attempt: number;
      readonly since: Instant;
      readonly until: Instant;
      readonly failed: boolean;
    }
  /** It came up; at `until` its attempts are forgotten. */
  | { readonly name: 'settling'; readonly attempt: number; readonly until: Instant }
  | { readonly name: 'resorting'; readonly tries: number }
  /** The last resort failed and is run again at `until`. */
  | { readonly name: 'resort-failed'; readonly tries: number; readonly until: Instant }
  | { readonly name: 'given-up' }
  /** It is well after it was given up; at `until` it is taken back. */
  | { readonly name: 'returning'; readonly until: Instant; readonly resorted: boolean }
  | { readonly name: 'backing'; readonly tries: number }
  | { readonly name: 'back-failed'; readonly tries: number; readonly until: Instant };

/**
 * What happened. A look is told each time, not only when its result changes: `well` and `sick` are what `rise` and
 * `fall` looks have made certain, `unsure` is everything between. `ended` is the end of what the last `run` began.
 */
export type RestartEvent = { readonly at: Instant } & (
  | { readonly type: 'look'; readonly health: 'well' | 'sick' | 'unsure' }
  | { readonly type: 'ended'; readonly good: boolean }
  | { readonly type: 'tick' }
);

export type RestartAction =
  /** Run it; its end is to be told. `number` counts from 1. Looks begin anew: nothing seen before counts after it. */
  | { readonly type: 'run'; readonly command: RestartCommand; readonly number: number }
  | { readonly type: 'tell'; readonly news: RestartNews };

/** What is worth a line in a log. */
export type RestartNews =
  | { readonly type: 'came-up'; readonly attempt: number; readonly took: Milliseconds }
  /** `next` is the time until the next attempt; `undefined` when there is none. */
  | { readonly type: 'not-up'; readonly attempt: number; readonly next: Milliseconds | undefined }
  | { readonly type: 'gave-up'; readonly attempts: number }
  /** Well for long enough, or by itself. */
  | { readonly type: 'recovered' }
  /** Well after it was given up, and to be taken back in this time if it stays so. */
  | { readonly type: 'returning'; readonly within: Milliseconds }
  | { readonly type: 'sick-again' };

export interface RestartStep {
  readonly state: RestartState;
  readonly actions: readonly RestartAction[];
}

export const watching: RestartState = { name: 'watching' };

/** What follows from an event. An event that means nothing in a state changes nothing. */
export function restartStep(policy: RestartPolicy, state: RestartState, event: RestartEvent): RestartStep {
  switch (event.type) {
    case 'look':
      return look(policy, state, event.health, event.at);
    case 'ended':
      return ended(policy, state, event.good, event.at);
    case 'tick':
      return tick(policy, state, event.at);
  }
}

/** When to come with the next `tick`; `undefined` when only other events matter. */
export const restartDeadline = (state: RestartState): Instant | undefined =>
  'until' in state ? state.until : undefined;

/** Whether a command runs whose end is awaited. */
export const isRunning = ({ name }: RestartState): boolean =>
  name === 'restarting' || name === 'resorting' || name === 'backing';

/** The pause before an attempt, or before a command is run again: none before the first. */
export const backoffBefore = ({ backoff, longestBackoff }: RestartPolicy, number: number): Milliseconds =>
  milliseconds(number <= 1 ? 0 : Math.min(backoff * 2 ** (number - 2), longestBackoff));

/** `tries` has failed; how long until it is run again. */
const pause = (policy: RestartPolicy, tries: number): Milliseconds => backoffBefore(policy, tries + 1);

const stay = (state: RestartState): RestartStep => ({ state, actions: [] });

const run = (state: RestartState, command: RestartCommand, number: number, news?: RestartNews): RestartStep => ({
  state,
  actions: [...(news === undefined ? [] : [{ type: 'tell', news } as const]), { type: 'run', command, number }],
});

const tell = (state: RestartState, news: RestartNews): RestartStep => ({ state, actions: [{ type: 'tell', news }] });

function look(
  policy: RestartPolicy,
  state: RestartState,
  health: 'well' | 'sick' | 'unsure',
  at: Instant,
): RestartStep {
  if (health === 'unsure') return stay(state);
  const isWell = health === 'well';
  switch (state.name) {
    case 'watching':
      return isWell ? stay(state) : attempt(policy, 1, at);
    case 'waiting':
      return isWell ? settle(policy, state.attempt - 1, at) : stay(state);
    case 'verifying':
      if (!isWell) return state.failed ? notUp(policy, state.attempt, at) : stay(state);
      return tell(
        { name: 'settling', attempt: state.attempt, until: after(at, policy.settle) },
        { type: 'came-up', attempt: state.attempt, took: between(state.since, at) },
      );
    case 'settling':
      return isWell ? stay(state) : again(policy, state.attempt, at);
    case 'given-up':
    case 'resort-failed':
      return isWell ? returning(policy, state.name === 'given-up', at) : stay(state);
    case 'returning':
      if (isWell) return stay(state);
      return state.resorted ? tell({ name: 'given-up' }, { type: 'sick-again' }) : giveUp(policy, undefined);
    case 'back-failed':
      return isWell ? stay(state) : giveUp(policy, { type: 'sick-again' });
    case 'restarting':
    case 'resorting':
    case 'backing':
      // Whatever is seen while a command runs is what the command does.
      return stay(state);
  }
}

function ended(policy: RestartPolicy, state: RestartState, good: boolean, at: Instant): RestartStep {
  switch (state.name) {
    case 'restarting':
      return stay({
        name: 'verifying',
        attempt: state.attempt,
        since: at,
        until: after(at, policy.verify),
        failed: !good,
      });
    case 'resorting':
      if (good) return stay({ name: 'given-up' });
      return stay({ name: 'resort-failed', tries: state.tries, until: after(at, pause(policy, state.tries)) });
    case 'backing':
      if (good) return tell(watching, { type: 'recovered' });
      return stay({ name: 'back-failed', tries: state.tries, until: after(at, pause(policy, state.tries)) });
    case 'watching':
    case 'waiting':
    case 'verifying':
    case 'settling':
    case 'resort-failed':
    case 'given-up':
    case 'returning':
    case 'back-failed':
      return stay(state);
  }
}

function tick(policy: RestartPolicy, state: RestartState, at: Instant): RestartStep {
  if (!('until' in state) || at < state.until) return stay(state);
  switch (state.name) {
    case 'waiting':
      return run({ name: 'restarting', attempt: state.attempt }, 'restart', state.attempt);
    case 'verifying':
      return notUp(policy, state.attempt, at);
    case 'settling':
      return tell(watching, { type: 'recovered' });
    case 'resort-failed':
      return run({ name: 'resorting', tries: state.tries + 1 }, 'last-resort', state.tries + 1);
    case 'returning':
      return policy.back ? run({ name: 'backing', tries: 1 }, 'back', 1) : tell(watching, { type: 'recovered' });
    case 'back-failed':
      return run({ name: 'backing', tries: state.tries + 1 }, 'back', state.tries + 1);
  }
}

/** The attempt of this number, if there is one left: at once for the first, after its pause for the others. */
function attempt(policy: RestartPolicy, number: number, at: Instant): RestartStep {
  if (number > policy.attempts) return giveUp(policy, { type: 'gave-up', attempts: policy.attempts });
  if (number === 1) return run({ name: 'restarting', attempt: 1 }, 'restart', 1);
  return stay({ name: 'waiting', attempt: number, until: after(at, backoffBefore(policy, number)) });
}

/** It came up and did not stay well: the next attempt, of those that are left. */
function again(policy: RestartPolicy, last: number, at: Instant): RestartStep {
  const { state, actions } = attempt(policy, last + 1, at);
  return { state, actions: [{ type: 'tell', news: { type: 'sick-again' } }, ...actions] };
}

function notUp(policy: RestartPolicy, last: number, at: Instant): RestartStep {
  const { state, actions } = attempt(policy, last + 1, at);
  const next = last < policy.attempts ? backoffBefore(policy, last + 1) : undefined;
  return { state, actions: [{ type: 'tell', news: { type: 'not-up', attempt: last, next } }, ...actions] };
}

/** Well before the next attempt has begun: somebody else has mended it, or the last attempt was only slow. */
function settle(policy: RestartPolicy, last: number, at: Instant): RestartStep {
  const until = after(at, policy.settle);
  return tell({ name: 'settling', attempt: last, until }, { type: 'came-up', attempt: last, took: milliseconds(0) });
}

function giveUp(policy: RestartPolicy, news: RestartNews | undefined): RestartStep {
  if (policy.lastResort) return run({ name: 'resorting', tries: 1 }, 'last-resort', 1, news);
  return news === undefined ? stay({ name: 'given-up' }) : tell({ name: 'given-up' }, news);
}

const returning = (policy: RestartPolicy, resorted: boolean, at: Instant): RestartStep =>
  tell({ name: 'returning', until: after(at, policy.settle), resorted }, { type: 'returning', within: policy.settle });
