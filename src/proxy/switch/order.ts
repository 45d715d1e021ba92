import type { Time } from '../effect.ts';
import type { FrontModel } from '../model.ts';
import type { Runs, SwitchJournal } from './journal.ts';
import type { SwitchOutcome, SwitchPlan } from './state.ts';
import type { Side } from './side.ts';

/** A switch that is to be made. */
export interface SwitchOptions {
  readonly from: Side;
  readonly to: Side;
  readonly plan: SwitchPlan;
  readonly journal: SwitchJournal;
  /** What the proxies are to serve, with what is known of the backends. */
  readonly model: FrontModel;
  /** Makes the old proxy share its sockets. Gives why it did not. */
  readonly share: () => Promise<string | undefined>;
  /** What is to be remembered of a result; `undefined` for what was remembered before. */
  readonly runs: (result: SwitchOutcome) => Runs | undefined;
  readonly time: Time;
  readonly listener: SwitchListener;
}

/** Who has to know while it goes on. */
export interface SwitchListener {
  /** What is being done, in words. */
  readonly progress: (words: string) => void;
  /** Neither's end alone is a fault from now on. */
  readonly watchBoth: () => void;
  /** The new one is the proxy of this host. */
  readonly handOver: () => void;
  /** The old one is, again. */
  readonly handBack: () => void;
}

export interface SwitchResult {
  readonly result: SwitchOutcome;
  /** In one sentence. */
  readonly message: string;
  /** What a checker said. */
  readonly findings: readonly string[];
}
