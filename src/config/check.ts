import { milliseconds } from '../wire/units.ts';
import type { CheckConfig, CheckPace, RequestConfig, StatusRange } from './checkconfig.ts';
import { refuseProgram } from './checkschema.ts';
import type { BackendTlsConfig } from './config.ts';
import { formatDuration } from './duration.ts';
import type { RawCheck } from './raw.ts';
import type { Path, Report } from './report.ts';

type Type = CheckConfig['type'];

/** The types that have a key that not all have. */
const OWNERS: Partial<Readonly<Record<keyof RawCheck, readonly Type[]>>> = {
  port: ['http', 'https', 'tcp', 'udp', 'exec'],
  path: ['http', 'https'],
  status: ['http', 'https'],
  match: ['http', 'https'],
  host: ['http', 'https'],
  sni: ['https'],
  send: ['udp'],
  expect: ['udp'],
  command: ['exec'],
  user: ['exec'],
};

/** Nobody waits longer for an answer by default. */
const TIMEOUT = 2000;

/** A check with its defaults. `tls` is how the service speaks TLS to its backends, which an https check does too. */
export function resolveCheck(
  check: RawCheck,
  tls: BackendTlsConfig | undefined,
  path: Path,
  report: Report,
): CheckConfig {
  for (const [key, types] of Object.entries(OWNERS) as [keyof RawCheck, readonly Type[]][]) {
    if (check[key] === undefined || types.includes(check.type)) continue;
    const remedy = `write "type: ${types.slice(0, 2).join('" or "type: ')}", or no ${key}`;
    report.error([...path, key], `has no effect with "type: ${check.type}"; ${remedy}`);
  }
  const pace = resolvePace(check, path, report);
  switch (check.type) {
    case 'http':
      return { type: 'http', ...requestOf(check), ...pace };
    case 'https': {
      const { verify = false, caFile, serverName } = tls ?? {};
      return { type: 'https', ...requestOf(check), sni: check.sni ?? serverName, verify, caFile, ...pace };
    }
    case 'tcp':
    case 'icmp':
      return { type: check.type, ...pace };
    case 'udp':
      return { type: 'udp', send: check.send ?? '', expect: check.expect, ...pace };
    case 'exec':
      return { type: 'exec', command: commandOf(check, path, report), user: check.user, ...pace };
  }
}

function resolvePace(check: RawCheck, path: Path, report: Report): CheckPace {
  const interval = check.interval ?? milliseconds(2000);
  const jitter = check.jitter ?? milliseconds(Math.floor(interval / 10));
  if (jitter >= interval) {
    report.error(
      [...path, 'jitter'],
      `${formatDuration(jitter)} is not less than the interval of ${formatDuration(interval)}; write less`,
    );
  }
  if (check.delay_before_retry !== undefined && (check.retry ?? 0) === 0) {
    report.error([...path, 'delay_before_retry'], 'has no effect without "retry"; write "retry: 1", or leave it out');
  }
  return {
    interval,
    jitter,
    timeout: check.timeout ?? milliseconds(Math.min(interval, TIMEOUT)),
    rise: check.rise ?? 2,
    fall: check.fall ?? 3,
    retry: check.retry ?? 0,
    delayBeforeRetry: check.delay_before_retry ?? milliseconds(1000),
    port: check.type === 'icmp' ? undefined : check.port,
  };
}

const GOOD_STATUS: StatusRange = { from: 200, to: 399 };

function requestOf({ path = '/', host, status, match }: RawCheck): RequestConfig {
  const ranges = status?.map((one) => (typeof one === 'number' ? { from: one, to: one } : one));
  return { path, host, status: ranges ?? [GOOD_STATUS], match };
}

function commandOf({ command }: RawCheck, path: Path, report: Report): readonly string[] {
  const place = [...path, 'command'];
  if (command === undefined) {
    report.error(place, 'is missing; write it, such as [/usr/local/bin/check, "{address}", "{port}"]');
    return [];
  }
  const refused = refuseProgram(command[0] ?? '');
  if (refused !== undefined) report.error([...place, 0], refused);
  return command;
}
