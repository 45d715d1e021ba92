import type { CheckConfig, HttpsCheckConfig, MatchConfig } from '../../src/config/checkconfig.ts';
import { endpoint } from '../../src/proxy/bind.ts';
import type { ServiceModel } from '../../src/proxy/model.ts';
import { parseAddress } from '../../src/wire/address.ts';
import { quoted, word } from './word.ts';

/**
 * HAProxy's own checks: it makes those that it can make exactly as they are meant. For the others it checks nothing and
 * has to be told through its run-time interface.
 */
export function checksItself(check: CheckConfig): boolean {
  if (check.retry > 0) return false;
  if (check.type === 'tcp') return true;
  // Its expressions are those of another language than the configuration's.
  return (check.type === 'http' || check.type === 'https') && check.match?.kind !== 'pattern';
}

/** The lines of a backend that say what is asked and what is a good answer. */
export function checkLines(service: ServiceModel): string[] {
  const { check } = service;
  if (check === undefined || !checksItself(check)) return [];
  const lines = ['option log-health-checks', `timeout check ${check.timeout}ms`];
  if (check.type !== 'http' && check.type !== 'https') return lines;
  return [
    ...lines,
    'option httpchk',
    `http-check send meth GET uri ${quoted(check.path)} ver HTTP/1.1 hdr Host ${quoted(check.host ?? hostOf(service))} hdr Connection close`,
    `http-check expect status ${check.status.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(',')}`,
    ...matchLines(check.match),
  ];
}

function matchLines(match: MatchConfig | undefined): string[] {
  return match?.kind === 'text' ? [`http-check expect string ${quoted(match.text)}`] : [];
}

/**
 * Each backend's own host and port, which a backend section can say only where all are of one kind. Addresses are always
 * said in the same way, so that another of them changes nothing but its own line.
 */
function hostOf({ servers }: ServiceModel): string {
  const hosts = new Set(servers.map(({ host, port }) => endpoint(host, port)));
  const [first] = servers;
  if (hosts.size === 1 && first !== undefined && parseAddress(first.host) === undefined)
    return endpoint(first.host, first.port);
  const families = new Set(servers.map(({ host }) => (parseAddress(host) === undefined ? 'name' : host.includes(':'))));
  if (families.size !== 1 || families.has('name')) return 'localhost';
  return families.has(true) ? '[%[bc_dst]]:%[bc_dst_port]' : '%[bc_dst]:%[bc_dst_port]';
}

/** What of the check stands in each server's line; the TLS of the traffic is not that of the check. */
export function checkWords({ check, serverTls }: ServiceModel): string[] {
  if (check === undefined || !checksItself(check)) return [];
  const { interval, rise, fall, port } = check;
  return [
    ...['check', 'inter', `${interval}ms`, 'rise', String(rise), 'fall', String(fall)],
    ...(port === undefined ? [] : ['port', String(port)]),
    ...(check.type === 'https' ? secure(check, serverTls) : serverTls === undefined ? [] : ['no-check-ssl']),
  ];
}

function secure(check: HttpsCheckConfig, serverTls: ServiceModel['serverTls']): string[] {
  const sni = check.sni === undefined ? [] : ['check-sni', word(check.sni)];
  // Whether the certificate is verified stands once in a server's line, with the TLS of the traffic if there is any.
  if (serverTls !== undefined) return ['check-ssl', ...sni];
  return ['check-ssl', ...sni, ...verification(check.verify, check.caFile)];
}

/** `verify` and its certificates, in a server's line. */
export const verification = (verify: boolean, caFile: string | undefined): string[] =>
  verify ? ['verify', 'required', 'ca-file', caFile === undefined ? '@system-ca' : word(caFile)] : ['verify', 'none'];
