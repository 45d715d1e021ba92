import { formatListen } from './listen.ts';
import type { ReceiverConfig } from './notifyconfig.ts';
import { showReceiver } from './shownotify.ts';
import { differenceText } from './difftext.ts';
import { showHeartbeat, showNode, showProxy, showVip } from './show.ts';
import type { HostCheckConfig } from './hostcheckconfig.ts';
import { showHostCheck } from './showcheck.ts';
import { showService } from './showservice.ts';
import type { Config, NodeConfig, ProxyConfig, ServiceConfig, VipConfig } from './config.ts';

/**
 * What a reload would change. Pure, and empty when nothing changes: the order of nodes, VIPs and services in the file
 * means nothing, the order of the addresses within a VIP does, because advertisements list them so.
 */
export function diffConfig(old: Config, next: Config): readonly Change[] {
  return [
    ...named('node', old.nodes, next.nodes, { keys: NODE_SETTINGS, show: showNode }),
    ...named('vip', old.vips, next.vips, { keys: VIP_SETTINGS, show: (vip) => showVip(vip) }),
    ...named('service', old.services, next.services, { keys: SERVICE_SETTINGS, show: showService }),
    ...named('check', old.checks.map(defined), next.checks.map(defined), {
      keys: ['definition'],
      show: ({ definition }) => showHostCheck(definition),
    }),
    ...proxyChanges(old, next),
    ...heartbeatChanges(old, next),
    ...reachChanges('gateway', old.gateway, next.gateway),
    ...reachChanges('witness', old.witnesses.join(', '), next.witnesses.join(', ')),
    ...sysctlChanges(old, next),
    ...named('notify', old.notify.map(asOne), next.notify.map(asOne), RECEIVER),
    ...controlChanges(old, next),
  ];
}

/** One difference between two configurations. */
export interface Change {
  readonly subject:
    | 'node'
    | 'vip'
    | 'service'
    | 'check'
    | 'proxy'
    | 'sysctl'
    | 'heartbeat'
    | 'gateway'
    | 'witness'
    | 'notify'
    | 'control';
  readonly kind: 'added' | 'removed' | 'changed';
  /** Of the node, VIP or service; `undefined` where there is only one. */
  readonly name: string | undefined;
  /** The field of the resolved configuration that changed; `undefined` for what was added or removed as a whole. */
  readonly setting: string | undefined;
  /** For people, such as `vip web-1: interval 200ms -> 1s`. Never holds a password. */
  readonly text: string;
}

const NODE_SETTINGS = ['addresses'] as const satisfies readonly (keyof NodeConfig)[];

/** Complete by type: a setting that is not compared is a reload that does nothing. */
const VIP_SETTINGS = Object.keys({
  vrid: true,
  interfaces: true,
  addresses: true,
  prefer: true,
  priorities: true,
  version: true,
  interval: true,
  transport: true,
  password: true,
  preempt: true,
  preemptDelay: true,
  preemptFast: true,
  checksum: true,
  accept: true,
  onFailure: true,
  recoverAfter: true,
  recoverMax: true,
  lease: true,
  garp: true,
  trackBackends: true,
  track: true,
} satisfies Record<Exclude<keyof VipConfig, 'name'>, true>) as readonly Exclude<keyof VipConfig, 'name'>[];

const SERVICE_SETTINGS = Object.keys({
  listen: true,
  mode: true,
  balance: true,
  stick: true,
  tls: true,
  proxyProtocol: true,
  healthPath: true,
  forwarded: true,
  timeouts: true,
  keepAlive: true,
  check: true,
  minBackends: true,
  onEmpty: true,
  sorry: true,
  sources: true,
  backends: true,
} satisfies Record<Exclude<keyof ServiceConfig, 'name'>, true>) as readonly Exclude<keyof ServiceConfig, 'name'>[];

const PROXY_SETTINGS = Object.keys({
  profile: true,
  mode: true,
  binary: true,
  unit: true,
  start: true,
  directory: true,
  include: true,
  pidFile: true,
  process: true,
  listen: true,
  profiles: true,
  switching: true,
  probe: true,
  apply: true,
  restart: true,
  managed: true,
} satisfies Record<keyof ProxyConfig, true>) as readonly (keyof ProxyConfig)[];

/** The kinds of checks have different settings, so one is compared as a whole. */
const defined = (check: HostCheckConfig): { readonly name: string; readonly definition: HostCheckConfig } => ({
  name: check.name,
  definition: check,
});

/** The fields that are compared, and how the whole is written. */
interface Settings<T, K extends keyof T & string> {
  readonly keys: readonly K[];
  readonly show: (item: T) => object;
}

type Owner = Pick<Change, 'subject' | 'name'>;

function named<T extends { readonly name: string }, K extends keyof T & string>(
  subject: Change['subject'],
  old: readonly T[],
  next: readonly T[],
  settings: Settings<T, K>,
): Change[] {
  const before = new Map(old.map((item) => [item.name, item]));
  const after = new Map(next.map((item) => [item.name, item]));
  const removed = old.filter(({ name }) => !after.has(name)).map(({ name }) => whole(subject, name, 'removed'));
  const others = next.flatMap((item): Change[] => {
    const { name } = item;
    const was = before.get(name);
    return was === undefined ? [whole(subject, name, 'added')] : compare({ subject, name }, was, item, settings);
  });
  return [...removed, ...others];
}

function proxyChanges({ proxy: old }: Config, { proxy: next }: Config): Change[] {
  if (old === undefined || next === undefined) {
    if (old === next) return [];
    return [whole('proxy', undefined, old === undefined ? 'added' : 'removed')];
  }
  return compare({ subject: 'proxy', name: undefined }, old, next, { keys: PROXY_SETTINGS, show: showProxy });
}

function reachChanges(subject: 'gateway' | 'witness', old: string | undefined, next: string | undefined): Change[] {
  if (old === next) return [];
  const text = `${subject}: ${old === undefined || old === '' ? 'none' : old} -> ${next === undefined || next === '' ? 'none' : next}`;
  return [{ subject, kind: 'changed', name: undefined, setting: 'value', text }];
}

/** What is said of a receiver depends on its kind, so it is compared as a whole. */
const asOne = (receiver: ReceiverConfig): { name: string; receiver: ReceiverConfig } => ({
  name: receiver.name,
  receiver,
});

const RECEIVER: Settings<ReturnType<typeof asOne>, 'receiver'> = {
  keys: ['receiver'],
  show: ({ receiver }) => showReceiver(receiver),
};

function controlChanges({ listen: old }: Config, { listen: next }: Config): Change[] {
  const show = (one: Config['listen']): string => (one === undefined ? 'none' : formatListen(one));
  if (show(old) === show(next)) return [];
  const setting = { subject: 'control', kind: 'changed', name: undefined, setting: 'listen' } as const;
  return [{ ...setting, text: `control: listen ${show(old)} -> ${show(next)}` }];
}

function sysctlChanges({ sysctl: old }: Config, { sysctl: next }: Config): Change[] {
  if (old === next) return [];
  const setting = { subject: 'sysctl', kind: 'changed', name: undefined, setting: 'value' } as const;
  return [{ ...setting, text: `sysctl: ${old} -> ${next}` }];
}

function heartbeatChanges({ heartbeat: old }: Config, { heartbeat: next }: Config): Change[] {
  if (old === undefined || next === undefined) {
    if (old === next) return [];
    return [whole('heartbeat', undefined, old === undefined ? 'added' : 'removed')];
  }
  const owner = { subject: 'heartbeat', name: undefined } as const;
  return compare(owner, old, next, { keys: ['keyFile', 'port', 'paths'], show: showHeartbeat });
}

function compare<T, K extends keyof T & string>(owner: Owner, old: T, next: T, settings: Settings<T, K>): Change[] {
  const { keys, show } = settings;
  return keys
    .filter((setting) => canonical(old[setting]) !== canonical(next[setting]))
    .map((setting): Change => {
      const written = WRITTEN[setting] ?? [snakeCase(setting)];
      const text = differenceText(written, { ...show(old) }, { ...show(next) }) ?? `${snakeCase(setting)} changed`;
      return { ...owner, kind: 'changed', setting, text: `${title(owner)}: ${text}` };
    });
}

const RECEIVER_KINDS = ['exec', 'smtp', 'webhook'];
const RECEIVER_FILES = ['token_file', 'secret_file', 'ca_file'];

/** Where a field is written that the file calls otherwise. */
const WRITTEN: Readonly<Record<string, readonly string[]>> = {
  interfaces: ['interface'],
  prefer: ['prefer', 'priority'],
  priorities: ['prefer', 'priority'],
  password: ['auth'],
  onFailure: ['on_failure', 'weight'],
  switching: ['switch'],
  trackBackends: ['track'],
  receiver: [
    ...RECEIVER_KINDS,
    'from',
    'to',
    'tls',
    'user',
    'password_file',
    ...RECEIVER_FILES,
    'on',
    'severity',
    'timeout',
  ],
  definition: [
    ...['command', 'user', 'interface', 'file', 'when', 'gateway', 'headroom'],
    ...['interval', 'timeout', 'rise', 'fall'],
  ],
};

const snakeCase = (field: string): string => field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const whole = (subject: Change['subject'], name: string | undefined, kind: 'added' | 'removed'): Change => ({
  subject,
  kind,
  name,
  setting: undefined,
  text: `${title({ subject, name })}: ${kind}`,
});

const title = ({ subject, name }: Owner): string => (name === undefined ? subject : `${subject} ${name}`);

/** JSON with sorted keys: equal values are equal texts. */
export function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_, inner: unknown) => {
      if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
      return Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    }) ?? 'none'
  );
}
