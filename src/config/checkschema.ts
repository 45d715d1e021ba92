import { z } from 'zod';
import { port } from './backendschema.ts';
import type { MatchConfig, StatusRange } from './checkconfig.ts';
import { readHost, refuseHostName } from './endpoint.ts';
import { duration, eitherForm, list, text, whole, word } from './field.ts';
import { readFilePath, readUrlPath } from './pathname.ts';
import type { RawCheck } from './raw.ts';
import { quote } from './report.ts';
import type { Refused } from './subnet.ts';

/** How backends are checked, by key. Which keys a type has is said when they are resolved. */
export const checkShape: { readonly [key in keyof RawCheck]-?: z.ZodType<RawCheck[key]> } = {
  type: word(
    ['http', 'https', 'tcp', 'icmp', 'udp', 'exec'],
    'http, https: a request must be answered well. tcp: a connection must open. icmp: a ping must come back. udp: a datagram must be answered. exec: a program must end with 0.',
  ),
  interval: duration(
    { least: 100, most: 3_600_000 },
    '2s',
    'Between two checks of one backend, default 2s.',
  ).optional(),
  jitter: duration(
    { least: 0, most: 3_600_000 },
    '200ms',
    'By how much a check may be late, so that checks do not meet; default a tenth of the interval.',
  ).optional(),
  timeout: duration(
    { least: 10, most: 60_000 },
    '1s',
    'How long a check may take, default the interval and at most 2s.',
  ).optional(),
  rise: whole(1, 100, 2, 'Good results in a row that make a backend well, default 2.').optional(),
  fall: whole(1, 100, 3, 'Bad results in a row that make a backend bad, default 3.').optional(),
  retry: whole(0, 10, 1, 'How often a failed check is repeated before it counts, default 0.').optional(),
  delay_before_retry: duration(
    { least: 0, most: 60_000 },
    '500ms',
    'Before each of these repetitions, default 1s.',
  ).optional(),
  port: port("The port that is checked, if not the backend's.").optional(),
  path: text(readUrlPath, '/healthz', 'The path to request, default "/"; http and https only.').optional(),
  status: list(
    z.union([whole(100, 599, 200, 'A status code.'), text(readStatusRange, '200-399', 'A range of status codes.')], {
      error: eitherForm('200 or 200-399'),
    }),
    1,
    64,
    '[200, 301-302]',
    'The good status codes, default 200-399; http and https only.',
  ).optional(),
  match: text(
    readMatch,
    '/ready|ok/',
    'What the body must hold: text, or a regular expression between slashes; http and https only.',
  ).optional(),
  host: text(
    readHostHeader,
    'app.example.net',
    "The Host header, default the backend's; http and https only.",
  ).optional(),
  sni: text(readName, 'app.example.net', 'The TLS server name; https only.').optional(),
  send: text(readDatagram, 'ping', 'What is sent: text, or hex: and hexadecimal digits; udp only.').optional(),
  expect: text(
    readMatch,
    'pong',
    'What the answer must hold: text, or a regular expression between slashes; udp only. Without it only a refusal is bad.',
  ).optional(),
  command: list(
    text(readArgument, '/usr/local/bin/check', 'The program or an argument; {address} and {port} are replaced.'),
    1,
    64,
    '[/usr/local/bin/check, "{address}", "{port}"]',
    'The program and its arguments, without a shell; exec only.',
  ).optional(),
  user: text(readUser, 'nobody', 'Whom the program runs as, default nobody; exec only.').optional(),
};

function readStatusRange(value: string): StatusRange | Refused {
  const [, from, to] = /^([1-5]\d\d)-([1-5]\d\d)$/.exec(value) ?? [];
  const range = { from: Number(from), to: Number(to) };
  if (range.from <= range.to) return range;
  return { refused: `${quote(value)} is no range of status codes; write it such as 200-399` };
}

/** A regular expression between slashes, else plain text. */
function readMatch(value: string): MatchConfig | Refused {
  if (value === '' || value.length > 1000)
    return { refused: `${quote(value)} is empty or longer than 1000 characters` };
  const [, source, flags] = /^\/(.+)\/([ims]*)$/s.exec(value) ?? [];
  if (source === undefined || flags === undefined) return { kind: 'text', text: value };
  try {
    return { kind: 'pattern', source: new RegExp(source, flags).source, flags };
  } catch {
    return { refused: `${quote(value)} is no regular expression; write it such as /ready|ok/` };
  }
}

function readHostHeader(value: string): string | Refused {
  const read = readHost(value);
  return 'refused' in read ? { refused: `${quote(value)} is no host; write it such as app.example.net` } : value;
}

function readName(value: string): string | Refused {
  const refused = refuseHostName(value);
  return refused === undefined ? value : { refused };
}

function readDatagram(value: string): string | Refused {
  if (value.startsWith('hex:') && !/^hex:(?:[0-9a-f]{2}){0,1400}$/i.test(value)) {
    return {
      refused: `${quote(value)} has something else than pairs of hexadecimal digits; write it such as hex:0a0b`,
    };
  }
  return value.length <= 4000
    ? value
    : { refused: 'is longer than 4000 characters, more than a datagram carries well' };
}

/** One word of a command. */
export function readArgument(value: string): string | Refused {
  if (value.length <= 4000 && !value.includes('\0')) return value;
  return { refused: 'is longer than 4000 characters or has a NUL; write a shorter argument' };
}

/** A user name (useradd(8)). */
export function readUser(value: string): string | Refused {
  if (/^[a-z_][a-z0-9_-]{0,31}$/.test(value)) return value;
  return { refused: `${quote(value)} is no user name; write it such as nobody` };
}

/** Whether the first word of a command can be run: an absolute path. */
export function refuseProgram(program: string): string | undefined {
  const read = readFilePath(program, '/usr/local/bin/check');
  return typeof read === 'object' ? read.refused : undefined;
}
