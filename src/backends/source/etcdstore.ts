import type { BackendConfig, EtcdSourceConfig } from '../../config/backendconfig.ts';
import { parseBackend } from '../../config/backendlist.ts';
import { idOf } from '../backend.ts';
import type { KeyValue, WatchEvent } from './etcdmessage.ts';
import { inOneLine } from './source.ts';
import type { Ledger } from './source.ts';

/** The keys below a prefix, as they are known; and what they say as a list of backends. */
export interface EtcdStore {
  /** Everything anew, in the order of the keys. */
  replace(pairs: readonly KeyValue[]): void;
  /** What is known already, after it was in doubt. */
  confirm(): void;
  /** Some keys. */
  change(events: readonly WatchEvent[]): void;
}

interface Entry {
  readonly backend: BackendConfig | undefined;
  readonly error: string | undefined;
}

/** More are not taken. */
export const MOST_KEYS = 10_000;

/** An empty store that tells the ledger whenever it changes. A value that is wrong leaves what its key said before. */
export function createEtcdStore({ prefix }: EtcdSourceConfig, ledger: Ledger): EtcdStore {
  /** BOUNDED by MOST_KEYS. */
  let entries = new Map<string, Entry>();
  const read = ({ key, value }: KeyValue, before: ReadonlyMap<string, Entry>): Entry => {
    const list = parseBackend(value, `key ${JSON.stringify(key)}`);
    if ('errors' in list) return { backend: before.get(key)?.backend, error: inOneLine(list.errors) };
    return { backend: list.backends[0], error: undefined };
  };
  const tell = (): void => {
    const errors: string[] = [];
    const homes = new Map<string, string>();
    const backends: BackendConfig[] = [];
    for (const [key, { backend, error }] of [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      if (error !== undefined) errors.push(error);
      if (backend === undefined) continue;
      const id = idOf(backend);
      const other = homes.get(id);
      if (other === undefined) {
        homes.set(id, key);
        backends.push(backend);
      } else errors.push(`key ${JSON.stringify(key)}: ${id} is in ${JSON.stringify(other)} already`);
    }
    if (entries.size >= MOST_KEYS)
      errors.push(`below ${prefix} are ${MOST_KEYS} keys or more; the others are left out`);
    const isPartial = [...entries.values()].some(({ backend }) => backend === undefined);
    ledger.good(backends, errors.length === 0 ? undefined : inOneLine(errors), undefined, isPartial);
  };
  return {
    replace(pairs) {
      const before = entries;
      entries = new Map(pairs.slice(0, MOST_KEYS).map((pair) => [pair.key, read(pair, before)]));
      tell();
    },
    confirm: tell,
    change(events) {
      for (const event of events) {
        if (event.type === 'delete') entries.delete(event.key);
        else if (entries.has(event.key) || entries.size < MOST_KEYS) entries.set(event.key, read(event, entries));
      }
      if (events.length > 0) tell();
    },
  };
}
