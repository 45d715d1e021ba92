import type { SegmentFacts, Voice } from '../../../src/doctor/facts/segment.ts';
import type { Finding } from '../../../src/doctor/finding.ts';
import { judgeSegments } from '../../../src/doctor/judge/segment.ts';
import { addressOf } from '../../../src/wire/address.ts';
import { crossed } from '../../config/sample.ts';
import type { Case } from './case.ts';
import { eth0, held, lb1 } from './case.ts';

const LB2 = '02:00:00:00:00:0c';
const STRANGER = '02:00:00:00:00:99';

const answered = (address: string, mac: string): SegmentFacts['answers'][number] => ({
  address: addressOf(address),
  mac,
});

const said = (source: string, more: Partial<Voice> = {}): Voice => ({
  ...{ source: addressOf(source), vrid: 52, vip: 'web-2', refusal: undefined, remarks: [] },
  ...more,
});

/** lb2 lives, advertises its VIP, and holds it. */
const well = [said('192.0.2.12')];
const answers = [answered('192.0.2.12', LB2), answered('192.0.2.102', LB2)];

const judged = (facts: Partial<SegmentFacts>, isHeld = false): Finding[] =>
  judgeSegments(
    lb1(),
    [eth0({ addresses: [held('192.0.2.11/24'), ...(isHeld ? [held('192.0.2.102/24', false)] : [])] })],
    [{ ...{ interface: 'eth0', family: 'ipv4', voices: well, answers }, ...facts }],
  );

/** The same pair over IPv6, where nodes advertise from link-local addresses. */
const sixth = crossed.replaceAll('192.0.2.', '2001:db8::').replaceAll('/24', '/64');
const answers6 = [answered('2001:db8::12', LB2), answered('2001:db8::102', LB2)];

const judged6 = (facts: Partial<SegmentFacts>, isHeld = false): Finding[] =>
  judgeSegments(
    lb1(sixth),
    [eth0({ addresses: [held('fe80::11/64'), ...(isHeld ? [held('2001:db8::102/64', false)] : [])] })],
    [{ ...{ interface: 'eth0', family: 'ipv6', voices: [said('fe80::12')], answers: answers6 }, ...facts }],
  );

/** A VIP on a second interface, where the nodes have other addresses than those of the configuration. */
const aside = crossed.replace(
  'vrid: 52, address: 192.0.2.102/24',
  'vrid: 52, interface: eth1, address: 198.51.100.102',
);

const judgedAside = (voice: Voice): Finding[] =>
  judgeSegments(
    lb1(aside),
    [eth0(), eth0({ name: 'eth1', addresses: [held('198.51.100.11/24')] })],
    [{ interface: 'eth1', family: 'ipv4', voices: [voice], answers: [] }],
  );

/** lb2 and lb3 have a VIP between them. */
const three = crossed
  .replace('interface:', '  lb3: { address: 192.0.2.13 }\ninterface:')
  .replace('prefer: [lb2, lb1]', 'prefer: [lb2, lb3]');

const judgedOfThree = (source: string): Finding[] =>
  judgeSegments(
    lb1(three),
    [eth0()],
    [
      {
        ...{ interface: 'eth0', family: 'ipv4', answers: [] },
        voices: [said(source, { vip: undefined, refusal: 'vrid' })],
      },
    ],
  );

const placed: readonly Case[] = [
  { says: 'a peer on a second interface', findings: () => judgedAside(said('198.51.100.12')), expected: [] },
  {
    says: 'a stranger from elsewhere on a second interface',
    findings: () => judgedAside(said('203.0.113.77')),
    expected: [/^error VRID-TAKEN \[web-2\] .*203\.0\.113\.77, which is no node/],
  },
  { says: 'a VIP of two other nodes', findings: () => judgedOfThree('192.0.2.12'), expected: [] },
  {
    says: 'the VRID of two other nodes, from a stranger',
    findings: () => judgedOfThree('192.0.2.77'),
    expected: [/^note VRRP-OTHERS .*192\.0\.2\.77 advertises VRID 52/],
  },
];

/** The other hosts. */
export const segmentCases: readonly Case[] = [
  ...placed,
  { says: 'a pair that is well', findings: () => judged({}), expected: [] },
  { says: 'a pair over IPv6 that is well', findings: () => judged6({}), expected: [] },
  {
    says: 'a stranger with a VIP over IPv6',
    findings: () => judged6({ voices: [], answers: [answered('2001:db8::102', STRANGER)] }),
    expected: [/^error VIP-TAKEN \[web-2\] 02:00:00:00:00:99, which is no node, answers for 2001:db8::102/],
  },
  {
    says: 'a VIP at its virtual router address over IPv6',
    findings: () => judged6({ voices: [], answers: [answered('2001:db8::102', '00:00:5e:00:02:34')] }),
    expected: [],
  },
  {
    says: 'a VIP of this host and the other over IPv6',
    findings: () => judged6({}, true),
    expected: [/^error VIP-TWICE .*by this host and lb2/],
  },
  {
    says: 'a node that holds a VIP over IPv6 and is not heard',
    findings: () => judged6({ voices: [] }),
    expected: [/^error VRRP-UNHEARD \[web-2\] lb2 holds 2001:db8::102/],
  },
  { says: 'silence', findings: () => judged({ voices: [], answers: [] }), expected: [] },
  {
    says: 'a stranger with a VRID of ours',
    findings: () => judged({ voices: [...well, said('192.0.2.77')] }),
    expected: [/^error VRID-TAKEN \[web-2\] .*192\.0\.2\.77, which is no node, advertises VRID 52/],
  },
  {
    says: 'a stranger with another password and our VRID',
    findings: () => judged({ voices: [...well, said('192.0.2.77', { refusal: 'auth-data' })] }),
    expected: [/^error VRID-TAKEN /],
  },
  {
    says: 'strangers with other VRIDs',
    findings: () => judged({ voices: [...well, said('192.0.2.77', { vrid: 9, vip: undefined, refusal: 'vrid' })] }),
    expected: [/^note VRRP-OTHERS .*VRID 9/],
  },
  {
    says: 'a node with a VRID that this host does not have',
    findings: () => judged({ voices: [...well, said('192.0.2.12', { vrid: 53, vip: undefined, refusal: 'vrid' })] }),
    expected: [/^error VRRP-SETTINGS \[lb2\] .*lb2 advertises VRID 53/],
  },
  {
    says: 'a node with another password',
    findings: () => judged({ voices: [said('192.0.2.12', { refusal: 'auth-data' })], answers: [] }),
    expected: [/^error VRRP-SETTINGS \[web-2\] .*lb2 advertises web-2 with another password.*refuses it/],
  },
  {
    says: 'a node with another version',
    findings: () => judged({ voices: [said('192.0.2.12', { refusal: 'version-mismatch' })], answers: [] }),
    expected: [/^error VRRP-SETTINGS .*with the other VRRP version/],
  },
  {
    says: 'a node with other addresses and another interval, which are accepted',
    findings: () => judged({ voices: [said('192.0.2.12', { remarks: ['address-list', 'interval'] })] }),
    expected: [/^warning VRRP-SETTINGS .*with other addresses/, /^warning VRRP-SETTINGS .*with another interval/],
  },
  {
    says: 'what cannot be read',
    findings: () =>
      judged({ voices: [...well, said('192.0.2.12', { vrid: undefined, vip: undefined, refusal: 'length' })] }),
    expected: [/^warning VRRP-BROKEN \[lb2\] .*\(length\)/],
  },
  {
    says: 'a stranger with a VIP',
    findings: () => judged({ voices: [], answers: [answered('192.0.2.102', STRANGER)] }),
    expected: [/^error VIP-TAKEN \[web-2\] 02:00:00:00:00:99, which is no node, answers for 192\.0\.2\.102/],
  },
  {
    says: 'a VIP at its virtual router address',
    findings: () => judged({ voices: [], answers: [answered('192.0.2.102', '00:00:5e:00:01:34')] }),
    expected: [],
  },
  {
    says: 'a VIP of two hosts',
    findings: () => judged({ answers: [...answers, answered('192.0.2.102', STRANGER)] }),
    expected: [/^error VIP-TWICE \[web-2\] .*by lb2 \(02:00:00:00:00:0c\) and 02:00:00:00:00:99/],
  },
  {
    says: 'a VIP of this host and the other',
    findings: () => judged({}, true),
    expected: [/^error VIP-TWICE .*by this host and lb2/],
  },
  {
    says: 'a node that holds a VIP and is not heard',
    findings: () => judged({ voices: [] }),
    expected: [
      /^error VRRP-UNHEARD \[web-2\] lb2 holds 192\.0\.2\.102, and none of its advertisements arrives on "eth0"/,
    ],
  },
];
