import { z } from 'zod';
import { milliseconds } from '../wire/units.ts';
import { readArgument, refuseProgram } from './checkschema.ts';
import type { RestartConfig } from './config.ts';
import { formatDuration } from './duration.ts';
import { duration, list, mappingForm, text, whole } from './field.ts';
import type { RawProxy, RawRestart } from './raw.ts';
import type { Report } from './report.ts';

/** What is done about a dead proxy on this host, by key. */
export const restartShape: { readonly [key in keyof RawRestart]-?: z.ZodType<RawRestart[key]> } = {
  attempts: whole(1, 100, 3, 'Restarts before it is given up, default 3.').optional(),
  backoff: duration(
    { least: 0, most: 60_000 },
    '1s',
    'Before the second restart, default 1s; doubled each time up to a minute.',
  ).optional(),
  verify: duration(
    { least: 100, most: 600_000 },
    '10s',
    'How long after the command the proxy may take to be well, default 10s.',
  ).optional(),
  settle: duration(
    { least: 0, most: 3_600_000 },
    '30s',
    'How long it has to be well until its restarts are forgotten, default 30s.',
  ).optional(),
  timeout: duration({ least: 100, most: 600_000 }, '60s', 'How long the command may take, default 60s.').optional(),
  command: list(
    text(readArgument, '/usr/bin/systemctl', 'The program, an absolute path, or an argument.'),
    1,
    64,
    '[/usr/bin/systemctl, restart, NAME.service]',
    "The program and its arguments, without a shell, default: systemctl restart, with the proxy's unit.",
  ).optional(),
};

/** The key in "proxy". */
export const restartField: z.ZodType<RawRestart | undefined> = z
  .strictObject(restartShape, { error: mappingForm('"restart: { attempts: 3 }"') })
  .describe('Restarts a dead proxy, while its VIPs are elsewhere; adopted only. Without it vipair starts nothing.')
  .optional();

/** The defaults, and what cannot be together. */
export function resolveRestart(proxy: RawProxy, report: Report): RestartConfig | undefined {
  const { restart, mode } = proxy;
  if (restart === undefined) return undefined;
  if (mode === 'managed') {
    report.error(
      ['proxy', 'restart'],
      'has no effect with "mode: managed", which starts the proxy itself; keep one of them',
    );
  }
  const [program] = restart.command ?? [];
  const refused = program === undefined ? undefined : refuseProgram(program);
  if (refused !== undefined) report.error(['proxy', 'restart', 'command', 0], refused);
  const { attempts = 3, backoff = milliseconds(1000), verify = milliseconds(10_000), command } = restart;
  const { settle = milliseconds(30_000), timeout = milliseconds(60_000) } = restart;
  return { attempts, backoff, verify, settle, timeout, command };
}

/** As a file. */
export const showRestart = ({ attempts, backoff, verify, settle, timeout, command }: RestartConfig): object => ({
  attempts,
  backoff: formatDuration(backoff),
  verify: formatDuration(verify),
  settle: formatDuration(settle),
  timeout: formatDuration(timeout),
  command,
});
