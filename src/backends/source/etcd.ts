import type { EtcdSourceConfig } from '../../config/backendconfig.ts';
import type { Clock } from '../clock.ts';
import { milliseconds } from '../../wire/units.ts';
import type { Milliseconds } from '../../wire/units.ts';
import {
  countRequest,
  errorText,
  rangeRequest,
  readPage,
  readToken,
  readWatchMessage,
  watchRequest,
} from './etcdmessage.ts';
import type { KeyValue, Page } from './etcdmessage.ts';
import { createEtcdStore, MOST_KEYS } from './etcdstore.ts';
import type { EtcdStore } from './etcdstore.ts';
import { backOff, exchange, stream } from './exchange.ts';
import type { Answer, Cancel, Question } from './exchange.ts';
import { createLedger } from './source.ts';
import type { BackendSource } from './source.ts';

/**
 * etcd version 3, through the JSON gateway that every member has: plain HTTP, so no gRPC library is needed, and its
 * watch is a stream of lines.
 *
 * First everything below the prefix is listed, then it is watched from the revision after that. A watch that breaks is
 * resumed from where it was, at the next member; when what was missed has been compacted away meanwhile, everything is
 * listed anew. A silent member is noticed by a small question every few seconds.
 */
export function etcdSource(config: EtcdSourceConfig, clock: Clock): BackendSource {
  const name = `etcd ${config.endpoints.join(' ')} ${config.prefix}`;
  let isLive = false;
  const ledger = createLedger(name, clock, () => isLive);
  const store = createEtcdStore(config, ledger);
  const client = new EtcdClient(config, clock, store, {
    onLive: () => {
      if (!isLive) store.confirm();
      isLive = true;
    },
    onTrouble: (reason) => {
      if (isLive) ledger.confirm();
      isLive = false;
      ledger.bad(reason);
    },
  });
  return {
    name,
    start(onChange) {
      ledger.listen(onChange);
      client.connect();
    },
    close() {
      ledger.close();
      client.stop();
    },
    state: () => ledger.state(),
  };
}

const TIMEOUT = milliseconds(3000);
/** Between two questions whether a watched member still answers. */
const HEARTBEAT = milliseconds(5000);
const PAGE = 1000;

interface Listener {
  onLive(): void;
  onTrouble(reason: string): void;
}

/** One connection after the other to the members of a cluster. */
class EtcdClient {
  readonly #config: EtcdSourceConfig;
  readonly #clock: Clock;
  readonly #store: EtcdStore;
  readonly #listener: Listener;
  /** BOUNDED: what goes on now, at most a watch and a heartbeat with its time. */
  readonly #running = new Set<Cancel>();
  #at = 0;
  #failures = 0;
  #token: string | undefined;
  /** The last revision that the store knows all of; `undefined` when everything has to be listed. */
  #seen: bigint | undefined;

  constructor(config: EtcdSourceConfig, clock: Clock, store: EtcdStore, listener: Listener) {
    this.#config = config;
    this.#clock = clock;
    this.#store = store;
    this.#listener = listener;
  }

  /** Connects to the present member: logs in where that is asked for, then lists, or watches on. */
  connect(): void {
    const { user, password, prefix } = this.#config;
    const proceed = (): void =>
      this.#seen === undefined ? this.#list(prefix, undefined, []) : this.#watch(this.#seen);
    if (user === undefined) return proceed();
    this.#ask('/v3/auth/authenticate', JSON.stringify({ name: user, password }), ({ text }) => {
      this.#token = readToken(text);
      if (this.#token === undefined) this.#fail('the login has no token');
      else proceed();
    });
  }

  /** Calls off whatever goes on. */
  stop(): void {
    for (const cancel of this.#running) cancel();
    this.#running.clear();
  }

  get #endpoint(): string {
    const { endpoints } = this.#config;
    return endpoints[this.#at % endpoints.length] ?? '';
  }

  #fail(reason: string): void {
    this.stop();
    this.#failures++;
    this.#token = undefined;
    this.#listener.onTrouble(`${this.#endpoint}: ${reason}`);
    this.#at++;
    // The other members are tried at once, all of them again after a pause.
    const isRound = this.#failures % this.#config.endpoints.length === 0;
    this.#later(isRound ? backOff(this.#failures, 200, 5000) : milliseconds(20), () => this.connect());
  }

  #later(delay: Milliseconds, run: () => void): void {
    const cancel = this.#clock.after(delay, () => {
      this.#running.delete(cancel);
      run();
    });
    this.#running.add(cancel);
  }

  #question(path: string, body: string): Question {
    const { ca, cert, key } = this.#config;
    const token = this.#token === undefined ? {} : { authorization: this.#token };
    const headers = { 'content-type': 'application/json', ...token };
    return { url: new URL(path, this.#endpoint).href, method: 'POST', headers, body, timeout: TIMEOUT, ca, cert, key };
  }

  #ask(path: string, body: string, take: (answer: Answer) => void): void {
    const cancel = exchange(this.#question(path, body), this.#clock, (answer) => {
      this.#running.delete(cancel);
      if ('error' in answer) this.#fail(answer.error);
      else if (answer.status !== 200) this.#fail(errorText(answer.text));
      else take(answer);
    });
    this.#running.add(cancel);
  }

  #list(from: string, revision: bigint | undefined, before: readonly KeyValue[]): void {
    const { prefix } = this.#config;
    this.#ask('/v3/kv/range', rangeRequest(prefix, from, revision, PAGE), ({ text }) => {
      const page: Page | undefined = readPage(text);
      if (page === undefined) return this.#fail("an answer that is not etcd's");
      const pairs = [...before, ...page.pairs];
      const last = page.pairs.at(-1);
      // All pages are of the moment of the first; the next begins right behind the last key.
      const moment = revision ?? page.revision;
      if (page.more && last !== undefined && pairs.length < MOST_KEYS) {
        return this.#list(`${last.key}\0`, moment, pairs);
      }
      this.#seen = moment;
      this.#store.replace(pairs);
      this.#watch(moment);
    });
  }

  #watch(revision: bigint): void {
    const question = this.#question('/v3/watch', watchRequest(this.#config.prefix, revision + 1n));
    const cancel = stream(
      question,
      this.#clock,
      (line) => this.#hear(line),
      (reason) => this.#fail(reason),
    );
    this.#running.add(cancel);
    this.#later(HEARTBEAT, () => this.#beat());
  }

  #hear(line: string): void {
    const message = readWatchMessage(line);
    if (message.kind === 'failed') return this.#fail(message.reason);
    if (message.kind === 'compacted') {
      this.stop();
      this.#seen = undefined;
      return this.connect();
    }
    this.#failures = 0;
    this.#listener.onLive();
    if (message.events.length === 0) return;
    this.#store.change(message.events);
    this.#seen = message.revision;
  }

  #beat(): void {
    this.#ask('/v3/kv/range', countRequest(this.#config.prefix), () => this.#later(HEARTBEAT, () => this.#beat()));
  }
}
