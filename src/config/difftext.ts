import { stringify } from 'yaml';

/**
 * What changed of a setting, as the user writes it: `interval 200ms -> 100ms`. Both sides are what `showConfig` would
 * write, so durations have units, and keys are those of the file.
 */
export type Shown = Readonly<Record<string, unknown>>;

/** A change of several values of one setting is cut here; nobody reads on. */
const MOST_CHARACTERS = 160;

/** The differences under some keys of two written forms, `undefined` when there is none to be seen. */
export function differenceText(keys: readonly string[], old: Shown, next: Shown): string | undefined {
  const parts = keys.flatMap((key) => differences(key, old[key], next[key]));
  if (parts.length === 0) return undefined;
  const text = parts.join(', ');
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS - 3)}...` : text;
}

function differences(name: string, old: unknown, next: unknown): string[] {
  if (JSON.stringify(old) === JSON.stringify(next)) return [];
  if (isSecret(name)) return [`${name} changed`];
  if (isMapping(old) && isMapping(next)) {
    const keys = new Set([...Object.keys(old), ...Object.keys(next)]);
    return [...keys].flatMap((key) => differences(`${name}.${key}`, old[key], next[key]));
  }
  if (isLong(old) && isLong(next)) return itemChanges(name, old, next);
  return [`${name} ${flow(old)} -> ${flow(next)}`];
}

/** Of a list of mappings only what came and went. */
function itemChanges(name: string, old: readonly unknown[], next: readonly unknown[]): string[] {
  const [before, after] = [old.map(flow), next.map(flow)];
  const gone = before.filter((item) => !after.includes(item)).map((item) => `${name} without ${item}`);
  const added = after.filter((item) => !before.includes(item)).map((item) => `${name} with ${item}`);
  return gone.length + added.length === 0 ? [`${name} in another order`] : [...gone, ...added];
}

const isLong = (value: unknown): value is readonly unknown[] => Array.isArray(value) && value.some(isMapping);

const isMapping = (value: unknown): value is Shown =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSecret = (name: string): boolean => /(^|\.)(auth|password)$/.test(name);

/** A value on one line, as it may stand in the file. */
function flow(value: unknown): string {
  if (value === undefined) return 'none';
  const text = stringify(hidden(value), { collectionStyle: 'flow', lineWidth: 0 }).trim();
  return text
    .replaceAll(/\s*\n\s*/g, ' ')
    .replaceAll('[ ', '[')
    .replaceAll(' ]', ']');
}

/** Passwords of mappings within lists are never told. */
const hidden = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (key, inner: unknown) => (key === 'password' ? '***' : inner)) as unknown;
