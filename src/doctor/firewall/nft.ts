import type { Base, Chain, Condition, Hook, Rule, Verdict } from './ruleset.ts';
import type { Packet } from './packet.ts';
import { fieldOf } from './field.ts';
import { anyOf, compare, equals, everyOf, isWithin, protocolNumber } from './value.ts';
import type { Scalar } from './value.ts';

/**
 * The rules of nftables, from `nft -j list ruleset` (libnftables-json(5)), with their wording from `nft -a list ruleset`.
 * The rules of iptables are among them where that is the one built on nftables; what it asks of its own modules is not
 * known here. Pure. Never throws on what the tool printed: a word that is not known is a condition that cannot be told.
 */

type Json = Readonly<Record<string, unknown>>;

/** All chains. `undefined` when the text is not what nft prints. */
export function readNft(json: string, listing: string): Chain[] | undefined {
  let entries: readonly Json[];
  try {
    entries = (JSON.parse(json) as { readonly nftables: readonly Json[] }).nftables;
    if (!Array.isArray(entries)) return undefined;
  } catch {
    return undefined;
  }
  const wording = readListing(listing);
  const of = (kind: string): Json[] =>
    entries.flatMap((entry) => (isObject(entry) && isObject(entry[kind]) ? [entry[kind]] : []));
  const sets = new Map([...of('set'), ...of('map')].map((set) => [idOf(set, set['name']), set['elem']]));
  const rules = of('rule');
  return of('chain').map((chain) => {
    const id = idOf(chain, chain['name']);
    const scope: Scope = { table: `${String(chain['family'])} ${String(chain['table'])}`, sets };
    return {
      ...{ id, name: id, tool: 'nft', base: baseOf(chain, wording.devices.get(id)) },
      families: familiesOf(chain['family']),
      rules: rules
        .filter((rule) => idOf(rule, rule['chain']) === id)
        .map((rule) => ruleOf(rule, wording.rules.get(`${id} ${String(rule['handle'])}`), scope)),
    };
  });
}

/** Where a rule's names are looked up. */
interface Scope {
  readonly table: string;
  readonly sets: ReadonlyMap<string, unknown>;
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;

const idOf = (entry: Json, name: unknown): string =>
  `${String(entry['family'])} ${String(entry['table'])} ${String(name)}`;

function familiesOf(family: unknown): ('ipv4' | 'ipv6')[] {
  if (family === 'ip') return ['ipv4'];
  if (family === 'ip6') return ['ipv6'];
  // Those of `bridge` and `arp` are for other packets.
  return family === 'inet' || family === 'netdev' ? ['ipv4', 'ipv6'] : [];
}

function baseOf(chain: Json, listed: readonly string[] | undefined): Base | undefined {
  const hook = chain['hook'];
  if (typeof hook !== 'string') return undefined;
  const device = chain['dev'];
  const devices = Array.isArray(device) ? device.map(String) : typeof device === 'string' ? [device] : listed;
  const policy = chain['policy'] === 'drop' ? 'drop' : 'accept';
  return { hook: hook as Hook, priority: Number(chain['prio'] ?? 0), policy, devices };
}

/** The wording of each rule by chain and handle, and the devices of each chain, which older versions give only here. */
function readListing(text: string): { rules: Map<string, string>; devices: Map<string, string[]> } {
  const rules = new Map<string, string>();
  const devices = new Map<string, string[]>();
  let [table, chain] = ['', ''];
  for (const line of text.split('\n')) {
    const head = /^\s*(table|chain) (.+?) \{/.exec(line);
    if (head?.[1] === 'table') table = head[2] ?? '';
    if (head?.[1] === 'chain') chain = head[2] ?? '';
    const rule = /^\s*(.+?) # handle (\d+)$/.exec(line);
    if (rule !== null && head === null) rules.set(`${table} ${chain} ${rule[2]}`, rule[1] ?? '');
    const hooked = /\bhook \w+ devices? (?:= )?(\{[^}]*\}|\S+)/.exec(line)?.[1];
    if (hooked !== undefined) devices.set(`${table} ${chain}`, hooked.match(/[^{}\s,"]+/g) ?? []);
  }
  return { rules, devices };
}

function ruleOf(rule: Json, wording: string | undefined, scope: Scope): Rule {
  const expressions = (Array.isArray(rule['expr']) ? rule['expr'] : []) as readonly unknown[];
  const conditions: Condition[] = [];
  let verdict: Rule['verdict'] = () => ({ kind: 'continue' });
  for (const expression of expressions.filter(isObject)) {
    const [kind = '', inner] = Object.entries(expression)[0] ?? [];
    const said = verdictOf(kind, inner, scope);
    if (kind === 'vmap') verdict = (packet) => mapped(inner, packet, scope);
    else if (said !== undefined) verdict = () => said;
    else if (kind === 'match') conditions.push((packet) => matches(inner, packet, scope));
    else if (!isHarmless(kind, inner)) conditions.push(() => undefined);
  }
  const text = wording ?? `rule ${String(rule['handle'])}`;
  return { conditions, verdict, text };
}

/** Statements that neither ask nor decide anything. */
const HARMLESS = new Set(['counter', 'log', 'mangle', 'notrack', 'set', 'map', 'flow', 'ct helper', 'secmark', 'dup']);

const isHarmless = (kind: string, inner: unknown): boolean =>
  HARMLESS.has(kind) ||
  (kind === 'xt' && isObject(inner) && ['comment', 'LOG', 'NFLOG'].includes(String(inner['name'])));

function verdictOf(kind: string, inner: unknown, scope: Scope): Verdict | undefined {
  const target = isObject(inner) ? String(inner['target']) : '';
  switch (kind) {
    case 'accept':
    case 'drop':
    case 'return':
    case 'continue':
      return { kind };
    case 'reject':
      return { kind: 'drop' };
    case 'xt':
      return isObject(inner) && inner['type'] === 'target' && inner['name'] === 'REJECT' ? { kind: 'drop' } : undefined;
    case 'jump':
    case 'goto':
      return { kind, chain: `${scope.table} ${target}` };
    case 'snat':
    case 'dnat':
    case 'masquerade':
    case 'redirect':
      return { kind: 'accept' };
    default:
      return undefined;
  }
}

function mapped(inner: unknown, packet: Packet, scope: Scope): Verdict | undefined {
  if (!isObject(inner)) return undefined;
  for (const pair of elementsOf(inner['data'], scope) ?? []) {
    const [key, action] = Array.isArray(pair) ? (pair as readonly unknown[]) : [];
    const answer = holds(inner['key'], 'in', key, packet, scope);
    if (answer === undefined) return undefined;
    const [kind = '', target] = isObject(action) ? (Object.entries(action)[0] ?? []) : [];
    if (answer) return verdictOf(kind, target, scope);
  }
  return { kind: 'continue' };
}

function matches(inner: unknown, packet: Packet, scope: Scope): boolean | undefined {
  return isObject(inner) ? holds(inner['left'], String(inner['op']), inner['right'], packet, scope) : undefined;
}

/** Whether what stands on the left has the relation to what stands on the right. */
function holds(left: unknown, op: string, right: unknown, packet: Packet, scope: Scope): boolean | undefined {
  if (op === '!=') {
    const field = isConcat(left) ? [] : fieldOf(left, packet);
    const same = field === 'none' ? undefined : holds(left, '==', right, packet, scope);
    // A packet without the field matches neither way.
    return field === 'none' ? false : same === undefined ? undefined : !same;
  }
  const wanted = elementsOf(right, scope);
  if (wanted === undefined) return undefined;
  if (isConcat(left)) {
    const parts = left.concat;
    return anyOf(
      wanted.map((each) => {
        const values = isConcat(unwrapped(each))
          ? (unwrapped(each) as { readonly concat: readonly unknown[] }).concat
          : [];
        return everyOf(parts.map((part, at) => holds(part, '==', values[at], packet, scope)));
      }),
    );
  }
  const field = fieldOf(left, packet);
  if (field === undefined || field === 'none') return field === 'none' ? false : undefined;
  const answers = field.map((value) => anyOf(wanted.map((each) => isOne(value, op, unwrapped(each)))));
  const isAlternative = isObject(left) && isObject(left['fib']);
  // Of a state that may be one or the other both have to give the same answer.
  if (isAlternative || new Set(answers).size === 1) return anyOf(answers);
  return undefined;
}

const isConcat = (value: unknown): value is { readonly concat: readonly unknown[] } =>
  isObject(value) && Array.isArray(value['concat']);

/** An element of a set may have a time-out or a comment around it. */
const unwrapped = (value: unknown): unknown =>
  isObject(value) && isObject(value['elem']) ? value['elem']['val'] : value;

/** The right side as a list; `undefined` for a set that is not known. */
function elementsOf(right: unknown, scope: Scope): readonly unknown[] | undefined {
  if (Array.isArray(right)) return right as readonly unknown[];
  if (isObject(right) && Array.isArray(right['set'])) return right['set'] as readonly unknown[];
  if (typeof right !== 'string' || !right.startsWith('@')) return [right];
  const id = `${scope.table} ${right.slice(1)}`;
  if (!scope.sets.has(id)) return undefined;
  const elements = scope.sets.get(id);
  return Array.isArray(elements) ? (elements as readonly unknown[]) : [];
}

function isOne(value: Scalar, op: string, wanted: unknown): boolean | undefined {
  if (isObject(wanted)) {
    if (isObject(wanted['prefix']))
      return isWithin(value, String(wanted['prefix']['addr']), Number(wanted['prefix']['len']));
    const range = wanted['range'];
    if (!Array.isArray(range)) return undefined;
    const [low, high] = (range as readonly Scalar[]).map((end) => compare(value, end));
    return low === undefined || high === undefined ? undefined : low >= 0 && high <= 0;
  }
  if (typeof wanted !== 'string' && typeof wanted !== 'number' && typeof wanted !== 'boolean') return undefined;
  if (op === '==' || op === 'in')
    return equals(value, wanted) || (typeof value === 'number' && protocolNumber(wanted) === value);
  const order = compare(value, wanted);
  if (order === undefined) return undefined;
  return op === '<'
    ? order < 0
    : op === '>'
      ? order > 0
      : op === '<='
        ? order <= 0
        : op === '>='
          ? order >= 0
          : undefined;
}
