import type { RawEndpoint } from './raw.ts';
import { quote } from './report.ts';
import { readHostAddress } from './subnet.ts';
import type { Refused } from './subnet.ts';

/** Reads `192.0.2.21:8080` or `[2001:db8::21]:8080`. Host names are refused: an address needs nobody to resolve it. */
export function readEndpoint(text: string): RawEndpoint | Refused {
  const [, six, four, digits] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port < 1 || port > 65_535) {
    const bare = text.includes(':') && !text.includes('.') ? ', with an IPv6 address in brackets' : '';
    return { refused: `${quote(text)} is no address and port${bare}; write it such as 192.0.2.21:8080` };
  }
  const host = readHostAddress(six ?? four ?? '', 'such as 192.0.2.21');
  return typeof host === 'object' ? host : { host, port };
}

/** The text that `readEndpoint` reads back. */
export function formatEndpoint({ host, port }: RawEndpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
