import { execFile, spawnSync } from 'node:child_process';
import { OWNER } from '../vrrp/priority.ts';
import type { Config } from '../config/config.ts';

/** The table that holds the rules; nothing else is in it, so it can be replaced and removed as a whole. */
const TABLE = 'inet vipair_accept';

/**
 * Accept_Mode false (RFC 9568 6.1): an active router that is not the owner answers ARP and neighbor discovery for the
 * VIP but drops what is addressed to it. The rules name addresses, not roles, so they hold in every state and are only
 * touched when the configuration changes. Returns warnings; a pair without `accept: false` runs nothing.
 */
export async function settleAccept(config: Config, node: string): Promise<string[]> {
  const refused = config.vips
    .filter((vip) => !vip.accept && vip.priorities[node] !== OWNER)
    .flatMap((vip) => vip.addresses);
  if (refused.length === 0 && !touched) {
    // A former run may have left its rules; nobody needs to wait for their removal.
    void nft(rulesFor([], []));
    return [];
  }
  const rules = rulesFor(
    refused.filter((a) => a.family === 'ipv4').map((a) => a.address),
    refused.filter((a) => a.family === 'ipv6').map((a) => a.address),
  );
  const failure = await nft(rules);
  // What could not be replaced is as it was.
  if (failure === undefined) inForce = refused.length > 0;
  if (failure === undefined || refused.length === 0) return [];
  return [
    `accept: false is not in force, traffic to ${refused.map((a) => a.address).join(', ')} is accepted: nft: ${failure}`,
  ];
}

/** Takes the rules away, if there are any: for a daemon that ends in good order. It waits for them to be gone. */
export function clearAccept(): void {
  if (inForce) spawnSync('nft', ['delete', 'table', ...TABLE.split(' ')], { timeout: 1000 });
  inForce = false;
}

/** The whole table as an nft script: created if missing, emptied, and filled when there is something to refuse. */
export function rulesFor(ipv4: readonly string[], ipv6: readonly string[]): string {
  const lines = [`table ${TABLE} {}`, `delete table ${TABLE}`];
  if (ipv4.length + ipv6.length === 0) return `${lines.join('\n')}\n`;
  lines.push(`table ${TABLE} {`, '  chain input {', '    type filter hook input priority -300; policy accept;');
  lines.push('    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept');
  if (ipv4.length > 0) lines.push(`    ip daddr { ${ipv4.join(', ')} } drop`);
  if (ipv6.length > 0) lines.push(`    ip6 daddr { ${ipv6.join(', ')} } drop`);
  lines.push('  }', '}');
  return `${lines.join('\n')}\n`;
}

/** Whether this run has looked after the table yet. */
let touched = false;

/** Whether there are rules. */
let inForce = false;

/** Rules are put in force in the order in which they were asked for. */
let last: Promise<string | undefined> = Promise.resolve(undefined);

/** Returns what nft complains of. */
function nft(script: string): Promise<string | undefined> {
  touched = true;
  last = last.then(() => run(script));
  return last;
}

function run(script: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = execFile('nft', ['-f', '-'], { timeout: 5000 }, (error, _stdout, stderr) => {
      if (error === null) resolve(undefined);
      else resolve(stderr.trim().split('\n')[0] || error.message);
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(script);
  });
}
