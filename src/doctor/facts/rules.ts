import { readFileSync } from 'node:fs';
import { OpError } from '../../linux/operror.ts';
import { hasModules, readIptables, withSaved } from '../firewall/iptables.ts';
import { readNft } from '../firewall/nft.ts';
import type { Chain } from '../firewall/ruleset.ts';
import { ask } from '../program.ts';

/** All rules of this network namespace. Throws OpError when they cannot be read. */
export async function lookAtRules(): Promise<Chain[]> {
  const [json, listing] = await Promise.all([
    ask(['nft', '-j', 'list', 'ruleset']),
    ask(['nft', '-a', 'list', 'ruleset']),
  ]);
  const legacy = await Promise.all([
    oldTables('iptables', '/proc/net/ip_tables_names', json === undefined),
    oldTables('ip6tables', '/proc/net/ip6_tables_names', json === undefined),
  ]);
  const old = legacy.flatMap((chains) => chains ?? []);
  if (json === undefined || listing === undefined) {
    if (legacy.every((chains) => chains === undefined))
      throw new OpError('read the rules of the firewall', 'ENOENT', { advice: 'install nftables, for nft(8)' });
    return old;
  }
  if (json.code !== 0) throw refused('nft', json.stderr);
  const chains = readNft(json.stdout, listing.stdout);
  if (chains === undefined) throw new OpError('read what "nft -j list ruleset" says', 'EPROTO');
  const saved = hasModules(json.stdout) ? await Promise.all([savedBy('iptables'), savedBy('ip6tables')]) : [];
  return [
    ...withSaved(
      chains,
      saved.flatMap((each) => each ?? []),
    ),
    ...old,
  ];
}

/** What the iptables that is built on nftables says of its own rules; `undefined` when it is not installed. */
async function savedBy(
  tool: 'iptables' | 'ip6tables',
): Promise<{ readonly tool: 'iptables' | 'ip6tables'; readonly text: string } | undefined> {
  const printed = (await ask([`${tool}-nft-save`])) ?? (await ask([`${tool}-save`]));
  return printed?.code === 0 ? { tool, text: printed.stdout } : undefined;
}

/**
 * Rules of the old iptables, which nft does not show. `isAlone`: nft is not installed, and what iptables says is all that
 * can be known, old or new; `undefined` when that is not installed either.
 */
async function oldTables(
  tool: 'iptables' | 'ip6tables',
  names: string,
  isAlone: boolean,
): Promise<Chain[] | undefined> {
  if (!isAlone && tablesIn(names).length === 0) return [];
  const printed = (await ask([isAlone ? `${tool}-save` : `${tool}-legacy-save`])) ?? (await ask([`${tool}-save`]));
  if (printed === undefined) return undefined;
  if (printed.code !== 0) throw refused(`${tool}-save`, printed.stderr);
  return readIptables(printed.stdout, tool);
}

function tablesIn(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}

function refused(tool: string, said: string): OpError {
  const isForbidden = /Operation not permitted|must be root|Permission denied/.test(said);
  const advice = isForbidden ? 'run as root' : said.trim().split('\n')[0];
  return new OpError(`read the rules of the firewall with ${tool}`, isForbidden ? 'EPERM' : 'EIO', { advice });
}
