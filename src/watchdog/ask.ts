import { openHttpProbe } from '../backends/check/http.ts';
import type { Probe } from '../backends/check/probe.ts';
import { wordsOf } from '../backends/check/probe.ts';
import { systemClock } from '../backends/clock.ts';
import type { RequestConfig } from '../config/checkconfig.ts';
import { now } from '../linux/clock.ts';
import { errorCode } from '../linux/operror.ts';
import { addressOf } from '../wire/address.ts';
import type { IpAddress } from '../wire/address.ts';
import { milliseconds } from '../wire/units.ts';
import type { Milliseconds } from '../wire/units.ts';
import type { Finding } from './look.ts';
import type { UrlTarget } from './target.ts';

/** Answers that are good: those that browsers take for content, or for where to find it. */
const request: RequestConfig = { path: '/', host: undefined, status: [{ from: 200, to: 399 }], match: undefined };

/** Asks an address once. */
export async function ask(url: UrlTarget, timeout: Milliseconds): Promise<Finding> {
  const began = now();
  const words = (what: string): string => `${url.text}: ${what}`;
  const address = url.address ?? (await resolve(url.host, timeout));
  if (typeof address === 'object') return { kind: 'url', good: false, words: words(address.refused) };
  const left = milliseconds(Math.max(1, timeout - (now() - began)));
  const probe = await probeFor(url, left);
  const target = { name: url.text, id: url.authority, host: url.host, address, port: url.port };
  const { result, reason } = await new Promise<{ result: string; reason: string }>((done) => probe.look(target, done));
  probe.close();
  return { kind: 'url', good: result === 'good', words: words(reason) };
}

async function probeFor(url: UrlTarget, timeout: Milliseconds): Promise<Probe> {
  const pace = { interval: timeout, jitter: milliseconds(0), timeout, rise: 1, fall: 1, retry: 0, port: undefined };
  const check = { ...request, ...pace, delayBeforeRetry: milliseconds(0), path: url.path, host: url.authority };
  if (url.scheme === 'http') return openHttpProbe({ ...check, type: 'http' }, systemClock);
  // TLS takes longer to load than everything else together.
  const { openHttpsProbe } = await import('../backends/check/https.ts');
  const sni = url.address === undefined ? url.host : undefined;
  return openHttpsProbe({ ...check, type: 'https', sni, verify: false, caFile: undefined }, systemClock);
}

/** The first address of a name, as getaddrinfo(3) gives it: what any other client of this host would try first. */
async function resolve(host: string, timeout: Milliseconds): Promise<IpAddress | { readonly refused: string }> {
  const { lookup } = await import('node:dns/promises');
  const late = Symbol('late');
  const found = await Promise.race([
    lookup(host).catch((error: unknown) => ({ refused: wordsOf(errorCode(error) ?? 'ENOTFOUND') })),
    new Promise<typeof late>((done) => setTimeout(() => done(late), timeout).unref()),
  ]);
  if (found === late) return { refused: `"${host}" is not resolved within ${timeout} ms` };
  return 'refused' in found ? found : addressOf(found.address);
}
