import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseBackends } from '../../config/backendlist.ts';
import { showBackend } from '../../config/showservice.ts';
import type { BackendConfig } from '../../config/backendconfig.ts';
import { errorCode, OpError } from '../../linux/operror.ts';
import type { Admin } from '../backend.ts';
import type { Override } from '../set.ts';
import { field, readJson } from './json.ts';
import { writeWhole } from './wholefile.ts';

/** What the command line said about one service. */
export interface Orders {
  readonly backends: readonly BackendConfig[];
  readonly overrides: readonly Override[];
}

/** By service. BOUNDED by the services and by what people type: MOST_ORDERS each. */
export type StateFile = ReadonlyMap<string, Orders>;

/** The most backends, and the most overrides, that the command line may add to one service. */
export const MOST_ORDERS = 10_000;

const ADMINS: readonly string[] = ['ready', 'drain', 'maint'] satisfies Admin[];

/** Reads what was written before; nothing when the file is not there. Throws OpError when it is there and cannot be read. */
export function readState(file: string): StateFile {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return new Map();
    throw new OpError(`read "${file}"`, errorCode(cause) ?? 'EIO', { cause });
  }
  const state = parseState(text);
  if (state !== undefined) return state;
  throw new OpError(`read "${file}"`, 'EINVAL', {
    advice: 'it is not what vipair wrote; move it away, and add the backends again',
  });
}

/** Writes it whole or not at all. Throws OpError. */
export const writeState = (file: string, state: StateFile): void => writeWhole(file, formatState(state));

/** Why the file could not be written, as far as that can be told without writing; `undefined` when it could. */
export function unwritable(file: string): string | undefined {
  let place = dirname(file);
  while (!existsSync(place) && place !== dirname(place)) place = dirname(place);
  try {
    accessSync(place, constants.W_OK);
    return undefined;
  } catch (cause) {
    const advice = 'run as root, or give a writable directory with --state';
    return new OpError(`write "${file}"`, errorCode(cause) ?? 'EIO', { cause, advice }).message;
  }
}

/** The text of a state file; backends are written as in the configuration. */
export function formatState(state: StateFile): string {
  const services = Object.fromEntries(
    [...state].map(([service, { backends, overrides }]) => [
      service,
      { backends: backends.map(showBackend), overrides },
    ]),
  );
  return `${JSON.stringify({ version: 1, services }, null, 2)}\n`;
}

/** Reads such a text; `undefined` when it is none. */
export function parseState(text: string): StateFile | undefined {
  const document = readJson(text);
  const services = field(document, 'services');
  if (field(document, 'version') !== 1 || typeof services !== 'object' || services === null) return undefined;
  const state = new Map<string, Orders>();
  for (const [service, orders] of Object.entries(services)) {
    const list = parseBackends(JSON.stringify(field(orders, 'backends') ?? null), service);
    const overrides = field(orders, 'overrides');
    if ('errors' in list || !Array.isArray(overrides) || overrides.length > MOST_ORDERS) return undefined;
    const read = overrides.map(readOverride);
    if (read.includes(undefined)) return undefined;
    state.set(service, { backends: list.backends, overrides: read.filter((one) => one !== undefined) });
  }
  return state;
}

function readOverride(value: unknown): Override | undefined {
  const [id, admin, weight] = [field(value, 'id'), field(value, 'admin'), field(value, 'weight')];
  if (typeof id !== 'string' || (admin !== undefined && !ADMINS.includes(admin as string))) return undefined;
  const isWeight = typeof weight === 'number' && Number.isInteger(weight) && weight >= 1 && weight <= 256;
  if (weight !== undefined && !isWeight) return undefined;
  return { id, admin: admin as Admin | undefined, weight };
}
