import type { Features } from '../../src/proxy/features.ts';
import { isAtLeast, releaseOf } from '../../src/proxy/features.ts';

/**
 * What an nginx is. `nginx -V` prints its version and how it was built; which of the modules that can be loaded are
 * installed is only in its directory of modules, so the inspection lists that too, one path a line.
 */
export const inspection = (binary: string): readonly string[] => [
  ...['/bin/sh', '-c'],
  'v=$("$0" -V 2>&1) || exit; printf "%s\\n" "$v"; ' +
    'd=$(printf "%s\\n" "$v" | sed -n "s/.*--modules-path=\\([^ ]*\\).*/\\1/p"); ' +
    'for m in "$d"/*.so; do [ ! -f "$m" ] || printf "%s\\n" "$m"; done',
  binary,
];

/** What can be left out when nginx is built, and the option of ./configure that does so. */
const optional = {
  zone: 'http_upstream_zone',
  hash: 'http_upstream_hash',
  leastconn: 'http_upstream_least_conn',
  random: 'http_upstream_random',
  keepalive: 'http_upstream_keepalive',
  map: 'http_map',
  geo: 'http_geo',
} as const;

/** Modules that have to be asked for, and which Debian packages apart. */
const wanted = { httpTls: 'http_ssl', streamTls: 'stream_ssl' } as const;

/**
 * Reads the inspection. The ability `stream` is the path of the module to load, or empty when it is built in; an nginx
 * that has it in neither form serves no TCP.
 */
export function features(output: string): Features {
  const version = /^\w+ version: \S+?\/(\d\S*)/m.exec(output)?.[1] ?? '';
  const release = releaseOf(version);
  const has = (option: string): boolean => new RegExp(`(?:^|\\s)--${option}(?:\\s|$)`, 'm').test(output);
  const abilities: Record<string, string> = {};
  for (const [ability, module] of Object.entries(optional)) {
    if (!has(`without-${module}_module`)) abilities[ability] = '';
  }
  for (const [ability, module] of Object.entries(wanted)) {
    if (has(`with-${module}_module`)) abilities[ability] = '';
  }
  const loadable = /^\/.*\/ngx_stream_module\.so$/m.exec(output)?.[0];
  if (has('with-stream')) abilities['stream'] = '';
  else if (has('with-stream=dynamic') && loadable !== undefined) abilities['stream'] = loadable;
  return { version, release, abilities, unusable: unusable(version, release) };
}

function unusable(version: string, release: readonly number[]): string | undefined {
  if (version === '') return 'the program does not say that it is nginx';
  return isAtLeast(release, 1, 22) ? undefined : `nginx ${version} is older than 1.22`;
}
