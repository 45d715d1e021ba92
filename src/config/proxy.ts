import { resolveApply } from './apply.ts';
import { refuseProgram } from './checkschema.ts';
import { resolveManaged } from './managed.ts';
import { resolveProbe } from './probe.ts';
import { resolveRestart } from './restart.ts';
import type { Config, ProxyConfig, ProxyOptions, ServiceConfig } from './config.ts';
import type { RawConfig, RawProxy, RawProxyOptions } from './raw.ts';
import type { Path, Report } from './report.ts';
import { milliseconds } from '../wire/units.ts';

const BAKE = milliseconds(5000);
const DRAIN = milliseconds(30_000);

/** The options that belong to one profile, by the keys of the file. */
const KEYS = ['binary', 'unit', 'start', 'directory', 'include', 'pid_file', 'process'] as const;

/** What says how to find, or how to start, a proxy that somebody else starts. */
const ADOPTED_ONLY: readonly (keyof RawProxyOptions)[] = ['unit', 'start', 'pid_file', 'process'];

/** The proxy of a file with its defaults; `undefined` when there is none. */
export function resolveProxy(
  { proxy }: RawConfig,
  services: readonly ServiceConfig[],
  report: Report,
): ProxyConfig | undefined {
  if (proxy === undefined) return undefined;
  const mode = proxy.mode ?? 'adopted';
  const { profiles = {} } = proxy;
  checkOptions(proxy, mode, ['start'], ['proxy'], report);
  for (const [name, options] of Object.entries(profiles))
    checkOptions(options, mode, ADOPTED_ONLY, ['proxy', 'profiles', name], report);
  const ports = proxy.listen ?? services.flatMap(({ listen }) => listen.map(({ port }) => port));
  const others = Object.entries(profiles).filter(([name]) => name !== proxy.profile);
  return {
    profile: proxy.profile,
    mode,
    ...optionsOf(ownOptions(proxy, report)),
    listen: [...new Set(ports)],
    profiles: Object.fromEntries(others.map(([name, options]) => [name, optionsOf(options)])),
    switching: { bake: proxy.switch?.bake ?? BAKE, drain: proxy.switch?.drain ?? DRAIN },
    probe: resolveProbe(proxy.probe ?? {}, report),
    apply: resolveApply(proxy.apply ?? {}, report),
    restart: resolveRestart(proxy, report),
    managed: resolveManaged(proxy, services, report),
  };
}

/** Where the profile's own name is listed, all its options stand there, so that changing the name is a whole switch. */
function ownOptions(proxy: RawProxy, report: Report): RawProxyOptions {
  const own = Object.hasOwn(proxy.profiles ?? {}, proxy.profile) ? proxy.profiles?.[proxy.profile] : undefined;
  if (own === undefined) return proxy;
  for (const key of KEYS)
    if (proxy[key] !== undefined)
      report.error(
        ['proxy', key],
        `stands beside "profiles.${proxy.profile}", which has the options of that profile; write it there`,
      );
  return own;
}

function checkOptions(
  options: RawProxyOptions,
  mode: ProxyConfig['mode'],
  adoptedOnly: typeof ADOPTED_ONLY,
  path: Path,
  report: Report,
): void {
  for (const key of adoptedOnly)
    if (mode === 'managed' && options[key] !== undefined)
      report.error(
        [...path, key],
        'has no effect with "mode: managed", which starts the proxy itself; keep one of them',
      );
  const [program] = options.start ?? [];
  const refused = program === undefined ? undefined : refuseProgram(program);
  if (refused !== undefined) report.error([...path, 'start', 0], refused);
}

const optionsOf = (options: RawProxyOptions): ProxyOptions => ({
  binary: options.binary,
  unit: options.unit,
  start: options.start,
  directory: options.directory,
  include: options.include ?? [],
  pidFile: options.pid_file,
  process: options.process,
});

/** The same pair with another profile: what a switch leads to. */
export function proxyAs(proxy: ProxyConfig, profile: string): ProxyConfig {
  if (profile === proxy.profile) return proxy;
  const { binary, unit, start, directory, include, pidFile, process } = proxy;
  const old: ProxyOptions = { binary, unit, start, directory, include, pidFile, process };
  const { [profile]: next = optionsOf({}), ...others } = proxy.profiles;
  return { ...proxy, ...next, profile, profiles: { ...others, [proxy.profile]: old } };
}

/**
 * The configuration as the file has it, whatever this host was switched to: hosts that compare theirs agree while one
 * of them is switched and the others are not. `profile` is the file's.
 */
export function asInFile(config: Config, profile: string | undefined): Config {
  const { proxy } = config;
  if (proxy === undefined) return config;
  const file = proxyAs(proxy, profile ?? proxy.profile);
  const none = JSON.stringify(optionsOf({}));
  const listed = Object.entries(file.profiles).filter(([, options]) => JSON.stringify(options) !== none);
  return { ...config, proxy: { ...file, profiles: Object.fromEntries(listed) } };
}

/** Without the restarts of a dead proxy by a command, which is for the profile of the file. */
export function withOwnRestarts(config: Config, profile: string | undefined): Config {
  const { proxy } = config;
  if (proxy?.restart?.command === undefined || proxy.profile === profile) return config;
  return { ...config, proxy: { ...proxy, restart: undefined } };
}
