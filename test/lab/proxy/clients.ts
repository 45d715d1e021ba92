import { get } from './running.ts';

/** Clients that open a connection for every request, until they are stopped. */
export class Clients {
  ok = 0;
  readonly failures: string[] = [];
  readonly #path: string;
  #isOn = true;
  readonly #all: Promise<unknown>;

  constructor(port: number, count: number, path = '/') {
    this.#path = path;
    this.#all = Promise.all(Array.from({ length: count }, () => this.#run(port)));
  }

  async #run(port: number): Promise<void> {
    while (this.#isOn) {
      try {
        const { status } = await get(port, this.#path);
        if (status === 200) this.ok++;
        else this.failures.push(String(status));
      } catch (error) {
        this.failures.push(String(error));
      }
    }
  }

  async stop(): Promise<void> {
    this.#isOn = false;
    await this.#all;
  }
}
