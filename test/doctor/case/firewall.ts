import type { Finding } from '../../../src/doctor/finding.ts';
import { readIptables } from '../../../src/doctor/firewall/iptables.ts';
import { judgeFirewall } from '../../../src/doctor/judge/firewall.ts';
import { crossed } from '../../config/sample.ts';
import type { Case } from './case.ts';
import { eth0, held, lb1 } from './case.ts';

const eth1 = eth0({ name: 'eth1', index: 3, addresses: [held('198.51.100.11/24')] });

/** What rules of iptables come to on lb1, in the table `filter`. */
const judged = (rules: readonly string[], policy = 'ACCEPT', text = crossed): Finding[] => {
  const chains = ['INPUT', 'OUTPUT', 'FORWARD'].map((name) => `:${name} ${name === 'INPUT' ? policy : 'ACCEPT'} [0:0]`);
  const save = ['*filter', ...chains, ':own - [0:0]', ...rules, 'COMMIT', ''].join('\n');
  return judgeFirewall(lb1(text), [eth0(), eth1], readIptables(save, 'iptables'));
};

const withServices = `${crossed}services:\n  web: { listen: [80], backends: ['192.0.2.21:80'] }\n`;

const aside = crossed.replace(
  'vrid: 52, address: 192.0.2.102/24',
  'vrid: 52, interface: eth1, address: 198.51.100.102',
);

/** What the whole table of a firewall does to a pair. */
export const firewallCases: readonly Case[] = [
  { says: 'no rules', findings: () => judgeFirewall(lb1(), [eth0()], []), expected: [] },
  {
    says: 'a rule that drops the protocol',
    findings: () => judged(['-A INPUT -p vrrp -j DROP']),
    expected: [
      /^error VRRP-FIREWALL \[eth0 in\] advertisements of lb2, coming in on "eth0", are dropped in filter INPUT by: -A INPUT -p vrrp -j DROP -> run `iptables -I INPUT -p 112 -j ACCEPT`/,
    ],
  },
  {
    says: 'a policy, and replies let in: nobody answers from a group',
    findings: () => judged(['-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'], 'DROP'),
    expected: [/^error VRRP-FIREWALL .*by: policy drop of filter INPUT/],
  },
  {
    says: 'the same over unicast: it depends on who spoke last',
    findings: () =>
      judged(
        ['-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'],
        'DROP',
        crossed.replaceAll('prefer:', 'transport: unicast, prefer:'),
      ),
    expected: [/^note FIREWALL-UNCLEAR .*RELATED,ESTABLISHED/],
  },
  {
    says: 'a policy with the protocol let in',
    findings: () => judged(['-A INPUT -p 112 -s 192.0.2.0/24 -j ACCEPT'], 'DROP'),
    expected: [],
  },
  {
    says: 'the protocol let in from elsewhere only',
    findings: () => judged(['-A INPUT -s 198.51.100.0/24 -p vrrp -j ACCEPT'], 'DROP'),
    expected: [/^error VRRP-FIREWALL /],
  },
  {
    says: 'a chain that accepts, reached by a jump',
    findings: () =>
      judged(['-A INPUT -i eth0 -j own', '-A own -d 224.0.0.0/4 -m comment --comment "all of them" -j ACCEPT'], 'DROP'),
    expected: [],
  },
  {
    says: 'a chain that returns before it accepts',
    findings: () => judged(['-A INPUT -j own', '-A own ! -p tcp -j RETURN', '-A own -j ACCEPT'], 'DROP'),
    expected: [/^error VRRP-FIREWALL /],
  },
  {
    says: 'a rate',
    findings: () => judged(['-A INPUT -p vrrp -m limit --limit 5/sec -j ACCEPT'], 'DROP'),
    expected: [/^note FIREWALL-UNCLEAR .*--limit 5\/sec/],
  },
  {
    says: 'a drop on the way out',
    findings: () =>
      judged(['-A OUTPUT -o eth0 -m pkttype --pkt-type multicast -j LOG', '-A OUTPUT -d 224.0.0.18 -j REJECT']),
    expected: [
      /^error VRRP-FIREWALL \[eth0 out\] advertisements to the other hosts.*-A OUTPUT -d 224\.0\.0\.18 -j REJECT.*\/etc\/ufw\/before\.rules/,
    ],
  },
  {
    says: 'a drop on another interface',
    findings: () => judged(['-A INPUT -i eth9 -j DROP', '-A INPUT -i eth+ -p udp -j DROP']),
    expected: [],
  },
  {
    says: 'a VIP on a second interface, where the hosts have other addresses',
    findings: () => judged(['-A OUTPUT -o eth1 ! -s 198.51.100.0/24 -j DROP'], 'ACCEPT', aside),
    expected: [/^note FIREWALL-UNCLEAR \[eth1 out\]/],
  },
  {
    says: 'the heartbeat dropped',
    findings: () =>
      judged(['-A INPUT -i eth1 -p udp -m udp --dport 5000:6000 -j DROP'], 'ACCEPT', `heartbeat: [eth1]\n${crossed}`),
    expected: [/^error HEARTBEAT-FIREWALL \[eth1 in\] heartbeat eth1 of lb2.*-I INPUT -p udp --dport 5112 -j ACCEPT/],
  },
  {
    says: 'clients dropped, by the port',
    findings: () => judged(['-A INPUT -p tcp -m multiport --dports 22,80:90 -j REJECT'], 'ACCEPT', withServices),
    expected: [
      /^warning SERVICE-FIREWALL \[eth0 in\] clients of service web at 192\.0\.2\.101 port 80.*-p tcp --dport 80 -j ACCEPT/,
    ],
  },
  {
    says: 'some clients dropped, by who they are',
    findings: () => judged(['-A INPUT -s 203.0.113.0/24 -p tcp -j DROP'], 'ACCEPT', withServices),
    expected: [],
  },
];
