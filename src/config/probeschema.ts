import { z } from 'zod';
import { parseAddress } from '../wire/address.ts';
import type { ProbeUrl } from './config.ts';
import { readHost } from './endpoint.ts';
import { duration, flag, list, mappingForm, text, whole } from './field.ts';
import type { RawProbe } from './raw.ts';
import { quote } from './report.ts';
import type { Refused } from './subnet.ts';

const EXAMPLE = 'http://127.0.0.1/healthz';

const probeUrl = (): z.ZodType<ProbeUrl> =>
  text(readUrl, EXAMPLE, 'What to ask: http, https, tcp (a connection is accepted) or tls (a handshake).');

/** How the proxy is asked, by key. */
export const probeShape: { readonly [key in keyof RawProbe]-?: z.ZodType<RawProbe[key]> } = {
  enabled: flag('Whether it is asked at all, default true.').optional(),
  url: probeUrl()
    .describe("What to ask, answered by the proxy itself. Default: the services' health paths and listeners.")
    .optional(),
  urls: list(probeUrl(), 1, 16, `[${EXAMPLE}, "tls://127.0.0.1:443"]`, 'Several of them, each must answer.').optional(),
  host: text(
    readHostName,
    'www.example.net',
    'The Host header and TLS server name, default that of the url.',
  ).optional(),
  period: duration({ least: 50, most: 60_000 }, '250ms', 'Between two questions, default 250ms.').optional(),
  timeout: duration(
    { least: 10, most: 60_000 },
    '250ms',
    'How long an answer may take, default the period.',
  ).optional(),
  rise: whole(1, 100, 2, 'Answers in a row that make the proxy well again, default 2.').optional(),
  fall: whole(1, 100, 2, 'Questions in a row without an answer that make it dead, default 2.').optional(),
};

/** `proxy.probe`. */
export const probeField: z.ZodType<RawProbe | undefined> = z
  .strictObject(probeShape, { error: mappingForm(`"probe: { url: ${EXAMPLE} }"`) })
  .describe('How the proxy is asked whether it answers.')
  .optional();

const PORTS = { http: 80, https: 443, tcp: undefined, tls: 443 } as const;

function readUrl(value: string): ProbeUrl | Refused {
  const form = `write it such as ${EXAMPLE}, tcp://127.0.0.1:5432 or tls://[::1]:443`;
  const [, word, name, digits, rest = ''] =
    /^(https?|tcp|tls):\/\/(\[[0-9a-f:.]+\]|[^/:?#@[\]]+)(?::(\d{1,5}))?([/?][\u0021-\u007e]*)?$/i.exec(value) ?? [];
  if (word === undefined || name === undefined) return { refused: `${quote(value)} is no url of a probe; ${form}` };
  const scheme = word.toLowerCase() as ProbeUrl['scheme'];
  const bare = name.replaceAll(/[[\]]/g, '');
  const address = parseAddress(bare === 'localhost' ? '127.0.0.1' : bare);
  if (address === undefined) {
    return { refused: `${quote(name)} is no address; write one of this host, and the name as "host"` };
  }
  const port = digits === undefined ? PORTS[scheme] : Number(digits);
  if (port === undefined || port < 1 || port > 65_535) {
    return { refused: `${quote(value)} has no port from 1 to 65535; ${form}` };
  }
  const isPlain = scheme === 'tcp' || scheme === 'tls';
  if (isPlain && rest !== '') return { refused: `${quote(value)} has a path, which ${scheme} has no use for; ${form}` };
  const path = rest.startsWith('/') ? rest : `/${rest}`;
  return { scheme, address, port, path, host: address.includes(':') ? `[${address}]:${port}` : `${address}:${port}` };
}

function readHostName(value: string): string | Refused {
  const read = readHost(value);
  return 'refused' in read ? { refused: `${quote(value)} is no host; write it such as www.example.net` } : value;
}
