import type { SwitchOutcome } from '../proxy/switch/state.ts';

/** What can be asked of a switch. */
export interface SwitchQuestion {
  /** The profile to switch to. */
  readonly to: string;
  /** Only say what would be done. */
  readonly dry: boolean;
}

/** What became of it. Plain data. */
export interface SwitchAnswer {
  /**
   * `possible`: nothing is against it, as far as can be known without doing it; only when nothing was to be done.
   * `unchanged`: the profile runs already.
   */
  readonly result: SwitchOutcome | 'possible' | 'unchanged';
  readonly message: string;
  /** What a checker said, `file:line: message` each. */
  readonly findings: readonly string[];
  /** Of the target's files, unified; only when nothing was to be done. */
  readonly diff: string;
  readonly mechanism: SwitchMechanism;
  /** What is done, in order. */
  readonly steps: readonly string[];
  readonly durationMs: number;
}

/** How two proxies share the listening sockets of a host. */
export interface SwitchMechanism {
  readonly kind: 'inherited' | 'reuseport';
  readonly why: string;
  /** What should be mended first, each a sentence with its fix. */
  readonly missing: readonly string[];
}

/** Which proxy runs and why, as part of the status. */
export interface SwitchStatus {
  /** The profile that runs. */
  readonly runs: string;
  /** The profile of the configuration file. */
  readonly configured: string;
  /** When the host was switched to what runs; null when it never was. */
  readonly since: string | null;
  /** What a switch that is under way does now; null for none. */
  readonly underWay: { readonly to: string; readonly doing: string } | null;
}
