import type { Status, VipStatus, WarningCode } from '../../control/status.ts';
import { finding } from '../finding.ts';
import type { Finding } from '../finding.ts';
import { judgeViews } from './views.ts';

/** What came of asking one host. Times are those of whoever asks, wall clock, milliseconds since 1970. */
export interface Answer {
  /** The node's name as whoever asks knows it. */
  readonly name: string;
  readonly place: string;
  readonly status: Status | undefined;
  /** Why there is none. */
  readonly trouble: string;
  readonly askedAt: number;
  readonly answeredAt: number;
}

/** An answer that came. */
export interface Told extends Answer {
  readonly status: Status;
}

/** Clocks that are further apart than that, and than the asking took, are wrong. */
const APART_MS = 2000;

/**
 * What the hosts of a pair say, held against each other: the third prevention of split brain, from wherever both can be
 * reached. Pure. Each host knows its own half; that two hold one VIP, or that one hears the other and not the other way
 * round, only shows from outside.
 */
export function judgePair(answers: readonly Answer[]): Finding[] {
  const told = answers.filter((answer): answer is Told => answer.status !== undefined);
  const same = namesakes(told);
  const pairs = told.flatMap((one, index) => told.slice(index + 1).map((other) => [one, other] as const));
  const compared =
    same.length > 0
      ? []
      : [
          ...holders(told, answers),
          ...pairs.flatMap(([a, b]) => [...hearing(a, b), ...settings(a, b), ...clocks(a, b), ...judgeViews(a, b)]),
        ];
  const silent = answers.flatMap((answer) => (answer.status === undefined ? [silence(answer, told)] : []));
  const found = [...same, ...silent, ...compared, ...proxies(told)];
  return [...found, ...told.flatMap((one) => warnings(one, found))];
}

function namesakes(told: readonly Told[]): Finding[] {
  const places = groupsOf(told, ({ status }) => status.node);
  return [...places].flatMap(([node, all]) => {
    if (all.length < 2) return [];
    const text = `${all.map(({ place }) => place).join(' and ')} both say that they are "${node}"`;
    return [
      finding(
        'PEER-SAME',
        node,
        text,
        'correct the addresses; if these are two hosts, see their host names and --node',
      ),
    ];
  });
}

/** A host that does not answer, with what the others say of it. */
function silence({ name, place, trouble }: Answer, told: readonly Told[]): Finding {
  const views = told.map(({ status }) => viewOf(name, status));
  const said = views.map(({ words }) => words);
  const text = [`${name} does not answer at ${place} (${trouble})`, ...said].join('; ');
  const lives = views.some(({ isAlive }) => isAlive);
  const fix = lives
    ? `the daemon lives: see "control: { listen }" and the firewall on ${name}`
    : `see that host, and \`systemctl status vipair\` there`;
  return finding('PEER-SILENT', name, text, fix, lives ? 'warning' : 'error');
}

function viewOf(name: string, { node, pair, vips }: Status): { readonly words: string; readonly isAlive: boolean } {
  const held = vips.filter(({ holder }) => holder === name).map(({ vip, family }) => `${vip}/${family}`);
  const holds = held.length === 0 ? 'sees it hold no VIP' : `sees it hold ${held.join(', ')}`;
  const peer = pair?.peers.find((each) => each.node === name);
  const heard = peer?.heard === true;
  const hears = peer === undefined ? '' : heard ? 'hears its heartbeat and ' : 'does not hear its heartbeat and ';
  return { words: `${node} ${hears}${holds}`, isAlive: heard || held.length > 0 };
}

/** Who holds each VIP: exactly one host is right. */
function holders(told: readonly Told[], answers: readonly Answer[]): Finding[] {
  const all = told.flatMap(({ status }) => status.vips.map((vip) => ({ node: status.node, ...vip })));
  const nodes = new Set(told.map(({ status }) => status.node));
  const isComplete = told.length === answers.length;
  return [...groupsOf(all, ({ vip, family }) => `${vip}/${family}`)].flatMap(([key, views]) => {
    const active = views.filter(({ state }) => state === 'active');
    const names = active.map(({ node }) => node);
    if (names.length > 1) {
      const text = `${key} is held by ${names.join(' and ')} at once: ${views.map(viewWords).join('; ')}`;
      return [
        finding('VIP-TWICE', key, text, 'mend the link between the hosts; until then stop the daemon of one of them'),
      ];
    }
    // Of a holder that has not answered, or was not asked, nobody here knows better.
    const isElsewhere = views.some(({ holder }) => holder !== null && !nodes.has(holder));
    if (names.length === 1 || isElsewhere) return [];
    const whom = isComplete ? 'nobody' : 'nobody that answers';
    const text = `${key} is held by ${whom}: ${views.map(viewWords).join('; ')}`;
    return [
      finding('VIP-NOWHERE', key, text, `see the reasons; \`vipair explain ${views[0]?.vip ?? ''}\` on each host`),
    ];
  });
}

const viewWords = ({ node, state, reason }: VipStatus & { readonly node: string }): string =>
  `${node} is ${state} (${reason})`;

/** Who hears whom over the heartbeat. */
function hearing(a: Told, b: Told): Finding[] {
  const [one, other] = [a.status, b.status];
  const pairing = `${one.node} and ${other.node}`;
  if ((one.pair === null) !== (other.pair === null)) {
    const [without, beside] = one.pair === null ? [one, other] : [other, one];
    const text = `${beside.node} has a heartbeat in force and ${without.node} has none`;
    return [
      finding(
        'PEER-HEARTBEAT',
        pairing,
        text,
        `see the file and the key on ${without.node}, and run \`vipair reload\``,
      ),
    ];
  }
  const heard = [heardBy(one, other), heardBy(other, one)];
  if (heard.some((each) => each === undefined)) return [];
  const [there, back] = heard as [Hearing, Hearing];
  if (!there.isHeard && !back.isHeard) {
    const text = `${one.node} and ${other.node} both live, and neither hears the heartbeat of the other`;
    return [
      finding('PEER-HEARTBEAT', pairing, text, 'see the key files, and cable, switch and firewall of every path'),
    ];
  }
  const paths = there.paths.flatMap(({ path, heard: isHeard }) => {
    const isBack = back.paths.find((each) => each.path === path)?.heard ?? isHeard;
    if (isHeard && isBack) return [];
    if (!isHeard && !isBack) return [`${path}: nothing passes in either direction`];
    const [hears, deaf] = isHeard ? [one.node, other.node] : [other.node, one.node];
    return [`${path}: ${hears} hears ${deaf}, and ${deaf} does not hear ${hears}`];
  });
  return paths.map((text) =>
    finding(
      'PEER-HEARTBEAT',
      pairing,
      `heartbeat ${text}`,
      'see cable, switch and firewall (UDP) of that path and direction',
    ),
  );
}

interface Hearing {
  readonly isHeard: boolean;
  readonly paths: readonly { readonly path: string; readonly heard: boolean }[];
}

function heardBy({ pair }: Status, { node }: Status): Hearing | undefined {
  const peer = pair?.peers.find((each) => each.node === node);
  return peer && { isHeard: peer.heard, paths: peer.paths };
}

function settings({ status: a }: Told, { status: b }: Told): Finding[] {
  const pairing = `${a.node} and ${b.node}`;
  const [one, other] = [a.config.digest, b.config.digest];
  const configs =
    one === undefined || other === undefined || one === other
      ? []
      : [
          finding(
            'PEER-CONFIG',
            pairing,
            `${a.node} has configuration ${one} in force since ${a.config.loadedAt}, ${b.node} ${other} since ${b.config.loadedAt}`,
            'give all hosts the same file and run `vipair reload` on each',
          ),
        ];
  if (a.version === b.version) return configs;
  const text = `${a.node} runs version ${a.version}, ${b.node} ${b.version}`;
  return [...configs, finding('PEER-VERSION', pairing, text, 'install the same version on all hosts')];
}

/** By the time that each host had when it answered; how long it took to answer is doubt. */
function clocks(a: Told, b: Told): Finding[] {
  const ahead = ({ status, askedAt, answeredAt }: Told): number => Date.parse(status.at) - (askedAt + answeredAt) / 2;
  const doubt = (a.answeredAt - a.askedAt + b.answeredAt - b.askedAt) / 2;
  const apart = ahead(a) - ahead(b);
  if (!(Math.abs(apart) > APART_MS + doubt)) return [];
  const [fast, slow] = apart > 0 ? [a, b] : [b, a];
  const text = `the clock of ${fast.status.node} is ${(Math.abs(apart) / 1000).toFixed(1)} s ahead of that of ${slow.status.node}`;
  return [
    finding('PEER-CLOCK', `${a.status.node} and ${b.status.node}`, text, 'run chrony or systemd-timesyncd on both'),
  ];
}

function proxies(told: readonly Told[]): Finding[] {
  const dead = told.filter(({ status }) => status.proxy?.state === 'dead');
  return told.flatMap(({ status: { node, proxy } }) => {
    if (proxy === null || proxy.state === 'well') return [];
    const severity = dead.length === told.length ? 'error' : 'warning';
    const text = `the proxy of ${node} is ${proxy.state}: ${proxy.reason}`;
    return [finding('PEER-PROXY', node, text, `see \`vipair status\` on ${node}`, severity)];
  });
}

/** What a finding here says better than a host's own warning of the same. */
const COVERED: Partial<Record<WarningCode, Finding['code']>> = {
  'address-conflict': 'VIP-TWICE',
  'config-drift': 'PEER-CONFIG',
  'backends-seen-differently': 'PEER-BACKENDS',
  'backends-differ': 'PEER-BACKENDS',
  'path-lost': 'PEER-HEARTBEAT',
  'path-one-way': 'PEER-HEARTBEAT',
};

function warnings({ status: { node, warnings: all } }: Told, found: readonly Finding[]): Finding[] {
  return all.flatMap(({ code, text }) => {
    const isCovered = found.some((each) => each.code === COVERED[code]);
    return isCovered
      ? []
      : [finding('PEER-WARNING', node, `${node}: ${text} (${code})`, `see \`vipair status\` on ${node}`)];
  });
}

function groupsOf<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}
