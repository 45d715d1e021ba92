import { parseAddress } from '../wire/address.ts';
import type { ListenConfig } from './config.ts';
import type { RawEndpoint, RawHost } from './raw.ts';
import { quote } from './report.ts';
import { readHostAddress } from './subnet.ts';
import type { Refused } from './subnet.ts';

/** Hosts with ports as the user writes them: an IPv4 address, an IPv6 address in brackets, or a host name. */

/** Reads `192.0.2.21:8080`, `[2001:db8::21]:8080`, `app.example.net:8080`, each with or without the port. */
export function readHost(text: string): RawHost | Refused {
  const bare = parseAddress(text) ?? '';
  // An IPv6 address without a port needs no brackets: nothing else is made of colons.
  if (bare.includes(':')) return hostOf(bare, undefined);
  const [, six, other, digits] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const port = digits === undefined ? undefined : Number(digits);
  if ((six ?? other ?? '') === '' || (port !== undefined && (port < 1 || port > 65_535))) return noEndpoint(text);
  return hostOf(six ?? other ?? '', port, six !== undefined);
}

/** Reads the same with a port. */
export function readEndpoint(text: string): RawEndpoint | Refused {
  const read = readHost(text);
  if ('refused' in read) return read;
  return read.port === undefined ? noEndpoint(text) : { host: read.host, port: read.port };
}

/** Reads where a service listens: `192.0.2.101:80` or `[2001:db8::101]:80`. */
export function readListen(text: string): ListenConfig | Refused {
  const [, six, four, digits] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? [];
  const address = parseAddress(six ?? four ?? '');
  const port = Number(digits);
  const isRight = address !== undefined && address.includes(':') === (six !== undefined);
  if (isRight && port >= 1 && port <= 65_535) return { address, port };
  return { refused: `${quote(text)} is no port, nor address and port; write it such as 80 or 192.0.2.101:80` };
}

/** Why a text is no host name (RFC 1123 2.1); `undefined` when it is one. Underscores only where they are asked for. */
export function refuseHostName(name: string, underscores = false): string | undefined {
  const label = underscores ? /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/i : /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;
  const labels = name.split('.');
  const isName = name.length <= 253 && labels.every((part) => label.test(part)) && /[a-z]/i.test(labels.at(-1) ?? '');
  return isName ? undefined : `${quote(name)} is no host name; write one, such as app.example.net`;
}

/** The text that `readEndpoint` reads back. */
export function formatEndpoint({ host, port }: RawEndpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function hostOf(text: string, port: number | undefined, bracketed = false): RawHost | Refused {
  const name = text.replace(/\.$/, '').toLowerCase();
  // What is an address is no name, and there may be ten thousand of them.
  if (!bracketed && parseAddress(text) === undefined && refuseHostName(name) === undefined) return { host: name, port };
  const host = readHostAddress(text, 'such as 192.0.2.21');
  return typeof host === 'object' ? host : { host, port };
}

function noEndpoint(text: string): Refused {
  const bare = text.includes(':') && !text.includes('.') ? ', with an IPv6 address in brackets' : '';
  return { refused: `${quote(text)} is no address and port${bare}; write it such as 192.0.2.21:8080` };
}
