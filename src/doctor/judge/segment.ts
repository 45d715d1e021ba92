import type { Config } from '../../config/config.ts';
import { maySend } from '../../config/sender.ts';
import { MISTAKES, ODDITIES } from '../../pair/mistake.ts';
import type { MistakeCode } from '../../pair/mistake.ts';
import type { Refusal } from '../../vrrp/receive.ts';
import { familyOf, isLinkLocal } from '../../wire/address.ts';
import type { IpAddress } from '../../wire/address.ts';
import type { LinkFacts } from '../facts/links.ts';
import type { SegmentFacts, Voice } from '../facts/segment.ts';
import { finding } from '../finding.ts';
import type { Finding } from '../finding.ts';
import { isHome, isOnLink } from '../home.ts';
import { routersOf } from '../patient.ts';
import type { Patient } from '../patient.ts';

/** Who else speaks VRRP on the segments, and who answers for the VIPs. Pure. */
export function judgeSegments(
  patient: Pick<Patient, 'config' | 'node'>,
  links: readonly LinkFacts[],
  segments: readonly SegmentFacts[],
): Finding[] {
  return segments.flatMap((segment) => {
    const link = links.find(({ name }) => name === segment.interface);
    return [
      ...segment.voices.flatMap((voice) => judgeVoice(patient.config, link, segment, voice)),
      ...judgeHolders(patient, links, segment),
    ];
  });
}

const nodeOf = ({ nodes }: Config, source: IpAddress): string | undefined =>
  nodes.find(({ addresses }) => addresses.includes(source))?.name;

/**
 * Whether an address that is no node's may be one all the same: over IPv6 nodes advertise from link-local addresses, and
 * on an interface where none of their addresses is from others of its subnet. The configuration has neither.
 */
const mayBeNode = ({ nodes }: Config, link: LinkFacts | undefined, source: IpAddress): boolean =>
  isLinkLocal(source) || (link !== undefined && !isHome(nodes, link, familyOf(source)) && isOnLink(link, source));

function judgeVoice(
  config: Config,
  link: LinkFacts | undefined,
  { interface: name }: SegmentFacts,
  voice: Voice,
): Finding[] {
  const { source, vrid, vip, refusal, remarks } = voice;
  const node = nodeOf(config, source);
  const isUnknown = mayBeNode(config, link, source);
  const who = node ?? source;
  // A VIP in which this host takes no part.
  if (refusal === 'vrid' && maySend(config, source, vrid, isUnknown)) return [];
  if (refusal === 'vrid') {
    if (node === undefined) {
      const text = `on "${name}" ${source} advertises VRID ${vrid}, which is not configured here`;
      return [finding('VRRP-OTHERS', `${name} ${vrid}`, text, 'keep to VRIDs of your own')];
    }
    const text = `on "${name}" ${node} advertises VRID ${vrid}, which is not configured here`;
    return [finding('VRRP-SETTINGS', who, text, 'give all hosts the same file and run `vipair reload` on both')];
  }
  if (vip === undefined || vrid === undefined) {
    const text = `on "${name}" what ${who} sends with protocol 112 cannot be read (${refusal ?? 'unknown'})`;
    return [finding('VRRP-BROKEN', who, text, 'see what rewrites packets on the way, and what program that is')];
  }
  if (refusal === 'own-packet') return [];
  if (node === undefined && !isUnknown) {
    const text = `on "${name}" ${source}, which is no node, advertises VRID ${vrid} of ${vip}`;
    const fix =
      'write another `vrid` for the VIP, or end the VRRP program on that host; if it is one of yours, write it under `nodes`';
    return [finding('VRID-TAKEN', vip, text, fix)];
  }
  const mistakes = [
    ...(refusal === undefined ? [] : [MISTAKES[refusal as Refusal] ?? 'checksum']),
    ...remarks.map((remark) => ODDITIES[remark]),
  ];
  return mistakes.map((mistake) => {
    const text = `on "${name}" ${who} advertises ${vip} ${WORDS[mistake]}`;
    const fix = 'give all hosts the same file and run `vipair reload` on both';
    const isTaken = refusal === undefined;
    const severity = mistake === 'checksum-form' ? 'note' : isTaken ? 'warning' : 'error';
    return finding('VRRP-SETTINGS', vip, `${text}${isTaken ? '' : '; this host refuses it'}`, fix, severity);
  });
}

const WORDS: Readonly<Record<MistakeCode, string>> = {
  password: 'with another password or authentication type',
  version: 'with the other VRRP version',
  interval: 'with another interval',
  transport: 'by another transport',
  'unknown-sender': 'from an address that is no node',
  checksum: 'with a wrong checksum: something on the way rewrites packets',
  'hop-limit': 'with a hop limit below 255: it has passed a router',
  reflected: 'from the address of this host',
  'two-owners': 'as the owner of the address (priority 255), which this host is, too',
  'address-list': 'with other addresses',
  'checksum-form': 'with the other form of the checksum',
};

function judgeHolders(
  { config, node }: Pick<Patient, 'config' | 'node'>,
  links: readonly LinkFacts[],
  { interface: name, family, answers, voices }: SegmentFacts,
): Finding[] {
  const own = new Set(links.map(({ mac }) => mac));
  const held = new Set(links.flatMap(({ addresses }) => addresses.map(({ address }) => address)));
  const nodeByMac = new Map(
    answers.flatMap(({ address, mac }) => {
      const is = nodeOf(config, address);
      return is === undefined ? [] : [[mac, is] as const];
    }),
  );
  const routers = routersOf(config, node.name).filter(
    (router) => router.interface === name && router.family === family,
  );
  return routers.flatMap(({ vip }) =>
    vip.addresses.flatMap(({ address }) => {
      if (familyOf(address) !== family) return [];
      // RFC 9568 7.3: the last but one byte tells the family.
      const virtual = `00:00:5e:00:0${family === 'ipv4' ? 1 : 2}:${vip.vrid.toString(16).padStart(2, '0')}`;
      const macs = answers.filter((each) => each.address === address && !own.has(each.mac)).map(({ mac }) => mac);
      const [first] = macs;
      if (first === undefined) return [];
      const named = (mac: string): string => {
        const is = nodeByMac.get(mac);
        return is === undefined ? mac : `${is} (${mac})`;
      };
      const isTwice = held.has(address) || macs.length > 1;
      if (isTwice) {
        const who = [...(held.has(address) ? ['this host'] : []), ...macs.map(named)].join(' and ');
        const fix = 'see why VRRP does not get through between them, with `vipair status` and this command on both';
        return [finding('VIP-TWICE', vip.name, `${address} on "${name}" is answered for by ${who}`, fix)];
      }
      const isHeard = voices.some((voice) => voice.vip === vip.name && voice.refusal === undefined);
      if (first === virtual || isHeard) return [];
      const holder = nodeByMac.get(first);
      if (holder === undefined) {
        const text = `${first}, which is no node, answers for ${address} on "${name}"`;
        const fix = 'find the host by its Ethernet address (the table of the switch), and take the address off it';
        return [finding('VIP-TAKEN', vip.name, text, fix)];
      }
      const text = `${holder} holds ${address}, and none of its advertisements arrives on "${name}"`;
      const fix = `see the firewalls of both hosts, and IGMP snooping on the switch; or write \`transport: unicast\``;
      return [finding('VRRP-UNHEARD', vip.name, text, fix)];
    }),
  );
}
