import { z } from 'zod';
import { backendsField, endpoint, filePath, port, sourcesField } from './backendschema.ts';
import { checkShape } from './checkschema.ts';
import { readListen, refuseHostName } from './endpoint.ts';
import { duration, eitherForm, flag, list, mappingForm, text, whole, word } from './field.ts';
import { readUrlPath } from './pathname.ts';
import type { RawEndpoint, RawService, RawTimeouts, RawTls } from './raw.ts';
import { quote } from './report.ts';
import type { Refused } from './subnet.ts';

type Shape<T> = { readonly [key in keyof T]-?: z.ZodType<T[key]> };

/** TLS to the backends, by key. */
export const tlsShape: Shape<RawTls> = {
  verify: flag("Whether the backends' certificates are verified, default true.").optional(),
  ca_file: filePath('/etc/vipair/ca.pem', "The certificates that are trusted, PEM, default the system's.").optional(),
  server_name: text(readName, 'app.example.net', 'The name to ask for and to verify.').optional(),
};

const time = (example: string, description: string): RawTimeoutField =>
  duration({ least: 10, most: 86_400_000 }, example, description).optional();
type RawTimeoutField = z.ZodType<RawTimeouts['connect']>;

/** Time-outs of the proxy, by key. */
export const timeoutsShape: Shape<RawTimeouts> = {
  connect: time('5s', 'For a connection to a backend, default 5s.'),
  client: time('60s', 'Of silence on the side of the client, default 60s.'),
  server: time('60s', 'Of silence on the side of the backend, default 60s.'),
};

/** What stands in `stick` as a mapping, by key. */
export const stickShape: Shape<{ readonly cookie: string }> = {
  cookie: text(readCookie, 'SRV', 'The name of the cookie that the proxy sets.'),
};

/** What stands in `sorry` as a mapping, by key. */
export const sorryShape: Shape<{ readonly server: RawEndpoint }> = {
  server: endpoint('192.0.2.30:8080', 'A server that is used when no backend is left.'),
};

const listen = z.union(
  [port('A TCP port, on all addresses.'), text(readListen, '192.0.2.101:80', 'An address and a TCP port.')],
  { error: eitherForm('80 or 192.0.2.101:80') },
);

const stick = z
  .union([text(readStick, 'source', 'By the address of the client.'), z.strictObject(stickShape)], {
    error: eitherForm('"stick: source" or "stick: { cookie: SRV }"'),
  })
  .describe('What ties a client to a backend, default nothing.');

const sorry = z
  .union([text(readPage, '"Back soon"', 'A page of plain text.'), z.strictObject(sorryShape)], {
    error: eitherForm('"sorry: Back soon" or "sorry: { server: 192.0.2.30:8080 }"'),
  })
  .describe("What answers when no backend can: a text, or a server. Default the proxy's own error.");

/** A service, by key. */
export const serviceShape: Shape<RawService> = {
  listen: list(listen, 1, 64, '[80]', 'The TCP ports of the service.'),
  mode: word(['http', 'tcp'], 'What the proxy understands of the traffic, default http.').optional(),
  balance: word(
    ['roundrobin', 'leastconn', 'source', 'uri', 'random'],
    'How load is shared, default roundrobin.',
  ).optional(),
  stick: stick.optional(),
  tls: z
    .strictObject(tlsShape, { error: mappingForm('"tls: { server_name: app.example.net }"') })
    .describe('TLS to the backends, default none.')
    .optional(),
  proxy_protocol: z
    .literal([1, 2], { error: ({ input }) => `${quote(input)} is no version of the PROXY protocol; write 1 or 2` })
    .describe('The version of the PROXY protocol that is sent to the backends, default none.')
    .optional(),
  health_path: text(readUrlPath, '/healthz', 'A path that the proxy itself answers with 200; http only.').optional(),
  forwarded: flag('Whether X-Forwarded-For, -Proto and -Host are set, default true; http only.').optional(),
  timeouts: z
    .strictObject(timeoutsShape, { error: mappingForm('"timeouts: { connect: 5s }"') })
    .describe('How long the proxy waits.')
    .optional(),
  keep_alive: whole(0, 10_000, 32, 'Idle connections kept to the backends, default 32; http only.').optional(),
  check: z
    .strictObject(checkShape, { error: mappingForm('"check: { type: http, path: /healthz }"') })
    .describe('How backends are checked. Without it they are taken to be well.')
    .optional(),
  min_backends: whole(0, 1000, 1, 'With fewer backends than this "on_empty" holds, default 1.').optional(),
  on_empty: word(
    ['keep', 'sorry', 'refuse'],
    'With too few backends, default keep: the last good ones stay. sorry: the "sorry" answers. refuse: the proxy answers with its error.',
  ).optional(),
  sorry: sorry.optional(),
  sources: sourcesField.optional(),
  backends: backendsField.optional(),
};

function readStick(value: string): 'source' | Refused {
  return value === 'source' ? value : { refused: `${quote(value)} is not "source"; write it, or { cookie: SRV }` };
}

/** RFC 6265 4.1.1: a token. */
function readCookie(name: string): string | Refused {
  if (/^\w[\w.-]{0,63}$/.test(name)) return name;
  return { refused: `${quote(name)} is no plain name of a cookie; write it such as SRV` };
}

function readName(name: string): string | Refused {
  const refused = refuseHostName(name);
  return refused === undefined ? name : { refused };
}

function readPage(page: string): string | Refused {
  const isText = page.length <= 4000 && !/[\u0000-\u0008\u000b-\u001f\u007f]|\p{Cs}/u.test(page) && page.trim() !== '';
  return isText ? page : { refused: `${quote(page)} is no text of 1 to 4000 characters; write it such as Back soon` };
}
