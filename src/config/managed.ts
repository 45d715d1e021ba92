import { z } from 'zod';
import { milliseconds } from '../wire/units.ts';
import type { ManagedConfig, ServiceConfig } from './config.ts';
import { duration, mappingForm, text } from './field.ts';
import type { RawManaged, RawProxy } from './raw.ts';
import { quote } from './report.ts';
import type { Report } from './report.ts';
import type { Refused } from './subnet.ts';

/** A managed proxy, by key. */
export const managedShape: { readonly [key in keyof RawManaged]-?: z.ZodType<RawManaged[key]> } = {
  user: text(readUser, 'www-data', 'Whom its workers run as, if not whom its packages take.').optional(),
  drain: duration(
    { least: 0, most: 3_600_000 },
    '30s',
    'How long it may finish what it has when another takes its place, default 30s; at the end of the daemon 5s at most.',
  ).optional(),
};

/** The mapping as a field of "proxy". */
export const managedField: z.ZodType<RawManaged | undefined> = z
  .strictObject(managedShape, { error: mappingForm('"managed: { drain: 30s }"') })
  .describe('How a proxy is run that vipair starts itself; managed only.')
  .optional();

const DRAIN = milliseconds(30_000);

/** What says how to find, or how to start, a proxy that somebody else has started. */
const ADOPTED_ONLY = ['unit', 'pid_file', 'process'] as const;

/** How a managed proxy is run, and what is written that means nothing in its mode; `undefined` in adopted mode. */
export function resolveManaged(
  proxy: RawProxy,
  services: readonly ServiceConfig[],
  report: Report,
): ManagedConfig | undefined {
  if (proxy.mode !== 'managed') {
    if (proxy.managed !== undefined)
      report.error(['proxy', 'managed'], 'has no effect without "mode: managed"; write that too, or leave it out');
    return undefined;
  }
  for (const key of ADOPTED_ONLY)
    if (proxy[key] !== undefined)
      report.error(
        ['proxy', key],
        'has no effect with "mode: managed", which starts the proxy itself; keep one of them',
      );
  if (services.length === 0)
    report.error(
      ['proxy', 'mode'],
      'managed renders the whole configuration, and there are no "services" to serve; write some, or "mode: adopted"',
    );
  return { user: proxy.managed?.user, drain: proxy.managed?.drain ?? DRAIN };
}

function readUser(name: string): string | Refused {
  if (/^[A-Za-z_][\w.-]{0,31}$/.test(name)) return name;
  return { refused: `${quote(name)} is no name of a user; write it such as www-data` };
}
