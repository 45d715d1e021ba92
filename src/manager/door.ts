import { openControlServer } from '../control/server.ts';
import type { ControlHandlers } from '../control/server.ts';

/** Between two attempts to open the control socket, for a manager whose engine runs already. */
const SOCKET_RETRY_MS = 5000;

/** The control socket of the daemon: opened at once, or, where the daemon runs already, as soon as it can be. */
export class ControlDoor {
  readonly #path: string;
  readonly #handlers: ControlHandlers;
  readonly #onTrouble: (words: string) => void;

  /** `onTrouble` is told what goes wrong once it is open, or while it is tried again. */
  constructor(path: string, handlers: ControlHandlers, onTrouble: (words: string) => void) {
    this.#path = path;
    this.#handlers = handlers;
    this.#onTrouble = onTrouble;
  }

  /** Throws OpError. */
  async open(): Promise<void> {
    await openControlServer(this.#path, this.#handlers, (error) => this.#onTrouble(error.message));
  }

  /** Goes on trying. */
  openLater(): void {
    setTimeout(() => {
      this.open().catch((error: unknown) => {
        this.#onTrouble(error instanceof Error ? error.message : String(error));
        this.openLater();
      });
    }, SOCKET_RETRY_MS);
  }
}
