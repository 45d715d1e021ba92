import type { ToEngine, ToManager } from '../engine/messages.ts';
import type { Snapshot } from '../engine/snapshot.ts';

/** Between asking the engine for a snapshot and giving up. */
const SNAPSHOT_TIMEOUT_MS = 2000;

/** Between two words to the engine that this process still turns. */
const ALIVE_MS = 500;

/** What the engine says of itself, not as an answer. */
export type FromEngine = Exclude<ToManager, { type: 'snapshot' | 'configured' }>;

/** The manager's end of the channel to the engine. When the channel closes the engine is dead, and so is the manager. */
export class EngineLink {
  /** BOUNDED: the control server allows 64 connections, each with one question. */
  readonly #questions: Map<number, (snapshot: Snapshot) => void> = new Map();
  readonly #configured: (() => void)[] = [];
  #lastId = 0;

  /** Begins to listen; answers to questions are kept back from `onMessage`. */
  listen(onMessage: (message: FromEngine) => void): void {
    process.on('message', (message) => this.#receive(message as ToManager, onMessage));
    process.on('disconnect', () => process.exit(0));
    // From the loop itself: a manager that hangs, or is stopped, falls silent and is replaced.
    setInterval(() => this.send({ type: 'alive' }), ALIVE_MS);
    this.send({ type: 'alive' });
  }

  send(message: ToEngine): void {
    if (process.connected) process.send?.(message, undefined, {}, () => undefined);
  }

  /** Sends an assignment and waits until the engine has put it in force. */
  async configure(message: Extract<ToEngine, { type: 'configure' }>): Promise<void> {
    const done = new Promise<void>((resolve) => this.#configured.push(resolve));
    this.send(message);
    await done;
  }

  /** The state of the engine now. Rejects when the engine does not answer. */
  snapshot(): Promise<Snapshot> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#questions.delete(id);
        reject(new Error(`The engine did not answer within ${SNAPSHOT_TIMEOUT_MS} ms; it is frozen or overloaded`));
      }, SNAPSHOT_TIMEOUT_MS);
      this.#questions.set(id, (snapshot) => {
        clearTimeout(timer);
        this.#questions.delete(id);
        resolve(snapshot);
      });
      this.send({ type: 'snapshot', id });
    });
  }

  #receive(message: ToManager, onMessage: (message: FromEngine) => void): void {
    if (message.type === 'snapshot') this.#questions.get(message.id)?.(message.snapshot);
    else if (message.type === 'configured') this.#configured.shift()?.();
    else onMessage(message);
  }
}
