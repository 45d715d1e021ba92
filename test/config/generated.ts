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
  if (nodes.length > 1 && random.chance(0.3)) lines.push('gateway: 192.0.2.1');
  if (nodes.length > 1 && random.chance(0.3)) lines.push('witness: [192.0.2.250, "2001:db8::fe"]');
  const serves = random.chance(0.5);
  if (random.chance(0.6))
    lines.push(`proxy: { profile: ${random.pick(['nginx', 'haproxy'])}${proxy(random, serves)} }`);
  if (serves) lines.push('services:', ...services(random));
  if (random.chance(0.3)) lines.push('sysctl: apply');
  if (random.chance(0.4)) lines.push('notify:', ...random.shuffle(RECEIVERS).slice(0, random.whole(1, 3)));
  if (random.chance(0.2)) lines.push('control: { listen: 127.0.0.1:9650 }');
  if (nodes.length > 1 && random.chance(0.4)) lines.push(`heartbeat: ${heartbeat(random, nodes)}`);
  return `${lines.join('\n')}\n`;
}

function heartbeat(random: Random, nodes: readonly string[]): string {
  const byNode = (place: (at: number) => string): string =>
    `{ ${nodes.map((node, at) => `${node}: ${place(at)}`).join(', ')} }`;
  const paths = [
    'eth9',
    byNode((at) => `ens${20 + at}`),
    '192.0.2.11',
    '"[2001:db8::11]:7000"',
    byNode((at) => `198.51.100.${11 + at}`),
    byNode((at) => `203.0.113.${11 + at}:6000`),
  ].filter(() => random.chance(0.5));
  const list = `[${[...paths, 'eth8'].join(', ')}]`;
  return random.chance(0.5) ? list : `{ paths: ${list}, key_file: /etc/other.key, port: 7112 }`;
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

const proxy = (random: Random, serves: boolean): string =>
  (random.chance(0.3) ? ', listen: [8080, 8443]' : '') +
  random.pick([
    '',
    ', mode: adopted, unit: x.service, pid_file: /run/x.pid',
    serves ? ', mode: managed, binary: /usr/sbin/x' : ', pid_file: /run/x.pid',
    serves ? ', mode: managed, managed: { user: www-data, drain: 1.5s }' : '',
    ', mode: adopted, unit: x.service, restart: { attempts: 5, backoff: 2s }',
    ', restart: { verify: 1.5s, settle: 0s, timeout: 5s, command: [/bin/x, a b] }',
  ]) +
  (random.chance(0.3) ? ', directory: /etc/x.d, include: [/etc/x.conf]' : '') +
  (random.chance(0.3) ? ', switch: { bake: 1s, drain: 1m }' : '') +
  (random.chance(0.3)
    ? `, apply: { quiet: ${random.whole(0, 999)}ms, ceiling: 1.5s, reloads: 3, refill: 1m, retry: 5s, check_timeout: 1s }`
    : '');

const RECEIVERS = [
  '  script: { exec: [/bin/notify, "a b; c"], user: root, on: [transition, proxy] }',
  '  mail: { smtp: 127.0.0.1:25, from: vipair@example.net, to: [ops@example.net], severity: warning }',
  '  login: { smtp: mail.example.net:587, from: a@b.net, to: c@d.net, tls: starttls, user: u, password_file: /etc/p }',
  '  hook: { webhook: "https://hooks.example.net/x?y=1", token_file: /etc/t, secret_file: /etc/s, timeout: 1500ms }',
];

const CHECKS = [
  'type: tcp, port: 81, jitter: 0ms',
  'type: http, path: "/h?a=1", interval: 1.5s, rise: 1',
  'type: http, status: [200, 301-302], match: "/a|b/i", host: app.example.net',
  'type: https, sni: app.example.net, match: ready, retry: 2, delay_before_retry: 250ms',
  'type: icmp, timeout: 300ms',
  'type: udp, send: "hex:00ff", expect: pong',
  'type: udp',
  'type: exec, command: [/bin/check, "{address}", "a b; c"], user: nobody',
];

const SOURCES = [
  '{ file: "/etc/vipair/backends.d/*.yaml" }',
  '{ dns: app.example.net., port: 8080 }',
  '{ dns: _http._tcp.example.net, type: SRV, resolver: [192.0.2.53, "[2001:db8::53]:5353"] }',
  '{ url: "http://192.0.2.40/b?x=1", interval: 7s }',
  '{ etcd: [http://192.0.2.31:2379], prefix: /vipair/, user: u, password: "p: #" }',
  '{ etcd: [https://192.0.2.31:2379], prefix: /vipair/, ca: /a.pem, cert: /b.pem, key: /c.pem }',
];

const HTTP_ONLY = [
  'stick: { cookie: SRV }',
  'health_path: /healthz',
  'forwarded: false',
  'keep_alive: 0',
  'sorry: "Back: soon # really"',
  'tls: { server_name: app.example.net }',
];

const ANY_MODE = [
  'proxy_protocol: 2',
  'timeouts: { connect: 1.5s, server: 2m }',
  'min_backends: 0',
  'on_empty: refuse',
  'tls: { verify: false }',
];

const services = (random: Random): string[] =>
  Array.from({ length: random.whole(1, 3) }, (_, at) => {
    const mode = random.pick(['http', 'tcp']);
    const parts = [`listen: [${8000 + at}, "192.0.2.101:${9000 + at}"]`, `mode: ${mode}`];
    if (random.chance(0.7)) parts.push(`check: { ${random.pick(CHECKS)} }`);
    parts.push(`balance: ${random.pick(['roundrobin', 'leastconn', 'source', 'random'])}`);
    const some = random.shuffle(mode === 'http' ? [...HTTP_ONLY, ...ANY_MODE.slice(0, -1)] : ANY_MODE);
    parts.push(...some.slice(0, random.whole(0, 3)));
    if (random.chance(0.5)) parts.push(`sources: [${random.shuffle(SOURCES).slice(0, random.whole(1, 3)).join(', ')}]`);
    const backends = [
      '192.0.2.21:80',
      'app.example.net:81',
      `{ address: "[2001:db8::2]:81", weight: ${random.whole(1, 256)}, name: six }`,
      '{ address: "2001:db8::3", port: 82, backup: true, max_connections: 7, slow_start: 30s }',
    ];
    parts.push(`backends: [${backends.slice(0, random.whole(1, 4)).join(', ')}]`);
    return `  s${at}: { ${parts.join(', ')} }`;
  });
