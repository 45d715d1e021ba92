import type { BackendConfig } from '../../config/backendconfig.ts';
import { parseBackend } from '../../config/backendlist.ts';
import { OpError } from '../../linux/operror.ts';
import { idOf } from '../backend.ts';
import type { Admin } from '../backend.ts';
import type { Clock } from '../clock.ts';
import type { Override } from '../set.ts';
import { createLedger } from './source.ts';
import type { BackendSource, Ledger } from './source.ts';
import { MOST_ORDERS, readState, unwritable, writeState } from './statefile.ts';
import type { Orders, StateFile } from './statefile.ts';

/**
 * What the command line says: backends of its own, and for any backend whether it is drained and what it weighs. It is
 * kept in a file, so that it holds after a restart. An order is written first and holds then: what was answered with
 * success is on the disk. A file that cannot be read is never overwritten.
 */
export interface CommandStore {
  /** The source of one service. */
  source(service: string): BackendSource;
  /** What is said about backends of a service, whoever has them. */
  overrides(service: string): readonly Override[];
  /** Adds a backend, written as in the configuration. */
  add(service: string, written: string, isDry?: boolean): Outcome;
  /** Removes one that was added, by id. */
  remove(service: string, id: string, isDry?: boolean): Outcome;
  /** Sets or, with `ready`, takes back whom a backend serves. */
  admin(service: string, id: string, admin: Admin, isDry?: boolean): Outcome;
  /** Sets a weight from 1 to 256; `undefined` takes it back. */
  weight(service: string, id: string, weight: number | undefined, isDry?: boolean): Outcome;
  /** Why nothing could be kept now, in words; `undefined` when it could. Reads what could not be read before. */
  trouble(): string | undefined;
}

/** What became of an order; `id` is the backend's. */
export type Outcome = { readonly id: string } | { readonly refused: string };

const NAME = 'command line';

const NOTHING: Orders = { backends: [], overrides: [] };

/** Opens the store on a file, which need not exist. Does not throw: what is wrong with the file is in every answer. */
export function openCommandStore(file: string, clock: Clock): CommandStore {
  const keeper = openKeeper(file);
  /** BOUNDED by the services. */
  const ledgers = new Map<string, Ledger>();
  const ordersOf = (service: string): Orders => keeper.ordersOf(service);
  const tell = (service: string): void => {
    const ledger = ledgers.get(service);
    if (keeper.trouble === undefined) ledger?.good(ordersOf(service).backends);
    else ledger?.bad(keeper.trouble);
  };
  const save = (service: string, orders: Orders, id: string, isDry: boolean): Outcome => {
    const refused = isDry ? trouble() : keeper.save(service, orders);
    if (refused !== undefined) return { refused };
    if (!isDry) tell(service);
    return { id };
  };
  const trouble = (): string | undefined => {
    if (keeper.recover()) for (const service of ledgers.keys()) tell(service);
    return keeper.trouble ?? unwritable(file);
  };
  const override = (service: string, id: string, change: Partial<Override>, isDry = false): Outcome => {
    const orders = ordersOf(service);
    const overrides = changed(orders.overrides, id, change);
    if (overrides.length > MOST_ORDERS) return { refused: `there are ${MOST_ORDERS} orders for ${service} already` };
    return save(service, { ...orders, overrides }, id, isDry);
  };
  return {
    source: (service) => sourceOf(service, ledgers, tell, clock),
    overrides: (service) => ordersOf(service).overrides,
    add(service, written, isDry = false) {
      const list = parseBackend(toYaml(written), 'backend');
      if ('errors' in list) return { refused: list.errors.join('; ').replace(/^backend:\d+:\d+: /, '') };
      const [backend] = list.backends as [BackendConfig];
      const orders = ordersOf(service);
      const others = orders.backends.filter((one) => idOf(one) !== idOf(backend));
      if (others.length >= MOST_ORDERS) return { refused: `there are ${MOST_ORDERS} backends in ${service} already` };
      return save(service, { ...orders, backends: [...others, backend] }, idOf(backend), isDry);
    },
    remove(service, id, isDry = false) {
      const orders = ordersOf(service);
      const backends = orders.backends.filter((one) => idOf(one) !== id);
      if (backends.length === orders.backends.length) {
        return { refused: `${id} was not added to ${service} from the command line; drain it instead` };
      }
      // What was said about it goes with it: one that is added again begins anew.
      const overrides = orders.overrides.filter((one) => one.id !== id);
      return save(service, { backends, overrides }, id, isDry);
    },
    admin: (service, id, admin, isDry) =>
      override(service, id, { admin: admin === 'ready' ? undefined : admin }, isDry),
    weight(service, id, weight, isDry) {
      const isRight = weight === undefined || (Number.isInteger(weight) && weight >= 1 && weight <= 256);
      if (!isRight) return { refused: `${weight} is no weight; write a whole number from 1 to 256` };
      return override(service, id, { weight }, isDry);
    },
    trouble,
  };
}

/** The orders as they are on the disk. */
interface Keeper {
  /** Why the file cannot be used; nothing is ever written then. */
  readonly trouble: string | undefined;
  /** Whether a file that could not be used can be now. */
  recover(): boolean;
  ordersOf(service: string): Orders;
  /** Why they could not be saved; `undefined` when they are. */
  save(service: string, orders: Orders): string | undefined;
}

function openKeeper(file: string): Keeper {
  let state: StateFile = new Map();
  let trouble: string | undefined;
  const read = (): void => {
    try {
      state = readState(file);
      trouble = undefined;
    } catch (error) {
      trouble = messageOf(error);
    }
  };
  const recover = (): boolean => {
    if (trouble === undefined) return false;
    read();
    return trouble === undefined;
  };
  read();
  return {
    get trouble() {
      return trouble;
    },
    recover,
    ordersOf: (service) => state.get(service) ?? NOTHING,
    save(service, orders) {
      // What was read only now has orders of its own, which are not in the ones to be saved.
      if (trouble !== undefined) return recover() ? 'the file was mended this moment; give the order again' : trouble;
      const next = new Map(state).set(service, orders);
      try {
        writeState(file, next);
      } catch (error) {
        return messageOf(error);
      }
      state = next;
      return undefined;
    },
  };
}

function messageOf(error: unknown): string {
  if (error instanceof OpError) return error.message;
  throw error;
}

/** The overrides with a change to one of them; one that says nothing any more is left out. */
function changed(overrides: readonly Override[], id: string, change: Partial<Override>): Override[] {
  const others = overrides.filter((one) => one.id !== id);
  const before = overrides.find((one) => one.id === id) ?? { id, admin: undefined, weight: undefined };
  const next: Override = { ...before, ...change };
  return next.admin === undefined && next.weight === undefined ? others : [...others, next];
}

/** A bare address of version 6 begins with what YAML takes for a list. */
const toYaml = (written: string): string => (/^\s*\{/.test(written) ? written : JSON.stringify(written));

function sourceOf(
  service: string,
  ledgers: Map<string, Ledger>,
  tell: (service: string) => void,
  clock: Clock,
): BackendSource {
  const ledger = createLedger(NAME, clock, () => true);
  return {
    name: NAME,
    start(onChange) {
      ledgers.set(service, ledger);
      ledger.listen(onChange);
      tell(service);
    },
    close() {
      ledger.close();
      if (ledgers.get(service) === ledger) ledgers.delete(service);
    },
    state: () => ledger.state(),
  };
}
