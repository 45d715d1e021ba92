import { milliseconds } from '../wire/units.ts';
import type { ReceiverConfig, ReceiverFilter } from './notifyconfig.ts';
import type { RawReceiver } from './raw.ts';
import type { Report } from './report.ts';

/** The keys that say of which kind a receiver is, and those that only this kind has. */
const KEYS = {
  exec: ['user'],
  smtp: ['from', 'to', 'tls', 'user', 'password_file'],
  webhook: ['token_file', 'secret_file', 'ca_file'],
} as const satisfies Readonly<Record<ReceiverConfig['kind'], readonly (keyof RawReceiver)[]>>;

const KINDS = Object.keys(KEYS) as ReceiverConfig['kind'][];

/** A program may do more than a message does. */
const PATIENCE = { exec: milliseconds(60_000), smtp: milliseconds(30_000), webhook: milliseconds(30_000) };

/** The receivers of notifications with their defaults, in the order of the file. */
export function resolveNotify(raw: Readonly<Record<string, RawReceiver>>, report: Report): ReceiverConfig[] {
  return Object.entries(raw).flatMap(([name, receiver]) => resolveReceiver(name, receiver, report) ?? []);
}

function resolveReceiver(name: string, raw: RawReceiver, report: Report): ReceiverConfig | undefined {
  const path = ['notify', name];
  const [kind, other] = KINDS.filter((key) => raw[key] !== undefined);
  if (kind === undefined) {
    report.error(
      path,
      `says nobody to notify; write one of ${KINDS.join(', ')}, such as "exec: [/usr/local/bin/notify]"`,
    );
    return undefined;
  }
  if (other !== undefined) report.error([...path, other], `stands beside "${kind}"; write two receivers`);
  const own: readonly string[] = KEYS[kind];
  for (const key of new Set(KINDS.flatMap((one): readonly (keyof RawReceiver)[] => KEYS[one])))
    if (raw[key] !== undefined && !own.includes(key))
      report.error([...path, key], `has no effect with "${kind}"; leave it out`);
  const filter: ReceiverFilter = {
    name,
    on: raw.on === undefined ? undefined : [...new Set(raw.on)],
    severity: raw.severity ?? 'notice',
    timeout: raw.timeout ?? PATIENCE[kind],
  };
  if (kind === 'exec') return { ...filter, kind, command: raw.exec ?? [], user: raw.user };
  return kind === 'smtp' ? resolveSmtp(raw, filter, report) : resolveWebhook(raw, filter, report);
}

function resolveSmtp(raw: RawReceiver, filter: ReceiverFilter, report: Report): ReceiverConfig {
  const path = ['notify', filter.name];
  const { host, port } = raw.smtp ?? { host: '', port: 25 };
  if (raw.from === undefined) report.error([...path, 'from'], 'is missing; write it, such as vipair@example.net');
  if (raw.to === undefined) report.error([...path, 'to'], 'is missing; write it, such as [ops@example.net]');
  if ((raw.user === undefined) !== (raw.password_file === undefined)) {
    const missing = raw.user === undefined ? 'user' : 'password_file';
    report.error([...path, missing], 'is missing; "user" and "password_file" go together');
  }
  const tls = raw.tls ?? 'none';
  if (raw.user !== undefined && tls === 'none' && !isLoopback(host))
    report.error([...path, 'tls'], 'is missing; a password is not sent in the clear, write "tls: starttls"');
  return {
    ...filter,
    kind: 'smtp',
    host,
    port,
    from: raw.from ?? '',
    to: typeof raw.to === 'string' ? [raw.to] : (raw.to ?? []),
    tls,
    user: raw.user,
    passwordFile: raw.password_file,
  };
}

function resolveWebhook(raw: RawReceiver, filter: ReceiverFilter, report: Report): ReceiverConfig {
  const url = raw.webhook ?? '';
  const { protocol, hostname } = URL.canParse(url) ? new URL(url) : { protocol: '', hostname: '' };
  const isClear = protocol === 'http:';
  if (isClear && raw.token_file !== undefined && !isLoopback(hostname))
    report.error(['notify', filter.name, 'token_file'], 'is not sent in the clear; write an https URL');
  if (isClear && raw.ca_file !== undefined)
    report.error(
      ['notify', filter.name, 'ca_file'],
      'has no effect with an http URL; write an https URL, or leave it out',
    );
  const { token_file: tokenFile, secret_file: secretFile, ca_file: caFile } = raw;
  return { ...filter, kind: 'webhook', url, tokenFile, secretFile, caFile };
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host === '[::1]' || host.startsWith('127.');
