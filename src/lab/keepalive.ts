import type { ChildProcess } from 'node:child_process';
import { milliseconds } from '../wire/units.ts';
import type { Milliseconds } from '../wire/units.ts';
import { failure } from './failure.ts';
import type { Member } from './member.ts';
import { programCommand } from './program.ts';

/** A request that got no whole answer with status 200. */
export interface LostRequest {
  /** When, in milliseconds of Unix time. */
  readonly at: number;
  /** An error code, `status 503`, `cut off`. */
  readonly how: string;
  /** Whether its connection had served a request before. */
  readonly isReused: boolean;
  /** Whether the header of an answer had come. */
  readonly hasBegun: boolean;
}

/** What the client that keeps its connections has seen. */
export interface KeepAliveSummary {
  readonly requests: number;
  readonly failures: number;
  /** The first thousand failures. */
  readonly lost: readonly LostRequest[];
}

export interface KeepAliveOptions {
  /** Of HTTP: address and port. */
  readonly targets: readonly { readonly host: string; readonly port: number }[];
  /** To each target; 10 unless given. */
  readonly connections?: number;
  /** Between an answer and the next request; 40 ms unless given. */
  readonly pause?: Milliseconds;
  /** How long an answer may take; 5 s unless given. */
  readonly timeout?: Milliseconds;
}

/** A running client that keeps its connections. */
export class KeepAliveLoad {
  readonly #child: ChildProcess;
  readonly #closed: Promise<void>;
  #said = '';
  #complaint = '';

  constructor(client: Member, options: KeepAliveOptions) {
    const { targets, connections = 10, pause = milliseconds(40), timeout = milliseconds(5000) } = options;
    this.#child = client.spawn(programCommand('keepalive', { targets, connections, pause, timeout }));
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.#said += chunk.toString()));
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.#complaint += chunk.toString().slice(0, 4000)));
    this.#child.stdin?.on('error', () => undefined);
    this.#closed = new Promise((resolve) => {
      this.#child.once('error', (cause) => {
        this.#complaint += String(cause);
        resolve();
      });
      this.#child.once('close', () => resolve());
    });
  }

  /** Ends it when what it has asked is answered. Throws `OpError` when it had ended by itself. */
  async stop(): Promise<KeepAliveSummary> {
    this.#child.stdin?.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 10_000);
    await this.#closed;
    clearTimeout(timer);
    if (this.#said === '') throw failure('run the keep-alive client', this.#complaint.trim() || 'it ended early');
    return JSON.parse(this.#said) as KeepAliveSummary;
  }
}
