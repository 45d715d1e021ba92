import type { Host } from '../host.ts';
import type { Lab } from '../lab.ts';

/**
 * A daemon under test. The benchmark treats all alike: it starts one on every host, waits until the VIP is where it
 * belongs, brings a fault about and watches from the client.
 */
export interface Contender {
  /** Names it in tables: `keepalived, script`. */
  readonly name: string;
  /** The name of its process on a host, as given to `Member.start`, for faults that signal it. */
  readonly process: string;
  /** Starts it on a host whose proxy serves. `lab.hosts` are in the order of preference. Throws `OpError`. */
  start(lab: Lab, host: Host): Promise<void>;
  /** Ends it on a host and returns when it is gone; harmless when it does not run. */
  stop(host: Host): Promise<void>;
  /** Waits for more than the VIP being on the first host alone, where it needs that. */
  settled?(lab: Lab): Promise<void>;
  /** Called right after all processes of a host's proxy were killed: for a tracker that the benchmark itself has to feed. */
  onKill?(host: Host): void;
  /** Called when a host's proxy serves again. */
  onRecovery?(host: Host): void;
}
