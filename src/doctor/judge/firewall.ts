import type { LinkFacts } from '../facts/links.ts';
import { familyOf } from '../../wire/address.ts';
import { finding } from '../finding.ts';
import type { Finding } from '../finding.ts';
import type { Packet } from '../firewall/packet.ts';
import { TCP, VRRP } from '../firewall/packet.ts';
import { fateOf } from '../firewall/ruleset.ts';
import type { Chain, Fate } from '../firewall/ruleset.ts';
import { advertisements, clientPackets, heartbeats } from '../firewall/traffic.ts';
import type { SourceOf } from '../firewall/traffic.ts';
import { isHome, isOnLink } from '../home.ts';
import type { Patient } from '../patient.ts';

/** What the firewall of this host does to what a pair needs. Pure. */
export function judgeFirewall(
  { config, node }: Pick<Patient, 'config' | 'node'>,
  links: readonly LinkFacts[],
  chains: readonly Chain[],
): Finding[] {
  const linkOf = (address: string): string | undefined =>
    links.find(({ addresses }) => addresses.some((each) => each.address === address))?.name;
  const sourceOf: SourceOf = ({ addresses }, name, family) => {
    const link = links.find((each) => each.name === name);
    const own = addresses.filter((address) => familyOf(address) === family);
    if (link === undefined) return own[0];
    return isHome(config.nodes, link, family) ? (own.find((address) => isOnLink(link, address)) ?? own[0]) : undefined;
  };
  const packets = [
    ...advertisements(config, node, sourceOf),
    ...heartbeats(config, node, linkOf),
    ...clientPackets(config, node),
  ];
  const findings = packets.flatMap((packet) => {
    const fate = fateOf(chains, packet);
    // Whom a firewall lets in to a service is its business; only what nobody can reach is told.
    if (fate.kind === 'accept' || (fate.kind === 'unclear' && packet.protocol === TCP)) return [];
    return [judge(packet, fate)];
  });
  return once(findings);
}

/** One rule drops many packets: it is told once for each kind, with the first of them. */
function once(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>();
  return findings.filter(({ code, subject, fix }) => {
    const key = JSON.stringify([code, subject, fix]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function judge(packet: Packet, { kind, chain, text }: Exclude<Fate, { readonly kind: 'accept' }>): Finding {
  const way = packet.direction === 'in' ? `coming in on "${packet.interface}"` : `going out on "${packet.interface}"`;
  const subject = `${packet.interface} ${packet.direction}`;
  if (kind === 'unclear') {
    const said = `${packet.name}, ${way}, may be dropped in ${chain.name}; it depends on this rule: ${text}`;
    const fix = `if they are lost, ${remedy(packet, chain)}`;
    return finding('FIREWALL-UNCLEAR', subject, said, fix);
  }
  const code =
    packet.protocol === VRRP ? 'VRRP-FIREWALL' : packet.protocol === TCP ? 'SERVICE-FIREWALL' : 'HEARTBEAT-FIREWALL';
  return finding(
    code,
    subject,
    `${packet.name}, ${way}, are dropped in ${chain.name} by: ${text}`,
    remedy(packet, chain),
  );
}

/** The command that lets a packet through where it is dropped. */
function remedy(packet: Packet, chain: Chain): string {
  const { protocol, destinationPort: port, family } = packet;
  const isVrrp = protocol === VRRP;
  const transport = protocol === TCP ? 'tcp' : 'udp';
  const [, table = ''] = chain.name.split(' ');
  if (table === 'firewalld') {
    const what = isVrrp ? '--add-protocol=vrrp' : `--add-port=${port}/${transport}`;
    return `run \`firewall-cmd --permanent ${what}\` and \`firewall-cmd --reload\``;
  }
  if (chain.tool === 'nft') {
    const match = isVrrp ? 'meta l4proto 112' : `${transport} dport ${port}`;
    return `run \`nft insert rule ${chain.name} ${match} accept\`, and write it where the rules are kept, often /etc/nftables.conf`;
  }
  const [kept = '', name = ''] = chain.name.split(' ');
  const match = isVrrp ? '-p 112' : `-p ${transport} --dport ${port}`;
  const where = kept === 'filter' ? '' : `-t ${kept} `;
  const file = family === 'ipv4' ? 'before.rules' : 'before6.rules';
  return `run \`${chain.tool} ${where}-I ${name} ${match} -j ACCEPT\`, and keep it with your firewall (ufw: /etc/ufw/${file})`;
}
