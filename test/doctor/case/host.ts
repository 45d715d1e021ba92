import { profiles } from '../../../profiles/registry.ts';
import { judgeLinks } from '../../../src/doctor/judge/links.ts';
import { judgePorts } from '../../../src/doctor/judge/ports.ts';
import { judgeProcess } from '../../../src/doctor/judge/process.ts';
import { judgeSysctls } from '../../../src/doctor/judge/sysctls.ts';
import type { PortFacts } from '../../../src/doctor/facts/ports.ts';
import type { ProcessFacts } from '../../../src/doctor/facts/process.ts';
import type { Finding } from '../../../src/doctor/finding.ts';
import { admit } from '../../../src/doctor/patient.ts';
import { addressOf } from '../../../src/wire/address.ts';
import { crossed, GOOD, pairWith } from '../../config/sample.ts';
import type { Case } from './case.ts';
import { eth0, fileOf, held, lb1 } from './case.ts';

const admitted = async (text: string, name?: string): Promise<readonly Finding[]> =>
  (await admit({ file: fileOf(text), name, socket: '/nonexistent/s', state: '/nonexistent', profiles })).findings;

const SERVICES = "services:\n  web: { listen: [80], backends: ['192.0.2.21:80'] }\n";

const files: readonly Case[] = [
  { says: 'a file that is right', findings: () => admitted(crossed, 'lb1'), expected: [] },
  {
    says: 'a mistake in the file',
    findings: () => admitted(crossed.replace('vrid: 52', 'vrid: 51'), 'lb1'),
    expected: [/^error CONFIG-REFUSED .*pair\.yaml:7:\d+: vips\.web-2\.vrid: 51 is the VRID of VIP "web-1"/],
  },
  {
    says: 'a file that is not there',
    findings: async () =>
      (await admit({ file: '/nonexistent/p', name: 'lb1', socket: '/nonexistent/s', state: '/', profiles })).findings,
    expected: [/^error CONFIG-REFUSED .*Cannot read the configuration: ENOENT/],
  },
  {
    says: 'a host that is not in the file',
    findings: () => admitted(crossed, 'lb3'),
    expected: [/^error CONFIG-NODE .*No node is called "lb3"/],
  },
  {
    says: 'something odd in the file',
    findings: () => admitted(pairWith('vrid: 51, address: 192.0.2.101/24, prefer: [lb1]'), 'lb1'),
    expected: [/^warning CONFIG-ODD .*lb2.*takes part in no VIP/, /^warning CONFIG-ODD .*only lb1 may hold this VIP/],
  },
];

const links: readonly Case[] = [
  { says: 'interfaces as they should be', findings: () => judgeLinks(lb1(), [eth0()]), expected: [] },
  {
    says: 'no such interface',
    findings: () => judgeLinks(lb1(), [eth0({ name: 'ens3' })]),
    expected: [/^error INTERFACE-MISSING \[eth0\] .*"eth0" of the configuration does not exist; there is ens3/],
  },
  {
    says: 'an interface that is down',
    findings: () => judgeLinks(lb1(), [eth0({ isUp: false, hasCarrier: false })]),
    expected: [/^error INTERFACE-DOWN .* is down -> run `ip link set eth0 up`/],
  },
  {
    says: 'a cable that is out',
    findings: () => judgeLinks(lb1(), [eth0({ hasCarrier: false })]),
    expected: [/^error INTERFACE-DOWN .* has no link/],
  },
  {
    says: 'an interface without an address of the family',
    findings: () => judgeLinks(lb1(), [eth0({ addresses: [held('fe80::b/64')] })]),
    expected: [
      /^error INTERFACE-ADDRESS \[web-1\/ipv4\]/,
      /^error INTERFACE-ADDRESS \[web-2\/ipv4\]/,
      /^error NODE-ADDRESS \[lb1\] .*192\.0\.2\.11/,
    ],
  },
  {
    says: 'IPv6 VIPs and no link-local address to advertise from',
    findings: () =>
      judgeLinks(lb1(pairWith('vrid: 51, address: 2001:db8::101/64, prefer: [lb1, lb2]')), [
        eth0({ addresses: [held('192.0.2.11/24'), held('2001:db8::11/64')] }),
      ]),
    expected: [/^error INTERFACE-ADDRESS .* no link-local IPv6 address/],
  },
  {
    says: 'a VIP of another subnet',
    findings: () => judgeLinks(lb1(pairWith('vrid: 51, address: 198.51.100.1, prefer: [lb1, lb2]')), [eth0()]),
    expected: [/^warning INTERFACE-SUBNET .*198\.51\.100\.1 is in no subnet of .*192\.0\.2\.11\/24/],
  },
  {
    says: 'a small MTU',
    findings: () => judgeLinks(lb1(), [eth0({ mtu: 576 })]),
    expected: [/^warning INTERFACE-MTU .*576/],
  },
  {
    says: 'an interface without multicast',
    findings: () => judgeLinks(lb1(), [eth0({ isMulticast: false })]),
    expected: [/^error INTERFACE-MULTICAST .*ip link set eth0 multicast on/],
  },
  {
    says: 'an interface without multicast that needs none',
    findings: () => judgeLinks(lb1(pairWith(`${GOOD}, transport: unicast`)), [eth0({ isMulticast: false })]),
    expected: [],
  },
  {
    says: 'a bond that rewrites ARP',
    findings: () => judgeLinks(lb1(), [eth0({ bondMode: 'balance-alb' })]),
    expected: [/^warning INTERFACE-BOND .*balance-alb/],
  },
  {
    says: 'a bridge that snoops without a querier',
    findings: () => judgeLinks(lb1(), [eth0({ bridge: { name: 'br0', snoops: true, queries: false } })]),
    expected: [/^note BRIDGE-SNOOPING .*"br0" of "eth0" .*mcast_querier 1/],
  },
  {
    says: 'a VIP that somebody has configured',
    findings: () => judgeLinks(lb1(), [eth0({ addresses: [held('192.0.2.11/24'), held('192.0.2.102/24')] })]),
    expected: [/^error VIP-STATIC \[web-2\] .*192\.0\.2\.102.*ip address del 192\.0\.2\.102\/24 dev eth0/],
  },
  {
    says: 'an address from DHCP, which has a lifetime',
    findings: () => judgeLinks(lb1(), [eth0({ addresses: [held('192.0.2.11/24', false)] })]),
    expected: [],
  },
  {
    says: 'a VIP that the daemon holds, and no address of the host',
    findings: () => judgeLinks(lb1(), [eth0({ addresses: [held('192.0.2.101/24', false)] })]),
    expected: [/^error INTERFACE-ADDRESS \[web-1/, /^error INTERFACE-ADDRESS \[web-2/, /^error NODE-ADDRESS /],
  },
  {
    says: 'a VIP that the daemon holds',
    findings: () => judgeLinks(lb1(), [eth0({ addresses: [held('192.0.2.11/24'), held('192.0.2.101/24', false)] })]),
    expected: [],
  },
];

const right: Readonly<Record<string, string>> = {
  'net.ipv4.ip_nonlocal_bind': '1',
  'net.ipv6.ip_nonlocal_bind': '1',
  'net.ipv4.conf.eth0.promote_secondaries': '1',
  'net.ipv4.conf.eth1.promote_secondaries': '1',
};

const settings = (values: Readonly<Record<string, string>>, text?: string): Finding[] =>
  judgeSysctls(lb1(text), [eth0()], (name) => ({ ...right, ...values })[name]);

const sysctls: readonly Case[] = [
  { says: 'settings as they should be', findings: () => settings({}), expected: [] },
  {
    says: 'a setting that is off, with a proxy that may not need it',
    findings: () => settings({ 'net.ipv4.ip_nonlocal_bind': '0' }),
    expected: [/^note SYSCTL .*net\.ipv4\.ip_nonlocal_bind is "0".*sysctl -w net\.ipv4\.ip_nonlocal_bind=1/],
  },
  {
    says: 'a setting that the daemon will set',
    findings: () => settings({ 'net.ipv4.ip_nonlocal_bind': '0' }, `sysctl: apply\n${crossed}`),
    expected: [/^note SYSCTL .*the daemon sets it when it starts/],
  },
  {
    says: 'no answers to ARP, by the setting of all interfaces',
    findings: () => settings({ 'net/ipv4/conf/all/arp_ignore': '8', 'net/ipv4/conf/eth0/arp_ignore': '1' }),
    expected: [/^error SYSCTL-ARP .*net\/ipv4\/conf\/all\/arp_ignore is 8/],
  },
  {
    says: 'strict reverse paths, and a peer in the subnet',
    findings: () => settings({ 'net/ipv4/conf/all/rp_filter': '1' }),
    expected: [],
  },
  {
    says: 'strict reverse paths, and a peer elsewhere',
    findings: () => settings({ 'net/ipv4/conf/eth0/rp_filter': '1' }, crossed.replace('192.0.2.12', '198.51.100.12')),
    expected: [/^warning SYSCTL-RPFILTER .*198\.51\.100\.12 is in no subnet of "eth0"/],
  },
  {
    says: 'strict reverse paths on an interface where the nodes have other addresses',
    findings: () =>
      judgeSysctls(
        lb1(crossed.replace('interface: eth0', 'interface: eth1')),
        [eth0(), eth0({ name: 'eth1', addresses: [held('198.51.100.11/24')] })],
        (name) => ({ ...right, 'net/ipv4/conf/all/rp_filter': '1' })[name],
      ),
    expected: [],
  },
  {
    says: 'addresses that may not be bound, and no proxy that would',
    findings: () => settings({ 'net.ipv4.ip_nonlocal_bind': '0' }, crossed.replace('proxy: { profile: nginx }\n', '')),
    expected: [],
  },
  {
    says: 'addresses that may not be bound, and services that listen on them',
    findings: () =>
      settings({ 'net.ipv4.ip_nonlocal_bind': '0' }, `${crossed}${SERVICES.replace('80', '192.0.2.101:80')}`),
    expected: [/^warning SYSCTL .*net\.ipv4\.ip_nonlocal_bind is "0".*sysctl -w net\.ipv4\.ip_nonlocal_bind=1/],
  },
  {
    says: 'IPv6 VIPs and no IPv6',
    findings: () =>
      settings(
        { 'net/ipv6/conf/eth0/disable_ipv6': '1' },
        pairWith('vrid: 51, address: 2001:db8::101/64, prefer: [lb1, lb2]'),
      ),
    expected: [/^error IPV6-DISABLED \[eth0\]/],
  },
  {
    says: 'a table of connections that is nearly full',
    findings: () => settings({ 'net.netfilter.nf_conntrack_count': '950', 'net.netfilter.nf_conntrack_max': '1000' }),
    expected: [/^warning CONNTRACK-FULL .*950 of at most 1000/],
  },
  {
    says: 'a table of connections that is full',
    findings: () => settings({ 'net.netfilter.nf_conntrack_count': '1000', 'net.netfilter.nf_conntrack_max': '1000' }),
    expected: [/^error CONNTRACK-FULL /],
  },
];

const ALL = new Set(Array.from({ length: 41 }, (_, at) => at));

const rights = (facts: Partial<ProcessFacts>, text?: string): Finding[] =>
  judgeProcess(lb1(text), {
    ...{ who: 'this process', capabilities: ALL, uid: 0, files: 20_000 },
    ...{ nativeTrouble: undefined, refused: [], realtimeRefused: undefined },
    ...facts,
  });

const socketOf = (code: string): ProcessFacts['refused'][number] => ({
  ...{ interface: 'eth0/ipv4', what: 'VRRP socket', code, why: `Cannot open it: ${code}` },
});

const processes: readonly Case[] = [
  { says: 'root', findings: () => rights({}), expected: [] },
  {
    says: 'no addon',
    findings: () => rights({ nativeTrouble: 'Cannot load native library "/x": ENOENT' }),
    expected: [/^error NATIVE-MISSING .*Cannot load native library/],
  },
  {
    says: 'sockets that are refused',
    findings: () => rights({ refused: [socketOf('EPERM'), socketOf('EADDRNOTAVAIL')] }),
    expected: [
      /^error PERMISSION-RAW \[eth0\/ipv4\] the VRRP socket cannot be opened: Cannot open it: EPERM -> grant CAP_NET_RAW/,
      /^error PERMISSION-RAW .*: EADDRNOTAVAIL -> it is no matter of rights/,
    ],
  },
  {
    says: 'an ordinary user',
    findings: () =>
      rights({ capabilities: new Set(), uid: 1000 }, `${crossed.replace('nginx', 'nginx, mode: managed')}${SERVICES}`),
    expected: [/^error PERMISSION-ADMIN /, /^warning PERMISSION-TRACE /, /^warning PERMISSION-USER /],
  },
  {
    says: 'no real-time scheduling',
    findings: () => rights({ realtimeRefused: 'EPERM' }),
    expected: [/^warning REALTIME-REFUSED .*\(EPERM\) to this process/],
  },
  {
    says: 'few descriptors',
    findings: () => rights({ files: 256 }),
    expected: [/^warning LIMIT-FILES .*256 files, fewer than 1024/],
  },
];

const port = (facts: Partial<PortFacts>): Finding[] =>
  judgePorts('nginx', [
    { ...{ address: undefined, port: 80, service: 'web', strangers: [], bindRefused: undefined }, ...facts },
  ]);

const ports: readonly Case[] = [
  { says: 'a port that is free', findings: () => port({}), expected: [] },
  {
    says: 'a port that another program has',
    findings: () => port({ strangers: [{ pid: 812, comm: 'apache2', command: '/usr/sbin/apache2 -k start' }] }),
    expected: [
      /^error PORT-TAKEN \[port 80\] process 812 "apache2" \(\/usr\/sbin\/apache2 -k start\) listens on port 80/,
    ],
  },
  {
    says: 'a VIP that cannot be bound',
    findings: () => port({ address: addressOf('192.0.2.102'), bindRefused: 'EADDRNOTAVAIL' }),
    expected: [/^error PORT-ADDRESS .*nginx cannot listen on 192\.0\.2\.102 port 80.*net\.ipv4\.ip_nonlocal_bind=1/],
  },
];

/** The host itself. */
export const hostCases: readonly Case[] = [...files, ...links, ...sysctls, ...processes, ...ports];
