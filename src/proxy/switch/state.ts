import type { Instant, Milliseconds } from '../../wire/units.ts';

/** What a switch is to keep to. */
export interface SwitchPlan {
  /** Whether there is an old proxy at all. Without one there is nothing to go back to. */
  readonly hasOld: boolean;
  /** Whether the old proxy has to be told first to share its sockets. */
  readonly sharing: boolean;
  /** How long the new one may take until it answers. */
  readonly patience: Milliseconds;
  /** How long it has to live and answer beside the old one before that is told to leave. */
  readonly bake: Milliseconds;
  /** How long the old one may finish what it has; then it is ended. */
  readonly drain: Milliseconds;
  /** Whether somebody else sees to the end of the old one: the switch is then over when the new one is recorded. */
  readonly isKept: boolean;
}

export type SwitchState =
  /** The target's checker looks at the configuration; nothing is touched but the target's own files. */
  | { readonly phase: 'validating' }
  /** The old proxy opens its sockets so that another may open them too. */
  | { readonly phase: 'sharing' }
  | { readonly phase: 'starting' }
  /** Both take connections; it is not known yet whether the new one answers. */
  | { readonly phase: 'probing'; readonly until: Instant; readonly good: number; readonly wrong: number }
  /** Both serve. */
  | { readonly phase: 'baking'; readonly until: Instant; readonly wrong: number }
  /**
   * The new one is about to be recorded as the proxy. `isAlone`: the old one is gone, so there is no way back, and a
   * record that could not be written, because of the trouble, is tried again.
   */
  | {
      readonly phase: 'committing';
      readonly until: Instant | undefined;
      readonly isAlone: boolean;
      readonly trouble: string | undefined;
    }
  /** The new one serves, the old one finishes what it has. */
  | { readonly phase: 'draining'; readonly until: Instant; readonly isForced: boolean }
  /** The new one is being ended, the old one serves. */
  | { readonly phase: 'ending'; readonly reason: string }
  /** The new one is dead, the old one is being started again. */
  | { readonly phase: 'restoring'; readonly reason: string }
  | { readonly phase: 'done'; readonly result: SwitchOutcome; readonly reason: string };

/**
 * - `switched`: the new one serves alone.
 * - `refused`: nothing was started.
 * - `rolled-back`: the old one serves, as before.
 * - `failed`: the old one could not be brought back; what is on the host has to be looked at.
 */
export type SwitchOutcome = 'switched' | 'refused' | 'rolled-back' | 'failed';

export type Phase = SwitchState['phase'];

/** What has happened. `trouble` is why something did not work, `undefined` when it did. */
export type SwitchEvent = { readonly at: Instant } & (
  | { readonly type: 'begin' }
  | {
      readonly type: 'validated' | 'shared' | 'started' | 'committed' | 'ended' | 'restored';
      readonly trouble: string | undefined;
    }
  /** `good`: the new one answers as the old one does. `silent`: it was not reached. */
  | { readonly type: 'probed'; readonly answer: 'good' | 'wrong' | 'silent'; readonly detail: string }
  /** A main process is gone. */
  | { readonly type: 'gone'; readonly who: 'old' | 'new'; readonly detail: string }
  /** It has become late. */
  | { readonly type: 'tick' }
);

/** What is to be done. Each of the first group is answered by an event, the others are not. */
export type SwitchAction =
  | 'validate'
  | 'share'
  | 'start'
  | 'probe'
  /** Records that the new one is the proxy; whoever keeps the old one then drains it. */
  | 'commit-new'
  | 'end-new'
  | 'restore-old'
  /** Both proxies are to be watched from now on, and neither's end alone is a fault. */
  | 'watch-both'
  /** The new one is the proxy of this host from now on. */
  | 'hand-over'
  /** The old one is again. */
  | 'hand-back'
  | 'drain-old'
  | 'end-old'
  | 'commit';

export interface SwitchStep {
  readonly state: SwitchState;
  readonly actions: readonly SwitchAction[];
}
