import type { CheckConfig } from '../../config/checkconfig.ts';
import { judge, told, unjudged } from '../rise.ts';
import type { CheckResult, Told, Verdict } from '../rise.ts';
import type { Backend } from '../backend.ts';
import type { Clock } from '../clock.ts';
import { parseAddress } from '../../wire/address.ts';
import { milliseconds } from '../../wire/units.ts';
import type { Milliseconds } from '../../wire/units.ts';
import type { AddressBook } from './address.ts';
import { openProbe } from './open.ts';
import { wordsOf } from './probe.ts';
import type { Probe, Target } from './probe.ts';
import type { Scheduler } from './scheduler.ts';

/** The checks of one service: a verdict for each of its backends. */
export interface Checker {
  /** Which backends there are now. New ones are unjudged, verdicts on those that stay are kept. */
  follow(backends: readonly Backend[]): void;
  /** By backend id; BOUNDED by the backends. */
  readonly verdicts: ReadonlyMap<string, Verdict>;
  /** Takes over what somebody else has found just now of backends that are there. */
  take(findings: readonly Finding[]): void;
  /** At rest nothing is looked at, because somebody else does it; verdicts stay, and looks build on them afterwards. */
  rest(isAtRest: boolean): void;
  close(): void;
}

/** What somebody else has found of a backend. */
export interface Finding extends Told {
  readonly id: string;
}

export interface CheckerOptions {
  readonly service: string;
  readonly check: CheckConfig;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly addresses: AddressBook;
  /** What was known of backends before they came in, by id. */
  readonly remembered?: ReadonlyMap<string, Verdict>;
  /** After the state of a backend has changed. */
  readonly onTurn: (id: string, verdict: Verdict, before: Verdict['state']) => void;
}

/** A checker without backends. */
export const createChecker = (options: CheckerOptions): Checker => new ServiceChecker(options);

class ServiceChecker implements Checker {
  readonly #options: CheckerOptions;
  readonly #probe: Probe;
  /** BOUNDED by the backends, as is the next. */
  readonly #verdicts = new Map<string, Verdict>();
  readonly #followed = new Map<string, Followed>();
  readonly #remembered: Map<string, Verdict>;
  #isAtRest = false;

  constructor(options: CheckerOptions) {
    this.#options = options;
    this.#probe = openProbe(options.check, options.clock);
    this.#remembered = new Map(options.remembered);
  }

  get verdicts(): ReadonlyMap<string, Verdict> {
    return this.#verdicts;
  }

  follow(backends: readonly Backend[]): void {
    const wanted = new Map(backends.map((backend) => [backend.id, backend]));
    for (const id of this.#followed.keys()) if (!wanted.has(id)) this.#end(id);
    for (const backend of wanted.values()) {
      const isNew = !this.#followed.has(backend.id);
      this.#followed.set(backend.id, this.#targetOf(backend));
      if (isNew) this.#begin(backend.id);
    }
  }

  take(findings: readonly Finding[]): void {
    const { clock } = this.#options;
    for (const finding of findings) {
      const before = this.#verdicts.get(finding.id);
      if (before !== undefined) this.#turn(finding.id, before, told(before, finding, clock.now()));
    }
  }

  rest(isAtRest: boolean): void {
    if (isAtRest === this.#isAtRest) return;
    this.#isAtRest = isAtRest;
    for (const id of this.#followed.keys()) {
      if (isAtRest) this.#options.scheduler.remove(this.#keyOf(id));
      else this.#plan(id);
    }
  }

  close(): void {
    for (const id of this.#followed.keys()) this.#end(id);
    this.#probe.close();
  }

  /** The same object as long as it says the same: what follows from it need not be made again for each look. */
  #targetOf({ id, name, host, port: own }: Backend): Followed {
    const port = this.#options.check.port ?? own;
    const known = this.#followed.get(id);
    if (known?.host === host && known.name === name && known.port === port) return known;
    return { id, name, host, address: parseAddress(host), port };
  }

  #begin(id: string): void {
    const known = this.#remembered.get(id);
    // Once: a backend that goes and comes back begins anew.
    this.#remembered.delete(id);
    const verdict =
      known === undefined ? unjudged(this.#options.clock.now()) : { ...known, rise: 0, fall: 0, retries: 0 };
    this.#verdicts.set(id, verdict);
    if (!this.#isAtRest) this.#plan(id);
  }

  #end(id: string): void {
    this.#options.scheduler.remove(this.#keyOf(id));
    this.#verdicts.delete(id);
    this.#followed.delete(id);
  }

  /** Of a backend that is followed; it is called off before it is not any more. */
  #plan(id: string): void {
    this.#options.scheduler.add({
      key: this.#keyOf(id),
      pace: this.#options.check,
      run: (done) =>
        lookAt(this.#options, this.#probe, this.#followed.get(id) as Followed, (result) => {
          done(this.#found(id, result));
        }),
    });
  }

  #found(id: string, result: CheckResult): Milliseconds | undefined {
    const { check, clock } = this.#options;
    const before = this.#verdicts.get(id);
    if (before === undefined) return undefined;
    const { verdict, again } = judge(before, check, result, clock.now());
    this.#turn(id, before, verdict);
    return again;
  }

  #turn(id: string, before: Verdict, verdict: Verdict): void {
    this.#verdicts.set(id, verdict);
    if (verdict.state !== before.state) this.#options.onTurn(id, verdict, before.state);
  }

  #keyOf(id: string): string {
    return `${this.#options.service} ${id}`;
  }
}

/** What is looked at; without an address, its host is a name that has to be asked for each time. */
type Followed = Target | (Omit<Target, 'address'> & { readonly address: undefined });

/** One look: first the address of a host that is a name, then the probe. */
function lookAt(
  { clock, addresses }: CheckerOptions,
  probe: Probe,
  followed: Followed,
  done: (result: CheckResult) => void,
): () => void {
  if (followed.address !== undefined) return probe.look(followed, done);
  const began = clock.now();
  let cancel: (() => void) | undefined;
  let isCalledOff = false;
  addresses.find(followed.host, (found) => {
    if (isCalledOff) return;
    if ('code' in found) {
      return done({ result: 'bad', reason: wordsOf(found.code), duration: milliseconds(clock.now() - began) });
    }
    cancel = probe.look({ ...followed, address: found.address }, done);
  });
  return () => {
    isCalledOff = true;
    cancel?.();
  };
}
