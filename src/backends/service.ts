import type { ServiceConfig } from '../config/config.ts';
import type { Verdict } from './rise.ts';
import type { Instant } from '../wire/units.ts';
import { createChecker } from './check/checker.ts';
import type { Checker, Finding } from './check/checker.ts';
import type { AddressBook } from './check/address.ts';
import type { Scheduler } from './check/scheduler.ts';
import type { Clock } from './clock.ts';
import { inForce } from './force.ts';
import type { Force } from './force.ts';
import { keyOf, recollect, setIn } from './memory.ts';
import type { Memory, Remembered } from './memory.ts';
import { emptySet, mergeBackends, sameSet } from './set.ts';
import type { BackendSet } from './set.ts';
import type { CommandStore } from './source/command.ts';
import { inlineSource } from './source/inline.ts';
import { openSource } from './source/open.ts';
import type { BackendSource, SourceState } from './source/source.ts';

/** What is known of the backends of one service. Plain data. */
export interface ServiceSnapshot {
  readonly service: string;
  /** Whether every source has answered once or has been given up waiting for; nothing is rendered before. */
  readonly isSettled: boolean;
  readonly set: BackendSet;
  /** When it was noticed that the set changed last; `undefined` before it did. */
  readonly changedAt: Instant | undefined;
  /** By backend id; empty when the backends are not checked. */
  readonly verdicts: ReadonlyMap<string, Verdict>;
  readonly force: Force;
  readonly sources: readonly SourceState[];
}

/** What may have changed: `set` for the backends or what is said about them, `health` for a verdict. */
export type ServiceChange = 'set' | 'health' | 'source';

/** The backends of one service, live: its sources, the set they make, and the checks. */
export interface ServiceBackends {
  /** Begins. */
  start(): void;
  close(): void;
  snapshot(): ServiceSnapshot;
  /** What is to be known when its sources are asked anew. */
  memory(): Memory;
  /** Merges anew; for the command line, whose orders are no answer of a source. */
  refresh(): void;
  /** Takes over what somebody else has found. */
  take(findings: readonly Finding[]): void;
  /** At rest somebody else makes the checks. */
  rest(isAtRest: boolean): void;
}

export interface ServiceOptions {
  readonly config: ServiceConfig;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly addresses: AddressBook;
  readonly store: CommandStore;
  /** The set in force so far, when a configuration is replaced; the sources have not answered again yet. */
  readonly previous?: BackendSet | undefined;
  /** What the sources said before; of use while they fail. */
  readonly memory?: Memory | undefined;
  /** What is known of backends from before, by id. */
  readonly remembered?: ReadonlyMap<string, Verdict>;
  readonly onChange: (change: ServiceChange) => void;
  /** After the state of a backend has changed. */
  readonly onTurn?: ((id: string, verdict: Verdict, before: Verdict['state']) => void) | undefined;
}

/** How long a silent source can hold up the start. */
const PATIENCE = 5000;

/** The backends of one service; nothing happens before `start`. */
export function createService(options: ServiceOptions): ServiceBackends {
  const { config, clock, store } = options;
  const recollection = recollect(sourcesOf(options), options.memory, clock);
  const { sources } = recollection;
  /** Of the set and the verdicts of now; whoever sees the same one again knows that nothing has changed. */
  let force: Force | undefined;
  const checker = checkerOf(options, () => (force = undefined));
  const startedAt = clock.now();
  let set: BackendSet = options.previous ?? emptySet;
  /** The last set that sources were sure of, which may be of a former life and then is not in force yet. */
  let sure: BackendSet = firstSet(options);
  let changedAt: Instant | undefined;
  let cancelPatience = (): void => {};
  const follow = (): void => {
    checker?.follow(set.backends);
    force = undefined;
  };
  const isSettled = (): boolean => clock.now() - startedAt >= PATIENCE || sources.every((source) => hasSpoken(source));
  const merge = (): void => {
    // A set of which a part is not there yet would look like one from which it was taken away.
    if (!isSettled()) return options.onChange('source');
    const said = recollection.states(true);
    const next = mergeBackends(said, store.overrides(config.name), config, sure);
    sure = next;
    const isChanged = !sameSet(next, set);
    if (isChanged) {
      set = next;
      changedAt = latest(said.map(({ changedAt: at }) => at));
      follow();
    }
    options.onChange(isChanged ? 'set' : 'source');
  };
  return {
    start() {
      follow();
      for (const source of sources) source.start(merge);
      // Where nobody has to be waited for, the set is there at once.
      if (isSettled()) merge();
      cancelPatience = clock.after(PATIENCE as Parameters<Clock['after']>[0], merge);
    },
    close() {
      cancelPatience();
      for (const source of sources) source.close();
      checker?.close();
    },
    snapshot() {
      const verdicts = checker?.verdicts ?? new Map<string, Verdict>();
      force ??= inForce(set, verdicts, config);
      return {
        service: config.name,
        isSettled: isSettled(),
        set,
        changedAt,
        verdicts: new Map(verdicts),
        force,
        sources: recollection.states(isSettled()),
      };
    },
    memory: () => recollection.next(sure),
    refresh: merge,
    take: (findings) => checker?.take(findings),
    rest: (isAtRest) => checker?.rest(isAtRest),
  };
}

/** What the sources were last sure of: nothing is in force yet when the one before was replaced while it still asked. */
const firstSet = ({ config, previous = emptySet, memory }: ServiceOptions): BackendSet =>
  previous.backends.length > 0 || memory === undefined ? previous : setIn(memory, config.backends);

/** In the order in which they are believed. */
const sourcesOf = ({ config, clock, store }: ServiceOptions): readonly Remembered[] => [
  { source: inlineSource(config.backends, clock), key: undefined },
  ...config.sources.map((source) => ({ source: openSource(source, clock), key: keyOf(source) })),
  { source: store.source(config.name), key: undefined },
];

function hasSpoken(source: BackendSource): boolean {
  const { age, error } = source.state();
  return age !== undefined || error !== undefined;
}

const latest = (times: readonly (Instant | undefined)[]): Instant | undefined =>
  times.reduce((last, time) => (last === undefined || (time !== undefined && time > last) ? time : last), undefined);

/** `onState` comes before anybody hears of a state that has changed. */
function checkerOf({ config, onChange, onTurn, ...tools }: ServiceOptions, onState: () => void): Checker | undefined {
  if (config.check === undefined) return undefined;
  return createChecker({
    ...tools,
    service: config.name,
    check: config.check,
    onTurn(id, verdict, before) {
      onState();
      onTurn?.(id, verdict, before);
      onChange('health');
    },
  });
}
