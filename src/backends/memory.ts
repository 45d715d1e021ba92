import type { BackendConfig, BackendSourceConfig } from '../config/backendconfig.ts';
import type { Clock } from './clock.ts';
import { idOf } from './backend.ts';
import { instant, milliseconds } from '../wire/units.ts';
import type { Instant } from '../wire/units.ts';
import { emptySet, mergeBackends } from './set.ts';
import type { BackendSet } from './set.ts';
import type { BackendSource, SourceState } from './source/source.ts';

/**
 * What is known of the backends of a service when its sources are asked anew: after a reload, and after a restart. A
 * source that fails from then on goes on saying what it said before. Pure.
 */
export interface Memory {
  /** BOUNDED by the sources of the service. */
  readonly answers: readonly LastAnswer[];
  /**
   * The set in force, where the sources themselves said too few; `undefined` where it is what they said, or where there
   * are none that could be lost.
   */
  readonly kept: readonly BackendConfig[] | undefined;
}

/** The last good answer of a source. */
export interface LastAnswer {
  /** Whose it is: what it asks, and whom. */
  readonly source: string;
  readonly backends: readonly BackendConfig[];
  /** When it was last known to be right. */
  readonly rightAt: Instant;
}

/** What a source asks, and whom; without passwords, and without what leaves its answer as it is. */
export function keyOf(source: BackendSourceConfig): string {
  switch (source.kind) {
    case 'file':
      return `file ${source.path}`;
    case 'dns':
      return `dns ${source.type} ${source.name}${source.port === undefined ? '' : ` ${source.port}`}`;
    case 'url':
      return `url ${source.url}`;
    case 'etcd':
      return `etcd ${source.endpoints.join(' ')} ${source.prefix}`;
  }
}

/** A source, and by which key its answer is remembered; `undefined` for one that cannot be lost. */
export interface Remembered {
  readonly source: BackendSource;
  readonly key: string | undefined;
}

/** The sources of a service with what they said in a former life. */
export interface Recollection {
  readonly sources: readonly BackendSource[];
  /**
   * Their states; one that fails, or is not waited for any more, says what it said before, and one of which parts cannot be
   * understood says that too.
   */
  states(isSettled: boolean): SourceState[];
  /** What is to be remembered next; `set` is the last that the sources were sure of. */
  next(set: BackendSet): Memory;
}

/** Begins with what is known from before, if anything is. */
export function recollect(all: readonly Remembered[], memory: Memory | undefined, clock: Clock): Recollection {
  const former = new Map(memory?.answers.map((answer) => [answer.source, answer]));
  const stateOf = ({ source, key = '' }: Remembered, isSettled: boolean): SourceState => {
    const state = source.state();
    const last = former.get(key);
    if (last === undefined) return state;
    if (state.age === undefined) {
      const isGivenUp = state.error !== undefined || isSettled;
      if (!isGivenUp) return state;
      return { ...state, backends: last.backends, age: milliseconds(Math.max(0, clock.now() - last.rightAt)) };
    }
    if (state.isPartial !== true) {
      // It knows by itself now what it said.
      former.delete(key);
      return state;
    }
    // Nobody knows whose the rest was; but what it has said in this life is its own to take back.
    const said = new Set(state.backends.map(idOf));
    const rest = last.backends.filter((backend) => !said.has(idOf(backend)));
    former.set(key, { ...last, backends: rest });
    return { ...state, backends: [...state.backends, ...rest] };
  };
  return {
    sources: all.map(({ source }) => source),
    states: (isSettled) => all.map((each) => stateOf(each, isSettled)),
    next({ supply, backends: inForce }) {
      const answers = all.map((each): LastAnswer | undefined => {
        const { key } = each;
        if (key === undefined) return undefined;
        const { age, backends } = stateOf(each, false);
        return age === undefined ? former.get(key) : { source: key, backends, rightAt: instant(clock.now() - age) };
      });
      const isKept = (supply === 'kept' || supply === 'refused') && all.some(({ key }) => key !== undefined);
      return { answers: answers.filter((answer) => answer !== undefined), kept: isKept ? inForce : undefined };
    },
  };
}

/** The set that was in force, for sources that say too few from now on; `own` is what the configuration itself says. */
export function setIn({ kept, answers }: Memory, own: readonly BackendConfig[]): BackendSet {
  const said = [own, ...(kept === undefined ? answers.map(({ backends }) => backends) : [kept])];
  const sources = said.map((backends) => ({ name: 'before', backends }));
  const set = mergeBackends(sources, [], { minBackends: 0, onEmpty: 'keep' }, emptySet);
  return kept === undefined ? set : { ...set, supply: 'kept' };
}
