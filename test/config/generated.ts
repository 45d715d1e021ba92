import { formatDuration } from '../../src/config/duration.ts';
import { milliseconds } from '../../src/wire/units.ts';

/** Random configuration files that are right, the same for the same seed. */
export function generateText(seed: number): string {
  const random = createRandom(seed);
  const nodes = Array.from({ length: random.whole(1, 4) }, (_, at) => `lb${at + 1}`);
  const top: string[] = [];
  if (random.chance(0.3)) top.push('preempt_fast: false');
  if (random.chance(0.3)) top.push('recover_after: 1500ms');
  if (random.chance(0.3)) top.push('garp: { repeat: 3 }');
  const vips = Array.from({ length: random.whole(1, 4) }, (_, at) => `  vip-${at}: ${vip(random, at, nodes)}`);
  const interfaces = nodes.map((node, at) => `${node}: ens${at}`).join(', ');
  const lines = [
    'nodes:',
    ...nodes.map((node, at) => `  ${node}: { addresses: [192.0.2.${11 + at}, "2001:db8::${11 + at}"] }`),
    random.chance(0.5) ? 'interface: eth0' : `interface: { ${interfaces} }`,
    ...top,
    'vips:',
    ...vips,
  ];
  if (random.chance(0.6)) lines.push(`proxy: { profile: ${random.pick(['nginx', 'haproxy'])}${proxy(random)} }`);
  if (random.chance(0.5)) lines.push('services:', ...services(random));
  if (random.chance(0.3)) lines.push('sysctl: apply');
  return `${lines.join('\n')}\n`;
}

/** A small generator (mulberry32), so that a failing seed can be run again. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  return {
    whole,
    chance: (share) => next() < share,
    pick: (items) => items[whole(0, items.length - 1)] as (typeof items)[number],
    shuffle: (items) =>
      items
        .map((item) => ({ item, at: next() }))
        .toSorted((a, b) => a.at - b.at)
        .map(({ item }) => item),
  };
}

export interface Random {
  whole(least: number, most: number): number;
  chance(share: number): boolean;
  pick<T>(items: readonly T[]): T;
  shuffle<T>(items: readonly T[]): T[];
}

function vip(random: Random, at: number, nodes: readonly string[]): string {
  const version = random.chance(0.3) ? 2 : 3;
  const order = random.shuffle(nodes);
  const parts = [`vrid: ${at + random.whole(0, 60) * 4 + 1}`, `version: ${version}`];
  const four = [`192.0.2.${100 + 2 * at}/24`, `198.51.100.${100 + at}`].slice(0, random.whole(1, 2));
  const six = version === 3 && random.chance(0.4) ? [`"2001:db8::${100 + at}/64"`] : [];
  parts.push(`addresses: [${[...four, ...six].join(', ')}]`);
  parts.push(random.chance(0.7) ? `prefer: [${order.join(', ')}]` : `priority: { ${priorities(random, order)} }`);
  const interval = version === 2 ? random.whole(1, 255) * 1000 : random.whole(1, 4095) * 10;
  if (version === 2 || random.chance(0.7)) parts.push(`interval: ${formatDuration(milliseconds(interval))}`);
  parts.push(
    `transport: ${random.pick(six.length > 0 ? ['multicast', 'unicast'] : ['multicast', 'unicast', 'broadcast'])}`,
  );
  if (version === 2 && random.chance(0.5))
    parts.push(`auth: ${random.pick(['s3cretpw', '"12345678"', '{ password: "a b" }', '"#"', '"true"'])}`);
  if (version === 3 && random.chance(0.3)) parts.push('checksum: message');
  if (random.chance(0.3)) parts.push('accept: false');
  parts.push(...reaction(random));
  if (random.chance(0.3)) parts.push(`lease: ${random.whole(600, 1000)}s`);
  if (random.chance(0.3))
    parts.push(`garp: { delay: ${random.whole(0, 9)}s, interval: ${random.whole(0, 99)}ms, refresh: 0s }`);
  if (random.chance(0.2)) parts.push(`interface: bond${at}.7`);
  return `{ ${parts.join(', ')} }`;
}

const priorities = (random: Random, order: readonly string[]): string =>
  order.map((node, at) => `${node}: ${200 - at * random.whole(1, 9) - at * 10}`).join(', ');

function reaction(random: Random): string[] {
  switch (random.whole(0, 3)) {
    case 0:
      return ['on_failure: lower', 'weight: 150'];
    case 1:
      return ['on_failure: stop', 'preempt: false'];
    case 2:
      return [`preempt_delay: ${random.whole(0, 1000)}s`];
    default:
      return [];
  }
}

const proxy = (random: Random): string =>
  (random.chance(0.3) ? ', pid_file: /run/x.pid' : '') + (random.chance(0.3) ? ', listen: [8080, 8443]' : '');

const services = (random: Random): string[] =>
  Array.from({ length: random.whole(1, 3) }, (_, at) => {
    const check = random.pick([
      '',
      ', check: { type: tcp }',
      ', check: { type: http, path: "/h?a=1", interval: 1.5s, rise: 1 }',
    ]);
    return `  s${at}: { listen: [${8000 + at}]${check}, balance: ${random.pick(['roundrobin', 'leastconn', 'source'])}, backends: [192.0.2.21:80, { address: "[2001:db8::2]:81", weight: ${random.whole(1, 256)} }] }`;
  });
