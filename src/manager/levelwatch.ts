import { networkInterfaces } from 'node:os';
import type { ListenConfig, ProxyConfig, ServiceConfig } from '../config/config.ts';
import { OpError } from '../linux/operror.ts';
import { AnswerWatch } from '../proxy/answerwatch.ts';
import type { ListenLook } from '../proxy/listenwatch.ts';
import { isDeaf, ListenWatch, socketTable } from '../proxy/listenwatch.ts';
import type { Levels } from '../proxy/liveness.ts';
import type { Verdict } from '../proxy/observe.ts';
import type { Profile } from '../proxy/profile.ts';
import { questionsFor } from '../proxy/question.ts';
import type { IpAddress } from '../wire/address.ts';
import { milliseconds } from '../wire/units.ts';
import type { Milliseconds } from '../wire/units.ts';
import { ask } from './ask.ts';

/** Between two looks at the proxy's processes and sockets while nothing happens. */
export const PERIOD: Milliseconds = milliseconds(250);

/** How many looks in a row must find a port missing, and how many a stranger on it, before that is believed. */
const MISSING_LOOKS = 2;
const SHARED_LOOKS = 4;

/**
 * For so many looks after a configuration was put in force, ports may be missing that never were there: the proxy is
 * only just being told of them.
 */
const GRACE_LOOKS = 12;

export interface LevelOptions {
  readonly profile: Profile;
  readonly proxy: ProxyConfig;
  readonly services: readonly ServiceConfig[];
  readonly wanted: readonly ListenConfig[];
  readonly allowed: () => readonly number[];
  readonly onTrouble: (error: Error) => void;
  /** Told when one of the levels has changed. */
  readonly onTurn: () => void;
  readonly current: () => Verdict | undefined;
}

const QUIET = { trouble: undefined, shared: undefined } as const;

/** The second and the third level, in step. */
export class LevelWatch {
  readonly #options: LevelOptions;
  readonly #listening: ListenWatch;
  readonly #answers: AnswerWatch | undefined;
  #look: ListenLook | undefined;
  #listener: Levels['listener'] = QUIET;
  /** How many looks in a row have found something that is not believed yet. */
  #missing = 0;
  #shared = 0;
  #looks = 0;
  #wasWhole = false;
  #isDeaf = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LevelOptions) {
    this.#options = options;
    const { profile, proxy, wanted, allowed, onTurn } = options;
    this.#listening = new ListenWatch({ title: profile.title, wanted, allowed, table: socketTable() });
    this.#answers = proxy.probe && new AnswerWatch({ probe: proxy.probe, ask, onTurn });
  }

  levels(process: Verdict): Levels {
    const { trouble, words } = this.#answers ?? {};
    return { process, listener: this.#listener, answer: { trouble, words } };
  }

  start(): void {
    const period = this.#options.proxy.probe?.period ?? PERIOD;
    this.#round();
    this.#timer = setInterval(() => this.#round(), period);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#answers?.reset();
  }

  #round(): void {
    const process = this.#options.current();
    // A proxy whose processes are dead is dead. What it did before says nothing about the next one.
    if (process?.main === undefined || process.state === 'dead') {
      this.#listener = QUIET;
      this.#missing = this.#shared = 0;
      this.#answers?.reset();
      return;
    }
    this.#lookAround(process.main.pid, process.workers);
    const { proxy, services } = this.#options;
    if (proxy.probe === undefined || !this.#mayAsk()) return;
    const own = ownAddresses();
    const held = this.#look?.held ?? [];
    this.#answers?.round(questionsFor({ probe: proxy.probe, services, held, isOwn: (address) => own.has(address) }));
  }

  /** A proxy that is only just being told where to listen is not asked there. */
  #mayAsk(): boolean {
    return this.#wasWhole || this.#isDeaf || this.#looks >= GRACE_LOOKS;
  }

  #lookAround(main: number, workers: readonly number[]): void {
    if (this.#isDeaf) return;
    try {
      this.#look = this.#listening.look(main, workers);
    } catch (error) {
      if (!(error instanceof OpError)) throw error;
      this.#isDeaf = isDeaf(error);
      this.#options.onTrouble(error);
      return;
    }
    const { trouble, shared } = this.#look;
    this.#looks += 1;
    if (trouble === undefined) this.#wasWhole = true;
    const isEarly = !this.#wasWhole && this.#looks < GRACE_LOOKS;
    this.#missing = trouble === undefined || isEarly ? 0 : this.#missing + 1;
    this.#shared = shared === undefined ? 0 : this.#shared + 1;
    const before = this.#listener;
    this.#listener = {
      trouble: this.#missing >= MISSING_LOOKS ? trouble : undefined,
      shared: this.#shared >= SHARED_LOOKS ? shared : undefined,
    };
    if (before.trouble !== this.#listener.trouble || before.shared !== this.#listener.shared) this.#options.onTurn();
  }
}

/** The addresses of this host, loopback included. */
function ownAddresses(): Set<IpAddress> {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return new Set([...all.map(({ address }) => address), '127.0.0.1', '::1'] as IpAddress[]);
}
