import { z } from 'zod';
import { filePath } from './backendschema.ts';
import { EVENT_NAMES, SEVERITIES } from './eventname.ts';
import { readEndpoint, readListen } from './endpoint.ts';
import { duration, eitherForm, list, mappingForm, name, names, text, word } from './field.ts';
import { readArgument, readUser } from './checkschema.ts';
import { refuseName } from './name.ts';
import { readUrl } from './pathname.ts';
import type { RawEndpoint, RawReceiver } from './raw.ts';
import { quote } from './report.ts';
import type { Refused } from './subnet.ts';

/** More receivers than this are a mistake; each has a queue. */
const MOST_RECEIVERS = 16;

const mailbox = (description: string): z.ZodType<string> => text(readMailbox, 'ops@example.net', description);

/** Whom to notify, by key. Which keys a kind has is said when they are resolved. */
export const receiverShape: { readonly [key in keyof RawReceiver]-?: z.ZodType<RawReceiver[key]> } = {
  exec: list(
    text(readArgument, '/usr/local/bin/notify', 'The program or an argument.'),
    1,
    64,
    '[/usr/local/bin/notify]',
    'A program and its arguments, run for each event, without a shell.',
  ).optional(),
  smtp: text(readRelay, '127.0.0.1:25', 'A mail relay.').optional(),
  webhook: text(
    (url) => readUrl(url, 'https://hooks.example.net/x'),
    'https://hooks.example.net/x',
    'A URL that events are posted to.',
  ).optional(),
  on: list(
    word(EVENT_NAMES, 'The name of an event.'),
    1,
    EVENT_NAMES.length,
    '[transition, proxy]',
    'Which events, default all.',
  ).optional(),
  severity: word(SEVERITIES, 'Events that are this bad or worse, default notice.').optional(),
  timeout: duration(
    { least: 100, most: 600_000 },
    '30s',
    'How long one attempt may take, default 30s, exec 60s.',
  ).optional(),
  user: text(readUser, 'nobody', 'exec: whom it runs as, default nobody. smtp: the name to log in with.').optional(),
  from: mailbox('The sender; smtp only.').optional(),
  to: z
    .union([mailbox('One address.'), list(mailbox('An address.'), 1, 64, '[ops@example.net]', 'Several addresses.')], {
      error: eitherForm('ops@example.net or [ops@example.net, noc@example.net]'),
    })
    .describe('Who gets the mail; smtp only.')
    .optional(),
  tls: word(
    ['none', 'starttls', 'implicit'],
    'Whether the relay is talked to with TLS, default none; smtp only.',
  ).optional(),
  password_file: filePath(
    '/etc/vipair/smtp.password',
    'The file with the password to log in with; smtp only.',
  ).optional(),
  token_file: filePath('/etc/vipair/hook.token', 'The file with a token that is sent along; webhook only.').optional(),
  secret_file: filePath(
    '/etc/vipair/hook.secret',
    'The file with the key that posts are signed with; webhook only.',
  ).optional(),
  ca_file: filePath(
    '/etc/vipair/ca.pem',
    "The certificates that are trusted, PEM, default the system's; webhook only.",
  ).optional(),
};

/** Whom to notify, by name. */
export const notifyField: z.ZodType<Record<string, RawReceiver> | undefined> = names(
  name((key) => refuseName(key)),
  z.strictObject(receiverShape, { error: mappingForm('"script: { exec: [/usr/local/bin/notify] }"') }),
  { least: 0, most: MOST_RECEIVERS },
  '"notify: { script: { exec: [/usr/local/bin/notify] } }"',
  'Whom to notify of events, by name.',
).optional();

/** The relay of the host itself is the usual one, which an address of a backend may not be. */
function readRelay(value: string): RawEndpoint | Refused {
  const listen = readListen(value);
  if (!('refused' in listen)) return { host: listen.address ?? '', port: listen.port };
  const named = readEndpoint(value);
  if (!('refused' in named)) return named;
  return { refused: `${quote(value)} is no mail relay; write host and port, such as 127.0.0.1:25` };
}

/** RFC 5321 4.1.2, without quoted local parts: nothing that could end a line of the protocol. */
function readMailbox(value: string): string | Refused {
  if (/^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?$/i.test(value)) return value;
  return { refused: `${quote(value)} is no mail address; write it such as ops@example.net` };
}
