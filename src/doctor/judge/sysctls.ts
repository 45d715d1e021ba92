import { sysctlNeeds } from '../../config/sysctl.ts';
import { familyOf } from '../../wire/address.ts';
import type { LinkFacts } from '../facts/links.ts';
import type { Sysctls } from '../facts/sysctls.ts';
import { finding } from '../finding.ts';
import type { Finding } from '../finding.ts';
import { isHome, isOnLink } from '../home.ts';
import { routersOf } from '../patient.ts';
import type { Patient } from '../patient.ts';

/** From this share on the table of connections is nearly full. */
const NEARLY = 0.9;

/** Kernel settings. Pure, but for asking `sysctl`. */
export function judgeSysctls(
  patient: Pick<Patient, 'config' | 'node' | 'status'>,
  links: readonly LinkFacts[],
  sysctl: Sysctls,
): Finding[] {
  const { config, node } = patient;
  const names = [...new Set(routersOf(config, node.name).map((router) => router.interface))];
  const there = names.filter((name) => links.some((link) => link.name === name));
  return [
    ...judgeNeeds(patient, there, sysctl),
    ...there.flatMap((name) => [
      ...judgeArp(name, patient, sysctl),
      ...judgeReversePath(name, patient, links, sysctl),
      ...judgeIpv6(name, patient, sysctl),
    ]),
    ...judgeConntrack(sysctl),
  ];
}

function judgeNeeds(
  { config, node, status }: Parameters<typeof judgeSysctls>[0],
  there: readonly string[],
  sysctl: Sysctls,
): Finding[] {
  return sysctlNeeds(config, node.name).flatMap(({ name, value, why }) => {
    const current = sysctl(name);
    const isOfLink = /[./]conf[./]/.test(name);
    if (current === value || (isOfLink && !there.some((link) => name.includes(link)))) return [];
    const is = current === undefined ? 'not there' : `"${current}"`;
    const listens = config.services.flatMap(({ listen }) => listen);
    // Who listens on all addresses binds no VIP. Where a proxy without services listens is its own business.
    const isIdle = name.endsWith('nonlocal_bind') && listens.every((each) => each.address === undefined);
    const isDue = config.sysctl === 'apply' && status === undefined;
    const fix = isDue
      ? 'nothing: the daemon sets it when it starts'
      : `run \`sysctl -w ${name}=${value}\`, and write it to /etc/sysctl.d/99-vipair.conf; or write \`sysctl: apply\``;
    const text = `${name} is ${is} and should be "${value}": ${why}`;
    return [finding('SYSCTL', name, text, fix, isIdle || isDue ? 'note' : 'warning')];
  });
}

/** `NAME` of an interface; names with dots are written with slashes (sysctl(8)). */
const setting = (family: 'ipv4' | 'ipv6', link: string, name: string): string => `net/${family}/conf/${link}/${name}`;

/** The greater of the interface's value and that of all (ip-sysctl.rst). */
function greatest(link: string, name: string, sysctl: Sysctls): { readonly value: number; readonly of: string } {
  const [own, all] = [link, 'all'].map((each) => Number(sysctl(setting('ipv4', each, name)) ?? 0)) as [number, number];
  return own >= all ? { value: own, of: link } : { value: all, of: 'all' };
}

function judgeArp(link: string, { config, node }: Pick<Patient, 'config' | 'node'>, sysctl: Sysctls): Finding[] {
  const { value, of } = greatest(link, 'arp_ignore', sysctl);
  const isAffected = routersOf(config, node.name).some(
    (router) => router.interface === link && router.family === 'ipv4',
  );
  // 3 to 7 are for local addresses or reserved, 8 is for none (ip-sysctl.rst).
  if (value < 3 || !isAffected) return [];
  const name = setting('ipv4', of, 'arp_ignore');
  const text = `${name} is ${value}: the kernel answers no ARP request for a VIP on "${link}"`;
  return [finding('SYSCTL-ARP', name, text, `run \`sysctl -w ${name}=1\`, and correct it in /etc/sysctl.d`)];
}

function judgeReversePath(
  link: string,
  { config, node }: Pick<Patient, 'config' | 'node'>,
  links: readonly LinkFacts[],
  sysctl: Sysctls,
): Finding[] {
  const { value, of } = greatest(link, 'rp_filter', sysctl);
  const own = links.find(({ name }) => name === link);
  const isAffected = routersOf(config, node.name).some(
    (router) => router.interface === link && router.family === 'ipv4',
  );
  // Elsewhere the nodes speak from other addresses than those of the configuration.
  if (value !== 1 || !isAffected || own === undefined || !isHome(config.nodes, own, 'ipv4')) return [];
  const far = config.nodes.flatMap((other) => {
    const addresses = other.addresses.filter((address) => familyOf(address) === 'ipv4');
    return other.name === node.name || addresses.some((address) => isOnLink(own, address)) ? [] : addresses;
  });
  if (far.length === 0) return [];
  const name = setting('ipv4', of, 'rp_filter');
  const text = `${name} is 1, and ${far.join(', ')} is in no subnet of "${link}": what comes from there is dropped`;
  return [finding('SYSCTL-RPFILTER', name, text, `run \`sysctl -w ${name}=2\`, and correct it in /etc/sysctl.d`)];
}

function judgeIpv6(link: string, { config, node }: Pick<Patient, 'config' | 'node'>, sysctl: Sysctls): Finding[] {
  const own = routersOf(config, node.name).filter((router) => router.interface === link && router.family === 'ipv6');
  const name = setting('ipv6', link, 'disable_ipv6');
  if (own.length === 0 || sysctl(name) !== '1') return [];
  const text = `IPv6 is switched off on "${link}", which has the IPv6 addresses of ${own.map(({ vip }) => vip.name).join(', ')}`;
  return [finding('IPV6-DISABLED', link, text, `run \`sysctl -w ${name}=0\`, and correct it in /etc/sysctl.d`)];
}

function judgeConntrack(sysctl: Sysctls): Finding[] {
  const count = Number(sysctl('net.netfilter.nf_conntrack_count') ?? 0);
  const most = Number(sysctl('net.netfilter.nf_conntrack_max') ?? 0);
  if (most <= 0 || count < most * NEARLY) return [];
  const text = `${count} of at most ${most} connections are tracked; beyond that the kernel drops what is new`;
  const fix = `run \`sysctl -w net.netfilter.nf_conntrack_max=${most * 4}\``;
  return [finding('CONNTRACK-FULL', 'nf_conntrack', text, fix, count >= most ? 'error' : 'warning')];
}
