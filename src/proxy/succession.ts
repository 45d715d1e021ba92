import type { Milliseconds } from '../wire/units.ts';
import type { Charge } from './charge.ts';
import type { Found } from './family.ts';
import type { Profile } from './profile.ts';
import type { Seat } from './sockets.ts';
import type { Finding, Start } from './steering.ts';

/** What is to be started. */
export interface Plan {
  readonly profile: Profile;
  /** What the profile's `steering.start` gave for the files in place. */
  readonly start: Start;
  /** The unix socket of its main process, where that says whether it is ready. */
  readonly mainSocket: string | undefined;
  /** Its sockets, in the order of `bindsOf`. */
  readonly seats: readonly Seat[];
  /** The file that its output is added to, absolute. */
  readonly output: string;
}

/** A proxy that is kept. */
export interface Kept {
  readonly charge: Charge;
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly seats: readonly Seat[];
}

/** A successor that has come up and serves beside whatever served before. It is either committed or abandoned, once. */
export interface Succession {
  readonly kept: Kept;
  /** As it came up. */
  readonly found: Found;
  /** What it is to take the place of; `undefined` when nothing ran. */
  readonly before: Kept | undefined;
  /**
   * From now on it is the proxy. The others are drained within the limit and stopped then; `drained` resolves, with the
   * number of those that had to be stopped, when the last of their processes has ended. Sockets that it does not have
   * are closed at once. Throws OpError when that cannot be recorded; then nothing has happened.
   */
  commit(limit: Milliseconds): { readonly drained: Promise<number> };
  /** Ends it without disturbing the one before, and closes the sockets that were opened for it. */
  abandon(): Promise<void>;
}

/** A successor that has not come up; nothing is left of it. */
export interface Failure {
  /** Why, in words, with the first thing that it said. */
  readonly trouble: string;
  readonly findings: readonly Finding[];
}
