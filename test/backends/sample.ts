import type { BackendConfig } from '../../src/config/backendconfig.ts';
import { parseBackend } from '../../src/config/backendlist.ts';
import { showBackend } from '../../src/config/showservice.ts';
import type { CheckConfig } from '../../src/config/checkconfig.ts';
import type { ServiceConfig } from '../../src/config/config.ts';
import { configOf, crossed } from '../config/sample.ts';

/** A backend as it would be written. */
export function backendOf(written: string): BackendConfig {
  const list = parseBackend(/^\s*\{/.test(written) ? written : JSON.stringify(written), 'sample');
  if ('errors' in list) throw new Error(list.errors.join('\n'));
  return list.backends[0] as BackendConfig;
}

/** A service, from what would stand between its braces. */
export function serviceOf(text: string, name = 'web'): ServiceConfig {
  return configOf(`${crossed}services:\n  ${name}: { listen: [80], ${text} }\n`).services[0] as ServiceConfig;
}

/** A check, from what would stand between its braces. */
export const checkOf = <T extends CheckConfig['type']>(
  type: T,
  text = '',
): Extract<CheckConfig, { readonly type: T }> =>
  serviceOf(`check: { type: ${type}${text === '' ? '' : `, ${text}`} }, backends: [192.0.2.1:80]`).check as Extract<
    CheckConfig,
    { readonly type: T }
  >;

/** Backends as `host:port`, or as they would be written where they say more than that. */
export const shown = (backends: readonly BackendConfig[]): string[] =>
  backends.map((backend) => {
    const { address, ...more } = showBackend(backend) as Record<string, unknown>;
    const said = Object.entries(more).filter(
      ([key, value]) => value !== undefined && !(key === 'weight' && value === 1),
    );
    return [address, ...said.map(([key, value]) => `${key}=${String(value)}`)].join(' ');
  });
