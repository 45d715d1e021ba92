import type { ServiceModel } from './model.ts';

/** What was found in a configuration that somebody else wrote: its groups of servers, for taking them over. */
export interface Reading {
  readonly groups: readonly ReadGroup[];
  /** What could not be read, in words; what stands in `groups` is right all the same. */
  readonly problems: readonly ReadProblem[];
}

export interface ReadProblem {
  /** From 1; `undefined` when it is not known. */
  readonly line: number | undefined;
  readonly reason: string;
}

/** An upstream block or a backend section. */
export interface ReadGroup {
  readonly name: string;
  /** `undefined` when the text does not say. */
  readonly mode: 'http' | 'tcp' | undefined;
  /** `undefined` when it is one that no model has. */
  readonly balance: ServiceModel['balance'] | undefined;
  readonly servers: readonly ReadServer[];
  /** Directives and parameters that were understood to be there but are not in the result, as they were written. */
  readonly ignored: readonly string[];
}

export interface ReadServer {
  readonly name: string | undefined;
  readonly host: string;
  readonly port: number;
  readonly weight: number;
  readonly backup: boolean;
  readonly maxConnections: number | undefined;
  /** Whether it is out of service by configuration. */
  readonly disabled: boolean;
}
