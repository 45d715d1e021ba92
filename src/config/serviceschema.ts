import { z } from 'zod';
import { readEndpoint } from './endpoint.ts';
import { duration, eitherForm, list, mappingForm, text, whole, word } from './field.ts';
import type { RawBackend, RawCheck, RawEndpoint, RawService } from './raw.ts';
import { quote } from './report.ts';
import type { Refused } from './subnet.ts';

/** A TCP port. */
export const port = (description: string): z.ZodType<number> => whole(1, 65_535, 80, description);

/** How backends are checked, by key. */
export const checkShape: { readonly [key in keyof RawCheck]-?: z.ZodType<RawCheck[key]> } = {
  type: word(['http', 'tcp'], 'http: a request must be answered well. tcp: a connection must open.'),
  path: text(readUrlPath, '/healthz', 'The path to request, default "/"; http only.').optional(),
  interval: duration(
    { least: 100, most: 3_600_000 },
    '2s',
    'Between two checks of one backend, default 2s.',
  ).optional(),
  rise: whole(1, 100, 2, 'Good results in a row that make a backend well, default 2.').optional(),
  fall: whole(1, 100, 3, 'Bad results in a row that make a backend bad, default 3.').optional(),
};

const endpoint: z.ZodType<RawEndpoint> = text(readEndpoint, '192.0.2.21:8080', 'The address and port of a backend.');

/** A backend that is more than an address, by key. */
export const backendShape: { readonly [key in keyof RawBackend]-?: z.ZodType<RawBackend[key]> } = {
  address: endpoint,
  weight: whole(1, 256, 2, "The backend's share of the load, default 1.").optional(),
};

/** A service, by key. */
export const serviceShape: { readonly [key in keyof RawService]-?: z.ZodType<RawService[key]> } = {
  listen: list(port('A TCP port.'), 1, 64, '[80]', 'The TCP ports of the service.'),
  mode: word(['http', 'tcp'], 'What the proxy understands of the traffic, default http.').optional(),
  balance: word(['roundrobin', 'leastconn', 'source'], 'How load is shared, default roundrobin.').optional(),
  check: z
    .strictObject(checkShape, { error: mappingForm('"check: { type: http, path: /healthz }"') })
    .describe('How backends are checked. Without it they are taken to be well.')
    .optional(),
  backends: list(
    z.union([endpoint, z.strictObject(backendShape)], {
      error: eitherForm('192.0.2.21:8080 or { address: 192.0.2.21:8080, weight: 2 }'),
    }),
    1,
    1000,
    '[192.0.2.21:8080]',
    'Where the proxy sends requests.',
  ),
};

/** RFC 3986 3.3 and 3.4: path and query, nothing that could end the request line. */
function readUrlPath(path: string): string | Refused {
  if (/^\/[\w\-.~!$&'()*+,;=:@%/?]{0,1000}$/.test(path)) return path;
  return { refused: `${quote(path)} is no path of a URL; write it such as /healthz` };
}
