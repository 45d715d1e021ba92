/** The services and their backends as everybody outside the daemon sees them: one set of types, many renderers. */

export interface ServiceStatus {
  readonly service: string;
  /**
   * - `starting`: its sources have not answered yet, and nothing is rendered for it.
   * - `well`: every backend that may serve is well, as far as anybody knows, and every source answers.
   * - `degraded`: it serves, and something needs attention.
   * - `down`: no backend that may serve is well.
   */
  readonly state: 'starting' | 'well' | 'degraded' | 'down';
  /** Why it is not well, in words; `null` when it is. */
  readonly reason: string | null;
  readonly counts: BackendCounts;
  /** Whether all backends are down and are tried all the same. */
  readonly isHoping: boolean;
  /** Whether the backends are what the sources say; see `on_empty`. */
  readonly supply: 'enough' | 'kept' | 'few' | 'refused';
  /** Who checks them; `null` when nobody does. */
  readonly checkedBy: 'vipair' | 'proxy' | null;
  readonly sources: readonly SourceStatus[];
  /** What sources say against each other, in words. */
  readonly conflicts: readonly string[];
  /** All of them in the answer to a list; in the status the first that need attention, and then others. */
  readonly backends: readonly BackendStatus[];
}

/** Each backend counts once. */
export interface BackendCounts {
  readonly total: number;
  readonly up: number;
  readonly down: number;
  /** Not checked, or not looked at yet; they serve. */
  readonly unknown: number;
  readonly drain: number;
  readonly maint: number;
}

export interface SourceStatus {
  /** Such as `file /etc/vipair/backends.d`. */
  readonly source: string;
  /** How many it says there are. */
  readonly backends: number;
  /** Since its answer was last known to be right, milliseconds; `null` before the first answer. */
  readonly ageMs: number | null;
  /** Why there is no newer answer, or what of it was left out; `null` when all is well. */
  readonly error: string | null;
}

export interface BackendStatus {
  /** Host and port. */
  readonly backend: string;
  /** What the proxy calls it. */
  readonly name: string;
  /** What it is for clients: its health, unless it is drained or under maintenance. */
  readonly state: 'up' | 'down' | 'unknown' | 'drain' | 'maint';
  readonly health: 'up' | 'down' | 'unknown';
  readonly admin: 'ready' | 'drain' | 'maint';
  /** Why the state is what it is, in words. */
  readonly reason: string;
  /** Since when its health is what it is; `null` when nobody checks it. */
  readonly since: string | null;
  readonly sinceMs: number | null;
  readonly weight: number;
  readonly backup: boolean;
  /** Who says that it is there, the believed one first. */
  readonly sources: readonly string[];
  readonly lastCheck: CheckStatus | null;
}

export interface CheckStatus {
  readonly at: string;
  readonly agoMs: number;
  readonly result: 'good' | 'bad';
  readonly reason: string;
  readonly durationMs: number;
}

/** The answer to a list. */
export interface BackendsAnswer {
  readonly services: readonly ServiceStatus[];
}

/** What can be ordered about a backend, by name or host and port; what is added is written as in the configuration. */
export type BackendOrder =
  | { readonly order: 'add' | 'remove' | 'drain' | 'undrain'; readonly service: string; readonly backend: string }
  | {
      readonly order: 'weight';
      readonly service: string;
      readonly backend: string;
      /** `undefined` gives it back the weight of its source. */
      readonly weight: number | undefined;
    };

/** What became of an order. */
export interface OrderAnswer {
  /** Whether it is on the disk and in force, or, of a dry run, whether it would be. */
  readonly accepted: boolean;
  /** What has changed, or why nothing has, in words. */
  readonly message: string;
  /** The backend as it is now, or, of a dry run, would be; `null` when it is gone or was refused. */
  readonly backend: Pick<BackendStatus, 'backend' | 'name' | 'admin' | 'weight' | 'sources'> | null;
}
