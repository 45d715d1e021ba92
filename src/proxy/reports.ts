import { OpError } from '../linux/operror.ts';
import { milliseconds } from '../wire/units.ts';
import type { Milliseconds } from '../wire/units.ts';
import type { HealthReport, ReportStream, RuntimeSteering } from './steering.ts';
import type { Schedule } from './watch.ts';

/**
 * Following what a proxy's own checks find: a stream of what happens, and a look at what holds whenever the stream
 * begins. The stream is opened first and read last, so that nothing falls between the two. A server that the proxy has
 * not looked at yet, because its worker has just started, is told what is known of it, so that one that is dead does not
 * serve until its first check has failed.
 *
 * A proxy that is silent, dead, or has no socket is told as trouble, and tried again for as long as this is open.
 */
export interface ReportsOptions {
  readonly runtime: RuntimeSteering;
  /** The services whose servers the proxy checks, now. */
  readonly services: () => readonly string[];
  /** What is known of the servers of a service, by name; the proxy's word comes first where it has one. */
  readonly known: (service: string) => ReadonlyMap<string, HealthReport['health']>;
  readonly onReports: (reports: readonly HealthReport[]) => void;
  /** The proxy's checks are followed from now on, or are not, with the reason; only changes are told. */
  readonly onTrouble: (trouble: string | undefined) => void;
  readonly schedule: Schedule;
}

/** How long one answer may take; a worker that takes longer is silent. */
const LIMIT = milliseconds(2000);

/** Between two attempts to follow, and the longest that this grows to. */
const RETRY = milliseconds(20);
const MOST_RETRY = milliseconds(3000);

/** Between two looks while nothing happens: they find a worker that is silent, and servers added meanwhile. */
const PERIOD = milliseconds(10_000);

export class ReportFollower {
  readonly #options: ReportsOptions;
  readonly #socket: string;
  #stream: ReportStream | undefined;
  #retry: Milliseconds = RETRY;
  #cancel = (): void => {};
  /** What the stream has said since it was opened; `undefined` once what holds was told. BOUNDED: MOST_WAITING. */
  #waiting: HealthReport[] | undefined;
  /** `null` before anything was told. */
  #trouble: string | undefined | null = null;
  #isClosed = false;

  constructor(socket: string, options: ReportsOptions) {
    this.#options = options;
    this.#socket = socket;
    this.#open();
  }

  /** Looks at what holds now; for servers that have come, and after a reload. */
  look(): void {
    if (this.#stream !== undefined && this.#waiting === undefined) void this.#look(this.#stream);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel();
    this.#stream?.close();
    this.#stream = undefined;
  }

  #open(): void {
    if (this.#isClosed) return;
    this.#waiting = [];
    const stream = this.#options.runtime.reports?.open(this.#socket, {
      onOpen: () => stream !== undefined && void this.#look(stream),
      onReport: (report) => this.#hear(report),
      onRenewal: () => this.#leave(undefined),
      onEnd: (error) => this.#leave(error),
    });
    this.#stream = stream;
  }

  /** The connection has ended, or its worker is leaving; without an error it is opened again at once. */
  #leave(error: OpError | undefined): void {
    this.#cancel();
    this.#stream?.close();
    this.#stream = undefined;
    if (this.#isClosed) return;
    if (error !== undefined) this.#tell(error.message);
    this.#cancel = this.#options.schedule(() => this.#open(), this.#retry);
    this.#retry = milliseconds(Math.min(this.#retry * 2, MOST_RETRY));
  }

  #hear(report: HealthReport): void {
    if (this.#waiting === undefined) return this.#options.onReports([report]);
    if (this.#waiting.length < MOST_WAITING) this.#waiting.push(report);
    // What holds would have to be looked at once more.
    else this.#leave(undefined);
  }

  async #look(stream: ReportStream): Promise<void> {
    this.#cancel();
    this.#waiting ??= [];
    let found: HealthReport[];
    try {
      found = await this.#ask();
    } catch (error) {
      if (!(error instanceof OpError)) throw error;
      if (stream === this.#stream) this.#leave(error);
      return;
    }
    if (stream !== this.#stream) return;
    const heard = this.#waiting;
    this.#waiting = undefined;
    this.#retry = RETRY;
    this.#tell(undefined);
    this.#options.onReports([...found, ...heard]);
    this.#cancel = this.#options.schedule(() => void this.#look(stream), PERIOD);
  }

  async #ask(): Promise<HealthReport[]> {
    const { runtime, services, known } = this.#options;
    const { reports } = runtime;
    if (reports === undefined) return [];
    const client = runtime.open(this.#socket, LIMIT);
    try {
      const found: HealthReport[] = [];
      for (const service of services()) {
        const states = reports.states(service, await client.ask(reports.question(service)));
        // Asked once: after a reload the proxy knows nothing of any of them, and there may be ten thousand.
        const before = known(service);
        for (const { server, health } of states)
          if (health === 'unknown' && before.get(server) === 'down')
            await client.ask(reports.correction(service, server, 'down'));
        found.push(...states.filter(({ health }) => health !== 'unknown'));
      }
      return found;
    } finally {
      client.close();
    }
  }

  #tell(trouble: string | undefined): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#options.onTrouble(trouble);
  }
}

/** More is not kept while the state is asked for. */
const MOST_WAITING = 20_000;
