import type { CheckConfig } from '../../config/checkconfig.ts';
import { judge, unjudged } from '../rise.ts';
import type { CheckResult, Verdict } from '../rise.ts';
import type { Backend } from '../backend.ts';
import type { Clock } from '../clock.ts';
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
  close(): void;
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
export function createChecker(options: CheckerOptions): Checker {
  const { service, check, clock, scheduler } = options;
  const probe = openProbe(check, clock);
  /** BOUNDED by the backends. */
  const verdicts = new Map<string, Verdict>();
  const followed = new Map<string, Backend>();
  const remembered = new Map(options.remembered);
  const keyOf = (id: string): string => `${service} ${id}`;
  const found = (id: string, result: CheckResult): Milliseconds | undefined => {
    const before = verdicts.get(id);
    if (before === undefined) return undefined;
    const { verdict, again } = judge(before, check, result, clock.now());
    verdicts.set(id, verdict);
    if (verdict.state !== before.state) options.onTurn(id, verdict, before.state);
    return again;
  };
  const begin = (backend: Backend): void => {
    const known = remembered.get(backend.id);
    // Once: a backend that goes and comes back begins anew.
    remembered.delete(backend.id);
    verdicts.set(backend.id, known === undefined ? unjudged(clock.now()) : { ...known, rise: 0, fall: 0, retries: 0 });
    scheduler.add({
      key: keyOf(backend.id),
      pace: check,
      run: (done) =>
        lookAt(options, probe, followed.get(backend.id) ?? backend, (result) => {
          done(found(backend.id, result));
        }),
    });
  };
  const end = (id: string): void => {
    scheduler.remove(keyOf(id));
    verdicts.delete(id);
    followed.delete(id);
  };
  return {
    verdicts,
    follow(backends) {
      const wanted = new Map(backends.map((backend) => [backend.id, backend]));
      for (const id of followed.keys()) if (!wanted.has(id)) end(id);
      for (const backend of wanted.values()) {
        const isNew = !followed.has(backend.id);
        followed.set(backend.id, backend);
        if (isNew) begin(backend);
      }
    },
    close() {
      for (const id of followed.keys()) end(id);
      probe.close();
    },
  };
}

/** One look: first the address of a host that is a name, then the probe. */
function lookAt(
  { check, clock, addresses }: CheckerOptions,
  probe: Probe,
  { id, name, host, port }: Backend,
  done: (result: CheckResult) => void,
): () => void {
  const began = clock.now();
  let cancel: (() => void) | undefined;
  let isCalledOff = false;
  addresses.find(host, (found) => {
    if (isCalledOff) return;
    if ('code' in found) {
      return done({ result: 'bad', reason: wordsOf(found.code), duration: milliseconds(clock.now() - began) });
    }
    const target: Target = { id, name, host, address: found.address, port: check.port ?? port };
    cancel = probe.look(target, done);
  });
  return () => {
    isCalledOff = true;
    cancel?.();
  };
}
