import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { now } from '../linux/clock.ts';
import type { Instant, Milliseconds } from '../wire/units.ts';
import { instant, milliseconds } from '../wire/units.ts';
import type { Attempt, AttemptRow, ClientSummary, Ending } from './attempt.ts';
import { failure } from './failure.ts';
import type { Member } from './member.ts';
import type { Gap, Spell } from './outage.ts';
import { failuresOf, frontsOf, gapsOf, longestOf, longestSilence, outageAfter } from './outage.ts';
import { programCommand } from './program.ts';
import { until } from './until.ts';

export interface LoadOptions {
  /** `192.0.2.101:80`, `[2001:db8:2::101]:80`; at least one. */
  readonly targets: readonly string[];
  /** Between two attempts at one target; 2 ms by default. */
  readonly interval?: Milliseconds;
  /** How long one attempt may take; 250 ms by default. */
  readonly timeout?: Milliseconds;
  /** Attempts in flight over all targets; 500 by default. */
  readonly limit?: number;
  /** `/` by default. */
  readonly path?: string;
  /** The header of the answer that says who answered; `x-front` by default, which every proxy of a lab adds. */
  readonly header?: 'x-front' | 'x-backend';
}

/** What one load was like, from its first attempt to its last. */
export interface LoadReport {
  readonly attempts: number;
  readonly failures: Partial<Record<Ending, number>>;
  readonly targets: readonly { readonly target: string; readonly longest: Gap | undefined; readonly fronts: Spell[] }[];
  /** The longest time in which the client itself began no attempt; gaps near it may be its own. */
  readonly silence: Milliseconds;
  /** Share of one processor that the client took, 0 to 1. */
  readonly cpu: number;
}

/** BOUNDED: the attempts kept, half an hour of one target; the oldest go first. */
const kept = 1_000_000;

/** A running load client. */
export class Load {
  readonly options: LoadOptions;
  readonly #child: ChildProcess;
  readonly #closed: Promise<void>;
  #attempts: Attempt[] = [];
  #summary: ClientSummary | undefined;
  #complaint = '';

  constructor(client: Member, options: LoadOptions) {
    this.options = options;
    const { targets, interval = 2, timeout = 250, limit = 500, path = '/', header = 'x-front' } = options;
    const order = { targets: targets.map(parseTarget), interval, timeout, limit, path, header };
    this.#child = client.spawn(programCommand('client', order));
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.#complaint += chunk.toString().slice(0, 4000)));
    this.#child.stdin?.on('error', () => undefined);
    const lines = this.#child.stdout === null ? undefined : createInterface({ input: this.#child.stdout });
    lines?.on('line', (line) => this.#read(line));
    this.#closed = new Promise((resolve) => {
      this.#child.once('error', (cause) => {
        this.#complaint += String(cause);
        resolve();
      });
      this.#child.once('close', () => resolve());
    });
  }

  /** All attempts that have ended so far, about 20 ms behind, in the order of their ends. */
  get attempts(): readonly Attempt[] {
    return this.#attempts;
  }

  /** The longest gap of a target around an event; see `outageAfter`. */
  outage(target: string, event: Instant, window: Milliseconds = milliseconds(60_000)): Gap | undefined {
    return outageAfter(this.#attempts, target, event, window);
  }

  /**
   * Waits until a target has been well for `calm`: every attempt that ended in that time was good, and there was no gap
   * above 50 ms. Throws `OpError` when it is not so within `limit`.
   */
  async well(target: string, calm: Milliseconds, limit: Milliseconds): Promise<void> {
    const since = now();
    const isWell = (): boolean => {
      if (this.#child.exitCode !== null) throw failure('run the load client', this.#complaint.trim() || 'it ended');
      return now() - since >= calm && this.#wellFor(target, calm);
    };
    await until(`"${target}" answers every attempt for ${calm} ms`, isWell, limit, milliseconds(25));
  }

  /** Goes back from the last attempt no further than it has to, because it is asked often and the list is long. */
  #wellFor(target: string, calm: Milliseconds): boolean {
    let later: Instant = now();
    const from = later - calm;
    for (let index = this.#attempts.length - 1; index >= 0; index--) {
      const attempt = this.#attempts[index];
      if (attempt === undefined || attempt.target !== target) continue;
      if (attempt.ending !== 'good' || later - attempt.end > 50) return false;
      if (attempt.end <= from) return true;
      later = attempt.end;
    }
    return false;
  }

  /** Ends the client and returns what its whole time was like. Throws `OpError` when it had ended by itself. */
  async stop(): Promise<LoadReport> {
    this.#child.stdin?.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5000);
    await this.#closed;
    clearTimeout(timer);
    if (this.#summary === undefined) throw failure('run the load client', this.#complaint.trim() || 'it ended early');
    return {
      attempts: this.#attempts.length,
      failures: failuresOf(this.#attempts),
      targets: this.options.targets.map((target) => ({
        target,
        longest: longestOf(gapsOf(this.#attempts, target)),
        fronts: frontsOf(this.#attempts, target),
      })),
      silence: longestSilence(this.#attempts),
      cpu: this.#summary.cpu / this.#summary.wall,
    };
  }

  #read(line: string): void {
    const said = JSON.parse(line) as AttemptRow[] | ClientSummary;
    if (!Array.isArray(said)) {
      this.#summary = said;
      return;
    }
    for (const [index, start, end, ending, front] of said) {
      const target = this.options.targets[index] ?? '';
      this.#attempts.push({ target, start: instant(start), end: instant(end), ending, front });
    }
    if (this.#attempts.length > kept * 1.1) this.#attempts = this.#attempts.slice(-kept);
  }
}

/** Starts the load client in a member, usually `cl`, and returns when it has made its first attempt. */
export async function startLoad(client: Member, options: LoadOptions): Promise<Load> {
  const load = new Load(client, options);
  try {
    await until('the load client has made an attempt', () => load.attempts.length > 0, milliseconds(5000));
  } catch {
    await load.stop();
  }
  return load;
}

function parseTarget(target: string): { host: string; port: number } {
  const [, ipv6, ipv4, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(target) ?? [];
  const host = ipv6 ?? ipv4;
  if (host === undefined || port === undefined) throw failure(`load "${target}"`, 'it is not ADDRESS:PORT');
  return { host, port: Number(port) };
}
