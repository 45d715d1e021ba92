import { milliseconds } from '../wire/units.ts';
import type { TrackedCheck } from './config.ts';
import type { HostCheckConfig, HostCheckPace } from './hostcheckconfig.ts';
import { refuseProgram } from './checkschema.ts';
import type { RawConfig, RawHostCheck, RawSettings } from './raw.ts';
import type { Path, Report } from './report.ts';
import { unknownNode } from './suggestion.ts';

/**
 * The checks of the host. They are written where they count, at the top level for every VIP or in a VIP; there is one
 * of each name on a host, so the same name means the same check, and only its weight may differ.
 */

/** The keys that say of which kind a check is, and the others that belong to each kind. */
const KINDS = {
  command: ['user', 'interval', 'timeout', 'rise', 'fall'],
  interface: [],
  file: ['when'],
  gateway: ['interval', 'timeout', 'rise', 'fall'],
  headroom: ['interval', 'rise', 'fall'],
} as const satisfies Readonly<Record<string, readonly (keyof RawHostCheck)[]>>;

const KIND_NAMES = Object.keys(KINDS) as (keyof typeof KINDS)[];

/** The checks that count for one VIP: its own, and those of the top level that it does not write anew. */
export function trackedChecks(raw: RawConfig, vip: string): TrackedCheck[] {
  const own = (raw.vips[vip] as RawSettings).track?.checks ?? {};
  const general = (raw as RawSettings).track?.checks ?? {};
  return Object.keys({ ...general, ...own }).map((check) => ({
    check,
    weight: own[check]?.weight ?? (isOnlyWeighed(own[check]) ? general[check]?.weight : undefined),
  }));
}

/** Where the weight of a check is written for a VIP. */
export function trackedAt(raw: RawConfig, vip: string, check: string): Path {
  const own = (raw.vips[vip] as RawSettings).track?.checks?.[check];
  return own?.weight !== undefined || (own !== undefined && !isOnlyWeighed(own))
    ? ['vips', vip, 'track', 'checks', check]
    : ['track', 'checks', check];
}

/** Every check of the file, each name once. */
export function resolveHostChecks(raw: RawConfig, report: Report): HostCheckConfig[] {
  const general = (raw as RawSettings).track?.checks ?? {};
  const found = new Map<string, { readonly written: RawHostCheck; readonly where: string }>();
  for (const [name, check] of Object.entries(general)) found.set(name, { written: check, where: 'the top level' });
  const checks = Object.entries(general).map(([name, check]) =>
    resolveOne(raw, name, check, ['track', 'checks', name], report),
  );
  for (const vip of Object.keys(raw.vips)) {
    for (const [name, check] of Object.entries((raw.vips[vip] as RawSettings).track?.checks ?? {})) {
      const path = ['vips', vip, 'track', 'checks', name];
      const known = found.get(name);
      if (known === undefined) {
        found.set(name, { written: check, where: `VIP "${vip}"` });
        checks.push(resolveOne(raw, name, check, path, report));
      } else if (!isOnlyWeighed(check) && wordOf(check) !== wordOf(known.written)) {
        report.error(path, `is another check in ${known.where}; give it another name, or write only its "weight" here`);
      }
    }
  }
  return checks.flatMap((check) => check ?? []);
}

/** A VIP may weigh a check that the top level has. */
const isOnlyWeighed = (check: RawHostCheck | undefined): boolean =>
  check === undefined || KIND_NAMES.every((kind) => check[kind] === undefined);

const wordOf = (check: RawHostCheck): string =>
  JSON.stringify(Object.entries({ ...check, weight: undefined }).toSorted(([a], [b]) => (a < b ? -1 : 1)));

function resolveOne(
  raw: RawConfig,
  name: string,
  check: RawHostCheck,
  path: Path,
  report: Report,
): HostCheckConfig | undefined {
  const [kind, second] = KIND_NAMES.filter((candidate) => check[candidate] !== undefined);
  if (kind === undefined) {
    report.error(path, `says not what to look at; write one of ${KIND_NAMES.join(', ')}`);
    return undefined;
  }
  if (second !== undefined) {
    report.error([...path, second], `stands beside "${kind}"; a check looks at one thing, write two checks`);
    return undefined;
  }
  const own: readonly string[] = [kind, 'weight', ...KINDS[kind]];
  for (const key of Object.keys(check)) {
    if (!own.includes(key)) report.error([...path, key], `has no effect with "${kind}"; leave it out`);
  }
  return made(raw, kind, name, check, path, report);
}

function made(
  raw: RawConfig,
  kind: keyof typeof KINDS,
  name: string,
  check: RawHostCheck,
  path: Path,
  report: Report,
): HostCheckConfig {
  switch (kind) {
    case 'command': {
      const command = check.command ?? [];
      const refused = refuseProgram(command[0] ?? '');
      if (refused !== undefined) report.error([...path, 'command', 0], refused);
      return { kind, name, command, user: check.user, ...paceOf(check, path, report) };
    }
    case 'interface':
      return { kind, name, interfaces: interfacesOf(raw, check.interface ?? '', [...path, 'interface'], report) };
    case 'file':
      return { kind, name, path: check.file ?? '', when: check.when ?? 'present' };
    case 'gateway': {
      const address = check.gateway === 'default' ? undefined : check.gateway;
      return { kind, name, address, ...paceOf(check, path, report) };
    }
    case 'headroom':
      return { kind, name, percent: check.headroom ?? 1, ...paceOf(check, path, report) };
  }
}

const SECOND = milliseconds(1000);

function paceOf(check: RawHostCheck, path: Path, report: Report): HostCheckPace {
  const { interval = SECOND, rise = 2, fall = 2 } = check;
  const timeout = check.timeout ?? interval;
  if (timeout > interval)
    report.error([...path, 'timeout'], 'is longer than the interval; a look must end before the next one begins');
  return { interval, timeout, rise, fall };
}

function interfacesOf(
  raw: RawConfig,
  written: string | Readonly<Record<string, string>>,
  path: Path,
  report: Report,
): Readonly<Record<string, string>> {
  const nodes = Object.keys(raw.nodes);
  if (typeof written === 'string') return Object.fromEntries(nodes.map((node) => [node, written]));
  for (const node of Object.keys(written)) {
    if (!nodes.includes(node)) report.error([...path, node], unknownNode(node, nodes));
  }
  for (const node of nodes) {
    if (!Object.hasOwn(written, node)) report.error(path, `is missing for ${node}; write it for every node`);
  }
  return written;
}
