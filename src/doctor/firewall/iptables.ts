import type { Chain, Condition, Hook, Rule, Verdict } from './ruleset.ts';
import type { Packet } from './packet.ts';
import { TCP, UDP } from './packet.ts';
import { anyOf, compare, equals, isWithin, protocolNumber } from './value.ts';

/**
 * The rules of iptables, from `iptables-save` or `ip6tables-save` (iptables(8), iptables-extensions(8)). Pure. Never
 * throws on what the tool printed: a word that is not known is a condition that cannot be told.
 */

/** The tables in the order in which the kernel asks them. */
const TABLES: Readonly<Record<string, number>> = { raw: -300, mangle: -150, nat: -100, filter: 0, security: 50 };

/** All chains of all tables. */
export function readIptables(text: string, tool: 'iptables' | 'ip6tables'): Chain[] {
  const chains = new Map<string, Chain & { readonly rules: Rule[] }>();
  let table = 'filter';
  for (const line of text.split('\n')) {
    const policy = /^:(\S+) (\S+)/.exec(line);
    const rule = /^-A (\S+) ?(.*)$/.exec(line);
    if (line.startsWith('*')) table = line.slice(1).trim();
    else if (policy !== null) {
      const [, name = '', word = ''] = policy;
      chains.set(`${table} ${name}`, {
        ...{ id: `${tool} ${table} ${name}`, name: `${table} ${name}`, tool, rules: [] },
        families: [tool === 'iptables' ? 'ipv4' : 'ipv6'],
        base: word === '-' ? undefined : baseOf(table, name, word),
      });
    } else if (rule !== null)
      chains.get(`${table} ${rule[1]}`)?.rules.push(ruleOf(line, rule[2] ?? '', `${tool} ${table}`));
  }
  return [...chains.values()];
}

/** A rule that nft cannot tell, because it asks a module of iptables. */
export const hasModules = (json: string): boolean => json.includes('"xt"');

/**
 * The chains of nft, with those that iptables has made replaced by what iptables itself says of them: nft shows the
 * modules that they ask only by name. `saved` is what `iptables-save` and `ip6tables-save` print.
 */
export function withSaved(
  chains: readonly Chain[],
  saved: readonly { readonly tool: 'iptables' | 'ip6tables'; readonly text: string }[],
): Chain[] {
  const read = saved.flatMap(({ tool, text }) => readIptables(text, tool));
  const told = new Set(read.map(({ id }) => id.replace(/^iptables/, 'ip').replace(/^ip6tables/, 'ip6')));
  return [...chains.filter(({ id }) => !told.has(id)), ...read];
}

const baseOf = (table: string, name: string, policy: string): Chain['base'] => ({
  hook: name.toLowerCase() as Hook,
  priority: TABLES[table] ?? 0,
  policy: policy === 'DROP' ? 'drop' : 'accept',
  devices: undefined,
});

function ruleOf(text: string, body: string, table: string): Rule {
  const words = body.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? [];
  const conditions: Condition[] = [];
  let verdict: Verdict = { kind: 'continue' };
  let isNegated = false;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '!') {
      isNegated = true;
      continue;
    }
    const value = words[at + 1] ?? '';
    if (word === '-j' || word === '-g') {
      verdict = verdictOf(word, value, table);
      break;
    }
    if (!word.startsWith('-')) continue;
    const condition = conditionOf(word, value);
    const negated = isNegated;
    if (condition !== undefined)
      conditions.push((packet) => {
        const holds = condition(packet);
        return holds === undefined || !negated ? holds : !holds;
      });
    isNegated = false;
  }
  return { conditions, verdict: () => verdict, text };
}

function verdictOf(word: string, target: string, table: string): Verdict {
  switch (target) {
    case 'ACCEPT':
      return { kind: 'accept' };
    case 'DROP':
    case 'REJECT':
      return { kind: 'drop' };
    case 'RETURN':
      return { kind: 'return' };
    case 'DNAT':
    case 'SNAT':
    case 'MASQUERADE':
    case 'REDIRECT':
      return { kind: 'accept' };
    default:
      // A chain of the table; the targets of extensions, such as LOG, are none and let the packet go on.
      return { kind: word === '-g' ? 'goto' : 'jump', chain: `${table} ${target}` };
  }
}

/** `undefined` for a word that asks nothing. */
function conditionOf(word: string, value: string): Condition | undefined {
  switch (word) {
    case '-p':
      return ({ protocol }) => value === 'all' || protocolNumber(value) === protocol;
    case '-s':
      return ({ source }) => (source === undefined ? undefined : isInNetwork(source, value));
    case '-d':
      return ({ destination }) => isInNetwork(destination, value);
    case '-i':
      return ({ direction, interface: name }) => direction === 'in' && equals(name, value);
    case '-o':
      return ({ direction, interface: name }) => direction === 'out' && equals(name, value);
    case '--dport':
    case '--dports':
      return (packet) => isOnPort(packet, packet.destinationPort, value);
    case '--sport':
    case '--sports':
      return (packet) => isOnPort(packet, packet.sourcePort, value);
    case '--state':
    case '--ctstate':
      return ({ states }) => inStates(states, value.toLowerCase().split(','));
    case '--dst-type':
      return ({ cast, direction }) =>
        equals(cast === 'unicast' && direction === 'in' ? 'LOCAL' : cast.toUpperCase(), value);
    case '--pkt-type':
      return ({ cast, direction }) => (direction === 'in' ? equals(cast, value) : undefined);
    case '-m':
      return SILENT.has(value) ? undefined : () => undefined;
    case '--comment':
    case '--log-prefix':
    case '--reject-with':
      return undefined;
    default:
      return () => undefined;
  }
}

/** Modules whose options are understood here, or that ask nothing. */
const SILENT = new Set(['tcp', 'udp', 'multiport', 'state', 'conntrack', 'addrtype', 'pkttype', 'comment']);

function isInNetwork(address: string, network: string): boolean {
  const [base = '', length] = network.split('/');
  return isWithin(address, base, length === undefined ? (base.includes(':') ? 128 : 32) : Number(length));
}

function isOnPort({ protocol }: Packet, port: number | undefined, ports: string): boolean | undefined {
  if (protocol !== TCP && protocol !== UDP) return false;
  if (port === undefined) return undefined;
  return anyOf(
    ports.split(',').map((each) => {
      const [low = '', high = low] = each.split(':');
      const [from, to] = [compare(port, low), compare(port, high)];
      return from === undefined || to === undefined ? undefined : from >= 0 && to <= 0;
    }),
  );
}

function inStates(states: Packet['states'], wanted: readonly string[]): boolean | undefined {
  const answers = new Set(states.map((state) => wanted.includes(state)));
  return answers.size === 1 ? [...answers][0] : undefined;
}
