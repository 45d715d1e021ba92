import type { BackendConfig } from '../../config/backendconfig.ts';
import type { IpAddress } from '../../wire/address.ts';
import type { DnsMessage, DnsRecord } from '../../wire/dns.ts';

/** From records of the DNS to backends. Pure. */

/** The addresses of a name in an answer, by way of its aliases, and how long they hold, in seconds. */
export function addressesIn(
  records: readonly DnsRecord[],
  name: string,
): { readonly addresses: readonly IpAddress[]; readonly ttl: number } {
  const { owner, ttl } = follow(records, name);
  const found = records.filter((record) => (record.type === 'A' || record.type === 'AAAA') && record.name === owner);
  const addresses = found.flatMap((record) => ('address' in record ? [record.address] : []));
  return { addresses: [...new Set(addresses)], ttl: Math.min(ttl, ...found.map((record) => record.ttl)) };
}

/** For how long an answer without records holds (RFC 2308 5), in seconds. */
export function negativeTtl({ authority }: DnsMessage): number | undefined {
  const soa = authority.find((record) => record.type === 'SOA');
  return soa?.type === 'SOA' ? Math.min(soa.ttl, soa.minimum) : undefined;
}

export type SrvRecord = Extract<DnsRecord, { type: 'SRV' }>;

/** The SRV records of a name. One with the target "." says that there is no such service (RFC 2782). */
export function srvIn({ answers }: DnsMessage, name: string): readonly SrvRecord[] {
  const { owner } = follow(answers, name);
  return answers.filter(
    (record): record is SrvRecord => record.type === 'SRV' && record.name === owner && record.target !== '',
  );
}

/** Where the aliases of a name end, and for how long they do. Aliases of aliases are allowed, circles are left. */
function follow(records: readonly DnsRecord[], name: string): { owner: string; ttl: number } {
  let owner = name;
  let ttl = Number.POSITIVE_INFINITY;
  for (let times = 0; times < 16; times++) {
    const alias = records.find((record) => record.type === 'CNAME' && record.name === owner);
    if (alias?.type !== 'CNAME') break;
    ttl = Math.min(ttl, alias.ttl);
    owner = alias.target;
  }
  return { owner, ttl };
}

/** A plain backend at an address. */
export const backendAt = (host: string, port: number): BackendConfig => ({
  name: undefined,
  host,
  port,
  weight: 1,
  backup: false,
  maxConnections: undefined,
  slowStart: undefined,
});

/**
 * The backends of SRV records whose targets have been resolved. Those of the best (lowest) priority serve, all others
 * are backups. Weights go up to 65535 there and to 256 here, so larger ones are scaled down together; weight 0, "when
 * there is no other", is the least. The order is that of the addresses, because servers shuffle records.
 */
export function srvBackends(
  records: readonly SrvRecord[],
  addressesOf: (target: string) => readonly IpAddress[],
): BackendConfig[] {
  const best = Math.min(...records.map(({ priority }) => priority));
  const most = Math.max(...records.map(({ weight }) => weight));
  const scale = most > 256 ? 256 / most : 1;
  const byId = new Map<string, BackendConfig>();
  const inOrder = records.toSorted((a, b) => a.priority - b.priority);
  for (const { target, port, weight, priority } of inOrder) {
    for (const address of addressesOf(target)) {
      const id = `${address} ${port}`;
      if (byId.has(id)) continue;
      const share = Math.max(1, Math.min(256, Math.round(weight * scale)));
      byId.set(id, { ...backendAt(address, port), weight: share, backup: priority > best });
    }
  }
  return inAddressOrder([...byId.values()]);
}

/** Servers shuffle their answers; a shuffled list is no change. */
export const inAddressOrder = (backends: readonly BackendConfig[]): BackendConfig[] =>
  backends.toSorted((a, b) => (a.host === b.host ? a.port - b.port : a.host < b.host ? -1 : 1));
