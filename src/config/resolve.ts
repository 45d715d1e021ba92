import { milliseconds, seconds } from '../wire/units.ts';
import { checkAddresses } from './address.ts';
import type { Config, NodeConfig, VipAddress, VipConfig } from './config.ts';
import { checkElection, readElection } from './election.ts';
import { resolveNotify } from './notify.ts';
import { resolveHeartbeat } from './heartbeat.ts';
import { resolveProxy } from './proxy.ts';
import type { RawConfig, RawSettings, RawVip } from './raw.ts';
import { checkReach } from './reach.ts';
import type { Path, Report } from './report.ts';
import { resolveHostChecks, trackedChecks } from './hostcheck.ts';
import { resolveServices } from './service.ts';
import { checkSegments } from './segment.ts';
import { checkSettings, defaultInterval, defaultLease, settingsOf } from './setting.ts';
import type { Settings } from './setting.ts';
import { resolveTrack } from './track.ts';
import { unknownNode } from './suggestion.ts';

/**
 * From the file as it was written to the configuration as it holds: defaults, references, and every rule about two
 * things at once. The returned configuration is only good when the report has no error; rules are checked on it all
 * the same, so that one run tells about every mistake.
 */
export function resolve(raw: RawConfig, report: Report): Config {
  const nodes = resolveNodes(raw, report);
  const services = resolveServices(raw.services ?? {}, report);
  const vips = Object.keys(raw.vips).map((name) => resolveVip(raw, name, { nodes, services }, report));
  const proxy = resolveProxy(raw, services, report);
  const heartbeat = resolveHeartbeat(raw, nodes, vips, report);
  const checks = resolveHostChecks(raw, report);
  const notify = resolveNotify(raw.notify ?? {}, report);
  const sysctl = raw.sysctl ?? 'check';
  const reach = { gateway: raw.gateway, witnesses: raw.witness ?? [] };
  const listen = raw.control?.listen;
  const config: Config = { nodes, vips, proxy, services, checks, sysctl, notify, listen, heartbeat, ...reach };
  checkAddresses(config, (vip, index) => placeOf(['vips', vip], raw.vips[vip] ?? {}, index), report);
  checkSegments(config, report);
  checkReach(config, report);
  checkUse(raw, config, report);
  return config;
}

function resolveNodes(raw: RawConfig, report: Report): NodeConfig[] {
  const seen = new Map<string, string>();
  return Object.entries(raw.nodes).map(([name, node]) => {
    const path = ['nodes', name];
    const addresses = oneOf(node.address, node.addresses, path, '"address: 192.0.2.11"', report);
    for (const [index, address] of addresses.entries()) {
      const other = seen.get(address);
      if (other !== undefined) {
        report.error(
          placeOf(path, node, index),
          `${address} is the address of ${other} already; each node has its own`,
        );
      }
      seen.set(address, name);
    }
    const families = new Set(addresses.map((address) => address.includes(':')));
    if (families.size < addresses.length) {
      report.error(
        [...path, 'addresses'],
        'has two addresses of one family; write at most one IPv4 and one IPv6 address',
      );
    }
    const lower = Object.keys(raw.nodes).find((other) => other !== name && other.toLowerCase() === name.toLowerCase());
    if (lower !== undefined)
      report.error(path, `differs from "${lower}" in case only, which host names do not tell apart`);
    return { name, addresses };
  });
}

function resolveVip(
  raw: RawConfig,
  name: string,
  { nodes, services }: Pick<Config, 'nodes' | 'services'>,
  report: Report,
): VipConfig {
  const vip = raw.vips[name] as RawVip;
  const path = ['vips', name];
  const settings = settingsOf(raw, name);
  const { get } = settings;
  const version = get('version') ?? 3;
  const interval = get('interval') ?? defaultInterval(version);
  const addresses = oneOf(vip.address, vip.addresses, path, '"address: 192.0.2.101/24"', report);
  const { prefer, priorities } = readElection(name, vip, nodes, report);
  const preempt = get('preempt') ?? true;
  const lease = get('lease');
  const auth = get('auth');
  const garp = { ...raw.garp, ...vip.garp };
  const recoverAfter = get('recover_after') ?? RECOVER_AFTER;
  const resolved: VipConfig = {
    name,
    vrid: vip.vrid,
    interfaces: resolveInterfaces(raw, name, prefer, report),
    addresses,
    prefer,
    priorities,
    version,
    interval,
    transport: get('transport') ?? 'multicast',
    password: typeof auth === 'object' ? auth.password : auth,
    preempt,
    preemptDelay: (preempt ? get('preempt_delay') : undefined) ?? NONE,
    preemptFast: get('preempt_fast') ?? true,
    checksum: (usesChecksum(version, addresses) ? get('checksum') : undefined) ?? 'pseudo-header',
    accept: get('accept') ?? true,
    onFailure: resolveReaction(settings, report),
    recoverAfter,
    recoverMax: milliseconds(Math.max(recoverAfter, get('recover_max') ?? GROWTH * recoverAfter)),
    lease: lease === undefined ? defaultLease(interval) : seconds(lease / 1000),
    garp: {
      repeat: garp.repeat ?? 5,
      delay: garp.delay ?? (5000 as VipConfig['interval']),
      interval: garp.interval ?? NONE,
      refresh: garp.refresh ?? (60_000 as VipConfig['interval']),
    },
    trackBackends: resolveTrack(settings, raw, services, report),
    track: trackedChecks(raw, name),
  };
  checkSettings(resolved, settings, report);
  checkElection(resolved, raw, nodes, settings, report);
  return resolved;
}

const NONE = milliseconds(0);

/** Longer than a service takes that goes up and down every few seconds, so that it moves its VIPs once. */
const RECOVER_AFTER = milliseconds(10_000);

/** How many times that it may grow to. */
const GROWTH = 12;

/** Only VRRPv3 over IPv4 has two forms of the checksum. */
const usesChecksum = (version: 2 | 3, addresses: readonly VipAddress[]): boolean =>
  version === 3 && addresses.some(({ family }) => family === 'ipv4');

function resolveReaction({ get, origin, path }: Settings, report: Report): VipConfig['onFailure'] {
  const reaction = get('on_failure') ?? 'resign';
  if (reaction !== 'lower') return { reaction };
  const weight = get('weight');
  if (weight !== undefined) return { reaction, weight };
  report.error(
    [...path, 'weight'],
    `is missing; "on_failure: lower" on ${origin('on_failure').join('.')} needs a weight, such as 50`,
  );
  return { reaction, weight: 253 };
}

/** The VIP's word comes before the node's, the node's before the top level's. */
function resolveInterfaces(
  raw: RawConfig,
  name: string,
  prefer: readonly string[],
  report: Report,
): Readonly<Record<string, string>> {
  const own = raw.vips[name]?.interface;
  const general = raw.interface;
  const one = (setting: RawSettings['interface'], node: string): string | undefined =>
    typeof setting === 'object' ? at(setting, node) : setting;
  const entries = prefer.map((node): [string, string] => {
    const found = one(own, node) ?? at(raw.nodes, node)?.interface ?? one(general, node);
    if (found === undefined && Object.hasOwn(raw.nodes, node)) {
      report.error(
        ['vips', name, 'interface'],
        `is missing for ${node}; write "interface: eth0" here or at the top level`,
      );
    }
    return [node, found ?? ''];
  });
  return Object.fromEntries(entries);
}

/** `address` or `addresses`, one of which there must be. */
function oneOf<T>(
  one: T | undefined,
  many: readonly T[] | undefined,
  path: Path,
  example: string,
  report: Report,
): readonly T[] {
  if (one !== undefined && many !== undefined) {
    report.error([...path, 'addresses'], 'stands beside "address"; keep one of them');
  }
  if (one === undefined && many === undefined)
    report.error([...path, 'address'], `is missing; write it, such as ${example}`);
  return many ?? (one === undefined ? [] : [one]);
}

/** Where the address at an index of a node or VIP was written. */
const placeOf = (path: Path, holder: { addresses?: unknown }, index: number): Path =>
  holder.addresses === undefined ? [...path, 'address'] : [...path, 'addresses', index];

/** References by node name, and things that are written and mean nothing. */
function checkUse(raw: RawConfig, config: Config, report: Report): void {
  const known = Object.keys(raw.nodes);
  const check = (setting: RawSettings['interface'], path: Path): void => {
    if (typeof setting !== 'object') return;
    for (const node of Object.keys(setting)) {
      if (!known.includes(node)) report.error([...path, 'interface', node], unknownNode(node, known));
    }
  };
  check(raw.interface, []);
  for (const [name, vip] of Object.entries(raw.vips)) check(vip.interface, ['vips', name]);
  for (const { name } of config.nodes) {
    if (config.vips.every(({ prefer }) => !prefer.includes(name))) {
      report.warn(['nodes', name], 'takes part in no VIP; list it in a "prefer", or leave it out');
    }
  }
}

const at = <T>(record: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;
