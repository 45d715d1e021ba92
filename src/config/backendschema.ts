import { z } from 'zod';
import { readEndpoint, readHost, refuseHostName } from './endpoint.ts';
import { duration, eitherForm, flag, list, mappingForm, text, whole, word } from './field.ts';
import { refuseServerName } from './name.ts';
import { readFilePath, readUrl } from './pathname.ts';
import type { RawBackend, RawBackends, RawEndpoint, RawSource } from './raw.ts';
import { quote } from './report.ts';
import type { Refused } from './subnet.ts';

/** Backends and where they come from: the same words in the configuration and in files of backends. */

type Shape<T> = { readonly [key in keyof T]-?: z.ZodType<T[key]> };

/** More in one list are not read; a proxy with more in one service has other troubles. */
export const MOST_BACKENDS = 10_000;

/** A TCP or UDP port. */
export const port = (description: string): z.ZodType<number> => whole(1, 65_535, 80, description);

/** An absolute path. */
export const filePath = (example: string, description: string): z.ZodType<string> =>
  text((value) => readFilePath(value, example), example, description);

/** A host with a port. */
export const endpoint = (example: string, description: string): z.ZodType<RawEndpoint> =>
  text(readEndpoint, example, description);

const host = (): z.ZodType<RawBackend['address']> =>
  text(readHost, '192.0.2.21:8080', 'The address or host name of a backend, with its port unless "port" gives it.');

/** A backend that is more than an address, by key. */
export const backendShape: Shape<RawBackend> = {
  address: host(),
  port: port("The backend's port, unless the address has it.").optional(),
  name: text<string>(
    (value) => {
      const refused = refuseServerName(value);
      return refused === undefined ? value : { refused };
    },
    'app-1',
    'What the proxy calls the backend; by default it is made of address and port.',
  ).optional(),
  weight: whole(1, 256, 2, "The backend's share of the load, default 1.").optional(),
  backup: flag('Whether it is used only while no other backend is well, default false.').optional(),
  max_connections: whole(1, 1_000_000, 200, 'The most connections at a time, default no limit.').optional(),
  slow_start: duration(
    { least: 1000, most: 3_600_000 },
    '30s',
    'Over how long a backend that is well again gets its full share, default at once.',
  ).optional(),
};

/** One backend, in either form. */
export const backendField: z.ZodType<RawBackends[number]> = z.union([host(), z.strictObject(backendShape)], {
  error: eitherForm('192.0.2.21:8080 or { address: 192.0.2.21:8080, weight: 2 }'),
});

/** A list of backends, which may be empty. */
export const backendsField: z.ZodType<RawBackends> = list(
  backendField,
  0,
  MOST_BACKENDS,
  '[192.0.2.21:8080]',
  'Where the proxy sends requests.',
);

/** A source of backends, by key. Which keys belong together is said when they are resolved. */
export const sourceShape: Shape<RawSource> = {
  file: filePath(
    '/etc/vipair/backends.d/*.yaml',
    'A file of backends, a directory of them, or a pattern in its last part.',
  ).optional(),
  dns: text(
    (value) => readDnsName(value),
    'app.example.net',
    'A name whose addresses are the backends, or of SRV records.',
  ).optional(),
  type: word(['A', 'AAAA', 'SRV'], 'With "dns": the kind of record, default A.').optional(),
  port: port('With "dns": the port of the backends; SRV records bring it.').optional(),
  resolver: list(
    text(readResolver, '192.0.2.53', 'The address of a name server, with a port if it is not 53.'),
    1,
    8,
    '[192.0.2.53]',
    'With "dns": the name servers, default the system\'s.',
  ).optional(),
  url: text(
    (value) => readUrl(value, 'http://192.0.2.40/backends.json'),
    'http://192.0.2.40/backends.json',
    'A URL that answers with a JSON list of backends.',
  ).optional(),
  interval: duration({ least: 500, most: 3_600_000 }, '5s', 'With "url": between two requests, default 5s.').optional(),
  etcd: list(
    text(
      (value) => readUrl(value, 'http://192.0.2.31:2379'),
      'http://192.0.2.31:2379',
      'The client URL of a member of the cluster.',
    ),
    1,
    16,
    '[http://192.0.2.31:2379]',
    'etcd version 3: every key below "prefix" is a backend, with a JSON value.',
  ).optional(),
  prefix: text(readPrefix, '/vipair/web/', 'With "etcd": how the keys begin.').optional(),
  ca: filePath('/etc/vipair/ca.pem', "Certificates to trust with https, default the system's.").optional(),
  cert: filePath('/etc/vipair/client.pem', 'With "etcd": the certificate of this client.').optional(),
  key: filePath('/etc/vipair/client.key', 'With "etcd": the key of the certificate.').optional(),
  user: text(readWord, 'vipair', 'With "etcd": the user name.').optional(),
  password: secret().optional(),
};

/** The sources of a service. */
export const sourcesField: z.ZodType<RawSource[]> = list(
  z.strictObject(sourceShape, { error: mappingForm('"{ file: /etc/vipair/backends.d }"') }),
  0,
  16,
  '[{ file: /etc/vipair/backends.d }]',
  'Where more backends come from while the daemon runs.',
);

/** Its messages do not repeat the value. */
function secret(): z.ZodType<string> {
  const error = 'is no password; write 1 to 200 ASCII characters, in quotes if they are digits';
  return z
    .string({ error })
    .regex(/^[\u0020-\u007e]{1,200}$/, { error })
    .describe('With "etcd": the password.');
}

function readDnsName(value: string): string | Refused {
  const name = value.replace(/\.$/, '').toLowerCase();
  const refused = refuseHostName(name, true);
  return refused === undefined ? name : { refused };
}

function readResolver(value: string): string | Refused {
  const read = readHost(value);
  if ('refused' in read) return isLoopback(value) ? withPort(value) : read;
  if (refuseHostName(read.host) === undefined) {
    return { refused: `${quote(value)} is a name, which a resolver cannot have; write its address` };
  }
  return withPort(value);
}

/** A resolver on the host itself is common (systemd-resolved, unbound), unlike a backend there. */
const isLoopback = (value: string): boolean =>
  /^(?:127\.\d+\.\d+\.\d+(?::\d{1,5})?|::1|\[::1\](?::\d{1,5})?)$/.test(value);

function withPort(value: string): string {
  if (/^\[.*\]:\d+$|^[^:]*:\d+$/.test(value)) return value;
  const bare = value.replaceAll(/[[\]]/g, '');
  return bare.includes(':') ? `[${bare}]:53` : `${bare}:53`;
}

function readPrefix(value: string): string | Refused {
  if (/^[\u0021-\u007e]{1,500}$/.test(value)) return value;
  return { refused: `${quote(value)} is no prefix of keys; write printable characters, such as /vipair/web/` };
}

function readWord(value: string): string | Refused {
  if (/^[\u0021-\u007e]{1,200}$/.test(value)) return value;
  return { refused: 'is empty, too long, or has blanks or characters that are not ASCII; write 1 to 200 of them' };
}
