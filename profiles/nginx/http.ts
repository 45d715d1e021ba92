import { endpoint } from '../../src/proxy/bind.ts';
import type { FrontModel, ServiceModel } from '../../src/proxy/model.ts';
import type { RenderOptions } from '../../src/proxy/rendering.ts';
import { cookieOf } from './cookie.ts';
import { listenLines } from './listen.ts';
import { tlsLines } from './tls.ts';
import { upstream } from './upstream.ts';
import { block, MOST_WORD, quoted, word } from './word.ts';

/** How long an idle client connection is kept, milliseconds: few of them are cut when a worker leaves. */
const IDLE = 2000;

/** What stands in `http { }` for the HTTP services of a model: groups of servers and, if asked, what listens. */
export function http(model: FrontModel, options: RenderOptions, frontends: boolean): string[] {
  const services = model.services.filter(({ mode }) => mode === 'http');
  const groups = services.filter(({ servers }) => servers.length > 0).map((each) => upstream(each, options.features));
  if (!frontends || services.length === 0) return groups.flat();
  const listen = listenLines(model, options);
  // A WebSocket, or whatever else a client asks to change to, goes on; everything else leaves the connection open.
  const idles = new Set(
    services.flatMap((service) => [idleOf(service), ...(service.sorry?.kind === 'server' ? ['close'] : [])]),
  );
  const connection = [...idles].flatMap((idle) =>
    block(`map $http_upgrade $vipair_connection_${idle}`, [
      'default upgrade;',
      `"" ${idle === 'keep' ? '""' : 'close'};`,
    ]),
  );
  const servers = services.map((service, index) => server(service, index, listen(service), options));
  return [...groups.flat(), ...connection, ...servers.flat()];
}

/** What becomes of the connection to a server after a request. */
const idleOf = ({ keepAlive }: ServiceModel): string => (keepAlive > 0 ? 'keep' : 'close');

function server(service: ServiceModel, index: number, listen: readonly string[], options: RenderOptions): string[] {
  const { healthPath, timeouts, servers } = service;
  const cookie = cookieOf(service, index);
  const sorry = sorryOf(service, index);
  const every = [
    ...(options.label === undefined ? [] : [`add_header X-Front ${quoted(options.label)} always;`]),
    ...(cookie === undefined ? [] : [cookie.header]),
  ];
  const health =
    healthPath === undefined
      ? []
      : block(`location = ${quoted(healthPath)}`, [
          // Asked several times a second.
          'access_log off;',
          'default_type text/plain;',
          'return 200 "ok\\n";',
        ]);
  const others = `@vipair_others_${index}`;
  const onFailure = sorry === undefined ? [] : [`error_page 502 = ${sorry.location};`];
  const toAll = [...onFailure, ...pass(service, service.name)];
  const forward = cookie === undefined ? toAll : [`error_page 502 504 = ${others};`, ...pass(service, cookie.target)];
  // Without a server there is nobody to pass anything to; the sorry answers alone.
  const location = servers.length === 0 ? (sorry?.body ?? ['return 502;']) : forward;
  return [
    ...(sorry?.blocks ?? []),
    ...(cookie?.blocks ?? []),
    ...block('server', [
      ...listen,
      ...every,
      // Bodies of any size, as in a proxy that does not look at them.
      'client_max_body_size 0;',
      `client_header_timeout ${timeouts.client}ms;`,
      `client_body_timeout ${timeouts.client}ms;`,
      `send_timeout ${timeouts.client}ms;`,
      `keepalive_timeout ${Math.min(IDLE, timeouts.client)}ms;`,
      ...(cookie === undefined ? [] : ['recursive_error_pages on;']),
      ...health,
      ...block('location /', location),
      ...(cookie === undefined ? [] : block(`location ${others}`, toAll)),
      ...(sorry === undefined || servers.length === 0 ? [] : block(`location ${sorry.location}`, sorry.body)),
    ]),
  ];
}

/** Everything that has to do with passing a request on to a group of servers. */
function pass(service: ServiceModel, target: string): string[] {
  const scheme = service.serverTls === undefined ? 'http' : 'https';
  return [`proxy_pass ${scheme}://${target};`, ...passing(service), ...tlsLines(service)];
}

function passing(service: ServiceModel): string[] {
  const { forwarded, timeouts } = service;
  return [
    'proxy_http_version 1.1;',
    'proxy_set_header Host $http_host;',
    'proxy_set_header Upgrade $http_upgrade;',
    `proxy_set_header Connection $vipair_connection_${idleOf(service)};`,
    ...(forwarded
      ? [
          'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
          'proxy_set_header X-Forwarded-Proto $scheme;',
          'proxy_set_header X-Forwarded-Host $http_host;',
        ]
      : []),
    'proxy_redirect off;',
    'proxy_next_upstream_tries 3;',
    `proxy_connect_timeout ${timeouts.connect}ms;`,
    `proxy_send_timeout ${timeouts.server}ms;`,
    `proxy_read_timeout ${timeouts.server}ms;`,
  ];
}

interface Sorry {
  readonly blocks: readonly string[];
  readonly location: string;
  readonly body: readonly string[];
}

/**
 * What answers when no server does. A page is kept in variables of `geo`, the one directive whose values nginx neither
 * expands nor limits in number, in pieces that fit into its parser's buffer.
 */
function sorryOf(service: ServiceModel, index: number): Sorry | undefined {
  const { sorry } = service;
  if (sorry === undefined) return undefined;
  const location = `@vipair_sorry_${index}`;
  if (sorry.kind === 'server') {
    const target = endpoint(sorry.host, sorry.port);
    const body = [`proxy_pass http://${word(target)};`, ...passing({ ...service, keepAlive: 0 })];
    return { blocks: [], location, body };
  }
  const pieces = piecesOf(sorry.text);
  const variables = pieces.map((_, at) => `$vipair_sorry_${index}_${at}`);
  const blocks = pieces.flatMap((piece, at) => block(`geo ${variables[at] ?? ''}`, [`default ${quoted(piece)};`]));
  const type = sorry.text.trimStart().startsWith('<') ? 'text/html' : 'text/plain';
  const body = [
    `default_type ${quoted(`${type}; charset=utf-8`)};`,
    `return 503 "${variables.map((name) => `\${${name.slice(1)}}`).join('')}";`,
  ];
  return { blocks, location, body };
}

/** The text in pieces of at most `MOST_WORD` bytes, none of which splits a character. */
function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  let piece = '';
  let size = 0;
  for (const character of text) {
    const bytes = new TextEncoder().encode(character).length;
    if (size + bytes > MOST_WORD) {
      pieces.push(piece);
      [piece, size] = ['', 0];
    }
    piece += character;
    size += bytes;
  }
  return [...pieces, piece];
}
