import { quote } from './report.ts';

/**
 * What somebody who wrote an unknown word may have meant: a misspelling, a key that belongs elsewhere, or keepalived's
 * word for something that is said in another way here.
 */

/** keepalived's keywords, and a few that people try, with what says the same here. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ['advert_int', 'write "interval", with a unit'],
  ['auth_pass', 'write "auth", with version 2 only'],
  ['auth_type', 'write "auth", with version 2 only'],
  ['authentication', 'write "auth", with version 2 only'],
  ['defaults', 'write the settings at the top level: they hold for every VIP that does not say otherwise'],
  ['garp_master_delay', 'write "garp: { delay: 5s }"'],
  ['garp_master_refresh', 'write "garp: { refresh: 60s }"'],
  ['garp_master_repeat', 'write "garp: { repeat: 5 }"'],
  ['no_accept', 'write "accept: false"'],
  ['nopreempt', 'write "preempt: false"'],
  ['notification_email', 'write "notify: { mail: { smtp: 127.0.0.1:25, from: ..., to: [...] } }" at the top level'],
  ['notification_email_from', 'write "from" in a receiver of "notify" with "smtp"'],
  ['notify_backup', 'write "notify: { script: { exec: [...], on: [transition] } }" at the top level'],
  ['notify_fault', 'write "notify: { script: { exec: [...], on: [transition] } }" at the top level'],
  ['notify_master', 'write "notify: { script: { exec: [...], on: [transition] } }" at the top level'],
  ['notify_stop', 'write "notify: { script: { exec: [...], on: [transition] } }" at the top level'],
  ['peers', 'write "transport: unicast": the peers are the addresses of the other nodes'],
  ['smtp_alert', 'write "notify: { mail: { smtp: 127.0.0.1:25, from: ..., to: [...] } }" at the top level'],
  ['smtp_server', 'write "smtp: 127.0.0.1:25" in a receiver of "notify"'],
  ['state', 'nobody is made MASTER by hand: "prefer" lists the nodes best first'],
  ['sync_group', 'VIPs of a crossed pair must not move together; IPv4 and IPv6 addresses of one VIP already do'],
  ['track_file', 'write "track: { checks: { maintenance: { file: /etc/vipair/maintenance } } }"'],
  ['track_interface', 'write "track: { checks: { lan: { interface: eth1 } } }"'],
  ['track_process', 'write "proxy" at the top level and "on_failure" in the VIP'],
  ['track_script', 'for the proxy write "proxy" and "on_failure", for anything else "track: { checks: ... }"'],
  ['unicast_peer', 'write "transport: unicast": the peers are the addresses of the other nodes'],
  ['unicast_src_ip', 'write "transport: unicast": each node sends from its own address'],
  ['virtual_ipaddress', 'write "address" or "addresses"'],
  ['virtual_router_id', 'write "vrid"'],
  ['vrrp_instance', 'write an entry under "vips"'],
  ['vrrp_script', 'for the proxy write "proxy" and "on_failure", for anything else "track: { checks: ... }"'],
  ['vrrp_strict', 'the protocol is always kept'],
  ['vrrp_sync_group', 'VIPs of a crossed pair must not move together; IPv4 and IPv6 addresses of one VIP already do'],
  ['vrrp_track_process', 'write "proxy" at the top level and "on_failure" in the VIP'],
  ['vrrp_version', 'write "version"'],
]);

/** What to say after an unknown key. `places` are the keys that are known elsewhere, by the name of the place. */
export function keySuggestion(
  key: string,
  known: readonly string[],
  places: readonly (readonly [place: string, keys: readonly string[]])[],
): string {
  const foreign = ELSEWHERE.get(key.toLowerCase());
  if (foreign !== undefined) return foreign;
  const close = nearest(key, known);
  if (close !== undefined) return `did you mean "${close}"?`;
  const homes = places.filter(([, keys]) => keys.includes(key)).map(([place]) => place);
  if (homes.length > 0) return `it belongs ${homes.join(' or ')}`;
  return `known here: ${known.join(', ')}`;
}

/** The known word that is at most two slips away, or differs only in case, `-` and `_`. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > 64) return undefined;
  const plain = fold(word);
  const allowed = plain.length < 4 ? 1 : 2;
  const ranked = known
    .map((candidate) => ({ candidate, slips: distance(plain, fold(candidate)) }))
    .filter(({ candidate, slips }) => slips <= allowed && slips < fold(candidate).length)
    .toSorted((a, b) => a.slips - b.slips);
  return ranked[0]?.candidate;
}

/** The message for a name that no node has. */
export function unknownNode(name: string, known: readonly string[]): string {
  const close = nearest(name, known);
  const hint = close === undefined ? `the nodes are ${known.slice(0, 8).join(', ')}` : `did you mean "${close}"?`;
  return `no node is called ${quote(name)}; ${hint}`;
}

const fold = (word: string): string => word.toLowerCase().replaceAll(/[-_ ]/g, '');

/** Levenshtein's distance in which two swapped neighbours are one slip. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let slips = Math.min((row[j - 1] ?? 0) + 1, (previous[j] ?? 0) + 1, (previous[j - 1] ?? 0) + same);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) slips = Math.min(slips, (before[j - 2] ?? 0) + 1);
      row.push(slips);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}
