import { openControlServer } from '../control/server.ts';
import { Listener } from '../control/listener.ts';
import type { Place } from '../control/listener.ts';
import type { ControlHandlers } from '../control/server.ts';

/** Between two attempts to open the control socket, for a manager whose engine runs already. */
const SOCKET_RETRY_MS = 5000;

/** The ways in: the control socket, and reading over TCP. The socket is opened at once, or, where the daemon runs already, as soon as it can be. */
export class ControlDoor {
  readonly #path: string;
  readonly #handlers: ControlHandlers;
  readonly #onTrouble: (words: string) => void;
  readonly #listener: Listener;

  /** `onTrouble` is told what goes wrong once it is open, or while it is tried again. */
  constructor(path: string, handlers: ControlHandlers, onTrouble: (words: string) => void) {
    this.#path = path;
    this.#handlers = handlers;
    this.#onTrouble = onTrouble;
    this.#listener = new Listener(handlers);
  }

  /** Throws OpError. */
  async open(): Promise<void> {
    await openControlServer(this.#path, this.#handlers, (error) => this.#onTrouble(error.message));
  }

  /** Lets everybody read over TCP who can connect to this place. */
  listen(place: Place | undefined): void {
    this.#listener.follow(place);
  }

  /** Why nobody can read over TCP, in words. */
  get complaints(): readonly string[] {
    return this.#listener.trouble === undefined ? [] : [this.#listener.trouble];
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
