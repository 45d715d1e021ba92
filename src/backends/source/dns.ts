import type { BackendConfig, DnsSourceConfig } from '../../config/backendconfig.ts';
import type { Clock } from '../clock.ts';
import type { IpAddress } from '../../wire/address.ts';
import type { DnsMessage, DnsType } from '../../wire/dns.ts';
import { milliseconds } from '../../wire/units.ts';
import { backOff } from './exchange.ts';
import { addressesIn, backendAt, inAddressOrder, negativeTtl, srvBackends, srvIn } from './record.ts';
import { resolve } from './resolver.ts';
import { createLedger, inOneLine } from './source.ts';
import type { BackendSource } from './source.ts';

/**
 * The addresses of a name, or what its SRV records point to, asked again when the TTL ends. An answer without records
 * says that there are none; a name that does not exist, a server that fails and silence say nothing, and what was
 * known before stays.
 */
export function dnsSource(config: DnsSourceConfig, clock: Clock): BackendSource {
  const name = `dns ${config.type} ${config.name}`;
  const ledger = createLedger(name, clock);
  let failures = 0;
  let isClosed = false;
  let cancelTime = (): void => {};
  const asking = new Set<() => void>();
  const ask: Ask = (host, type) =>
    new Promise((settle) => {
      const cancel = resolve(host, type, config.resolver, clock, (found) => {
        asking.delete(cancel);
        settle(found);
      });
      asking.add(cancel);
    });
  const take = (found: Found): void => {
    if (isClosed) return;
    if ('error' in found) {
      failures++;
      ledger.bad(found.error);
    } else {
      failures = 0;
      ledger.good(found.backends, found.notes);
    }
    const delay = 'error' in found ? backOff(failures, 1000, 30_000) : delayOf(found.ttl);
    cancelTime = clock.after(milliseconds(delay), round);
  };
  const round = (): void => {
    void (config.type === 'SRV' ? findServices(config, ask) : findAddresses(config, ask)).then(take);
  };
  return {
    name,
    start(onChange) {
      ledger.listen(onChange);
      round();
    },
    close() {
      isClosed = true;
      ledger.close();
      cancelTime();
      for (const cancel of asking) cancel();
    },
    state: () => ledger.state(),
  };
}

type Ask = (name: string, type: DnsType) => Promise<DnsMessage | { readonly error: string }>;

type Found =
  | { readonly backends: readonly BackendConfig[]; readonly ttl: number; readonly notes: string | undefined }
  | { readonly error: string };

/** A TTL of nothing is no reason to ask without end, one of a week none to wait for it. */
const delayOf = (ttl: number): number => Math.max(1, Math.min(Number.isFinite(ttl) ? ttl : 30, 3600)) * 1000;

/** An answer without records says by its SOA for how long; without that it is asked again soon. */
const NO_SOA = 30;

async function findAddresses({ name, type, port = 0 }: DnsSourceConfig, ask: Ask): Promise<Found> {
  const answer = await ask(name, type);
  if ('error' in answer) return answer;
  const { addresses, ttl } = addressesIn(answer.answers, name);
  const backends = inAddressOrder(addresses.map((address) => backendAt(address, port)));
  return { backends, ttl: addresses.length === 0 ? (negativeTtl(answer) ?? NO_SOA) : ttl, notes: undefined };
}

/** More targets than this are not resolved. */
const MOST_TARGETS = 256;

async function findServices({ name }: DnsSourceConfig, ask: Ask): Promise<Found> {
  const answer = await ask(name, 'SRV');
  if ('error' in answer) return answer;
  const records = srvIn(answer, name);
  if (records.length === 0) return { backends: [], ttl: negativeTtl(answer) ?? NO_SOA, notes: undefined };
  const targets = [...new Set(records.map(({ target }) => target))].slice(0, MOST_TARGETS);
  const known = new Map<string, readonly IpAddress[]>();
  const notes: string[] = [];
  let ttl = Math.min(...records.map((record) => record.ttl));
  for (const target of targets) {
    const found = await addressesOf(target, answer, ask);
    if ('error' in found) return found;
    if (found.addresses.length === 0) notes.push(`${target} has no address`);
    known.set(target, found.addresses);
    ttl = Math.min(ttl, found.ttl);
  }
  const backends = srvBackends(records, (target) => known.get(target) ?? []);
  return { backends, ttl, notes: notes.length === 0 ? undefined : inOneLine(notes) };
}

/** What the server sent along saves two questions. A target without any address has none; one that is not known, too. */
async function addressesOf(
  target: string,
  { additional }: DnsMessage,
  ask: Ask,
): Promise<{ readonly addresses: readonly IpAddress[]; readonly ttl: number } | { readonly error: string }> {
  const along = addressesIn(additional, target);
  if (along.addresses.length > 0) return along;
  const answers = await Promise.all([ask(target, 'A'), ask(target, 'AAAA')]);
  const addresses: IpAddress[] = [];
  let ttl = Number.POSITIVE_INFINITY;
  for (const answer of answers) {
    if ('error' in answer) {
      if (answer.error.endsWith('(NXDOMAIN)')) continue;
      return answer;
    }
    const found = addressesIn(answer.answers, target);
    addresses.push(...found.addresses);
    ttl = Math.min(ttl, found.ttl);
  }
  return { addresses, ttl: Number.isFinite(ttl) ? ttl : NO_SOA };
}
