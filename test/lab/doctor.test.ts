import { describe, expect, it } from 'vitest';
import { readNft } from '../../src/doctor/firewall/nft.ts';
import type { Packet } from '../../src/doctor/firewall/packet.ts';
import { fateOf } from '../../src/doctor/firewall/ruleset.ts';
import type { Finding } from '../../src/doctor/finding.ts';
import { startKeepalived } from '../../src/lab/keepalived.ts';
import { now } from '../../src/linux/clock.ts';
import { compiledFile } from '../../src/lab/program.ts';
import { addressOf } from '../../src/wire/address.ts';
import { encodeAdvertisement } from '../../src/wire/advertisement.ts';
import { centiseconds, milliseconds } from '../../src/wire/units.ts';
import { eventually, usePair, VIP1, VIP2 } from './pair/pair.ts';

/* One pair, and one thing after the other that is wrong with it: found by its code, and gone when it is mended. */

const pair = usePair('doctor', { backends: 1 });

interface Report {
  readonly code: number | undefined;
  readonly findings: readonly Finding[];
  readonly unlooked: readonly unknown[];
}

/** What the doctor finds on lb1. */
async function examined(argv: readonly string[] = []): Promise<Report> {
  const host = pair.lab.host('lb1');
  const files = ['--config', pair.lb1.configFile, '--socket', pair.lb1.socket, '--state', `${host.directory}/state`];
  const command = [process.execPath, compiledFile('src/cli/main'), 'doctor', '--json', ...files, ...argv];
  const { code, stdout, stderr } = await host.exec(command);
  if (stdout === '') throw new Error(stderr);
  return { code, ...(JSON.parse(stdout) as Omit<Report, 'code'>) };
}

const quick = (): Promise<Report> => examined(['--quick']);

/** The codes above notes. */
const troubleIn = ({ findings }: Report): string[] =>
  findings.filter(({ severity }) => severity !== 'note').map(({ code, subject }) => `${code} ${subject}`);

const inside = async (...argv: string[]): Promise<void> => {
  expect(await pair.lab.exec('lb1', argv)).toMatchObject({ code: 0 });
};

const rules = (text: string): Promise<void> => inside('nft', text);

interface Fault {
  readonly says: string;
  readonly make: () => Promise<void>;
  readonly mend: () => Promise<void>;
  readonly found: readonly string[];
  readonly argv?: readonly string[];
}

const chain = (hook: string, body: string): string =>
  `table inet t { chain c { type filter hook ${hook} priority 0; ${body} }; }`;

const flush = (): Promise<void> => rules('flush ruleset');

const faults: readonly Fault[] = [
  {
    says: 'a rule that drops advertisements on their way in',
    make: () => rules(chain('input', 'meta l4proto 112 ip saddr 192.0.2.12 drop;')),
    mend: flush,
    found: ['VRRP-FIREWALL eth0 in'],
  },
  {
    says: 'a rule that drops advertisements on their way out',
    make: () => rules(chain('output', 'ip daddr 224.0.0.0/24 oifname "eth0" drop;')),
    mend: flush,
    found: ['VRRP-FIREWALL eth0 out'],
  },
  {
    says: 'a sysctl that is off',
    make: () => inside('sysctl', '-q', '-w', 'net.ipv4.conf.eth0.promote_secondaries=0'),
    mend: () => inside('sysctl', '-q', '-w', 'net.ipv4.conf.eth0.promote_secondaries=1'),
    found: ['SYSCTL net.ipv4.conf.eth0.promote_secondaries'],
  },
  {
    says: 'a VIP that is in the network configuration',
    make: () => inside('ip', 'address', 'add', `${VIP2}/24`, 'dev', 'eth0'),
    mend: () => inside('ip', 'address', 'del', `${VIP2}/24`, 'dev', 'eth0'),
    found: ['VIP-STATIC web-2'],
  },
  {
    says: 'an interface without multicast',
    make: () => inside('ip', 'link', 'set', 'eth0', 'multicast', 'off'),
    mend: () => inside('ip', 'link', 'set', 'eth0', 'multicast', 'on'),
    found: ['INTERFACE-MULTICAST eth0'],
  },
  {
    says: 'a state directory that is read-only',
    make: () => inside('sh', '-c', 'mkdir -p /run/frozen && mount -t tmpfs -o ro tmpfs /run/frozen'),
    mend: () => inside('umount', '/run/frozen'),
    found: ['STATE-UNWRITABLE /run/frozen/vipair'],
    argv: ['--quick', '--state', '/run/frozen/vipair'],
  },
];

/** An advertisement of a stranger, of lower priority, so that nothing moves. */
const foreign = (vrid: number): string => {
  const message = { version: 3, vrid, priority: 9, reserved: 0, addresses: [addressOf(VIP2)] } as const;
  const envelope = { source: addressOf(pair.lab.client.ipv4), destination: addressOf('224.0.0.18') } as const;
  const words = { ...message, interval: centiseconds(20) };
  return Buffer.from(encodeAdvertisement(words, { ...envelope, checksum: 'pseudo-header' })).toString('hex');
};

const onClient = async (...argv: string[]): Promise<void> => {
  expect(await pair.lab.exec('cl', argv)).toMatchObject({ code: 0 });
};

describe('the doctor', () => {
  it('finds nothing above a note on a pair that is well, in a few seconds', async () => {
    await pair.serve('nginx');
    const settings = { sysctl: 'apply', recover_after: '300ms', proxy: { profile: 'nginx', listen: [80] } };
    await pair.run({ settings });
    const since = now();
    const report = await examined();
    expect(now() - since).toBeLessThan(10_000);
    expect(troubleIn(report)).toEqual([]);
    expect(report).toMatchObject({ code: 0, unlooked: [] });
  });

  it.each(faults)('finds $says, and no longer when it is mended', async ({ make, mend, found, argv }) => {
    await make();
    const report = await examined(argv ?? ['--quick']);
    await mend();
    expect(troubleIn(report)).toEqual(expect.arrayContaining([...found]));
    const isError = report.findings.some(({ severity }) => severity === 'error');
    expect(report.code).toBe(isError ? 2 : 1);
  });

  it('finds strangers on the segment: with our VRID, with another, and with a VIP', async () => {
    const packets = [foreign(52), foreign(99)].map((payload) => ({ payload }));
    const speech = { packets, count: 20, interval: milliseconds(150) };
    await onClient('ip', 'address', 'add', `${VIP2}/24`, 'dev', 'eth0');
    const [report] = await Promise.all([examined(), pair.lab.fault({ kind: 'speak', from: 'cl', speech })]);
    await onClient('ip', 'address', 'del', `${VIP2}/24`, 'dev', 'eth0');
    expect(troubleIn(report)).toEqual(expect.arrayContaining(['VRID-TAKEN web-2', 'VIP-TWICE web-2']));
    expect(report.findings.find(({ code }) => code === 'VRRP-OTHERS')?.text).toContain('VRID 99');
  });

  it('finds who has taken the port of a dead proxy, and takes in what the daemon says', async () => {
    pair.front('lb1').kill('all');
    const thief = await pair.lab
      .host('lb1')
      .start([process.execPath, '-e', "require('node:net').createServer().listen(80)"], { name: 'thief' });
    await eventually('somebody listens', () => pair.lab.host('lb1').listens(80));
    await pair.lb1.role('web-1', 'backup');
    const report = await quick();
    await thief.stop('SIGKILL');
    await pair.mend();
    expect(troubleIn(report)).toEqual(expect.arrayContaining(['PORT-TAKEN port 80', 'DAEMON-LOWERED web-1/ipv4']));
    await pair.settle();
  });

  it('finds an interface that is down', async () => {
    // With the interface the daemon loses the VIPs, and is left as it is until the end.
    await inside('ip', 'link', 'set', 'eth0', 'down');
    const report = await quick();
    await inside('ip', 'link', 'set', 'eth0', 'up');
    expect(troubleIn(report)).toContain('INTERFACE-DOWN eth0');
    await pair.settle();
  });

  it('finds another VRRP program, a missing proxy, a VIP that is not heard of, and a stranger that holds one', async () => {
    const host = pair.lab.host('lb1');
    await pair.lb1.stop();
    await eventually('lb2 holds both', () => [VIP1, VIP2].every((vip) => pair.holders(vip).join() === 'lb2'));
    const program = await startKeepalived(host, {
      version: 3,
      instances: [{ name: 'a', vrid: 51, priority: 1, addresses: ['192.0.2.199/24'] }],
    });
    await rules(chain('input', 'meta l4proto 112 drop;'));
    const missing = pair.file.replace('profile: nginx', 'profile: nginx\n  binary: /usr/sbin/absent');
    pair.lb1.write(missing);
    const report = await examined();
    await program.stop();
    await flush();
    pair.lb1.write(pair.file);
    expect(troubleIn(report)).toEqual(
      expect.arrayContaining(['VRRP-PROGRAM keepalived', 'PROXY-MISSING nginx', 'VRRP-UNHEARD web-2']),
    );
    await pair.lb2.stop();
    await onClient('ip', 'address', 'add', `${VIP2}/24`, 'dev', 'eth0');
    const second = await examined();
    await onClient('ip', 'address', 'del', `${VIP2}/24`, 'dev', 'eth0');
    expect(troubleIn(second)).toEqual(['VIP-TAKEN web-2']);
  });

  it('needs no daemon, says what an ordinary user lacks, and what he cannot see', async () => {
    const host = pair.lab.host('lb1');
    const command = [
      process.execPath,
      compiledFile('src/cli/main'),
      'doctor',
      '--json',
      '--quick',
      '--config',
      `${host.directory}/pair.yaml`,
    ];
    const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all'];
    const { code, stdout } = await host.exec([...nobody, ...command]);
    const report = { code, ...(JSON.parse(stdout) as Omit<Report, 'code'>) };
    expect(troubleIn(report)).toEqual(
      expect.arrayContaining(['PERMISSION-RAW eth0/ipv4', 'PERMISSION-ADMIN this process']),
    );
    const blind = ['firewall', 'disk'].map((examination) => ({
      examination,
      reason: expect.stringContaining('run as root') as string,
    }));
    expect(report.unlooked).toEqual(expect.arrayContaining(blind));
  });
});

const advertisement: Packet = {
  ...{ name: 'advertisements of lb2', direction: 'in', family: 'ipv4', protocol: 112, interface: 'eth0' },
  ...{ source: addressOf('192.0.2.12'), destination: addressOf('224.0.0.18'), cast: 'multicast' },
  ...{ sourcePort: undefined, destinationPort: undefined, states: ['new'] },
};
const heartbeat: Packet = {
  ...{ name: 'heartbeat', direction: 'in', family: 'ipv4', protocol: 17, interface: 'eth0' },
  ...{ source: addressOf('192.0.2.12'), destination: addressOf('192.0.2.11'), cast: 'unicast' },
  ...{ sourcePort: 5112, destinationPort: 5112, states: ['new', 'established'] },
};
const advertisement6: Packet = {
  ...advertisement,
  ...{ family: 'ipv6', source: addressOf('fe80::c'), destination: addressOf('ff02::12') },
};

describe('the rules of nftables, as nft writes them', () => {
  const policy = (body: string): string => chain('input', `policy drop; ${body}`);
  it.each([
    ['nothing at all', '', 'accept accept accept'],
    ['a policy', policy(''), 'drop drop drop'],
    ['the protocol, by name', policy('ip protocol vrrp accept;'), 'accept drop drop'],
    ['the protocol of both families', policy('meta l4proto 112 accept;'), 'accept drop accept'],
    ['a set of protocols', policy('meta l4proto { icmp, 112, 17 } accept;'), 'accept accept accept'],
    ['all but the protocol', chain('input', 'meta l4proto != 112 accept; drop;'), 'drop accept drop'],
    ['replies', policy('ct state established,related accept;'), 'drop unclear drop'],
    ['what is new', policy('ct state { new, established } accept;'), 'accept accept accept'],
    ['a map of states', policy('ct state vmap { established : accept, new : drop };'), 'drop unclear drop'],
    ['an interface with a wildcard', policy('iifname "eth*" accept;'), 'accept accept accept'],
    ['another interface', policy('iifname { "lo", "eth1" } accept;'), 'drop drop drop'],
    ['a map of interfaces', chain('input', 'iifname vmap { "eth0" : drop, "lo" : accept };'), 'drop drop drop'],
    ['a prefix', policy('ip saddr 192.0.2.0/24 accept;'), 'accept accept drop'],
    ['a range', policy('ip saddr 192.0.2.10-192.0.2.12 accept;'), 'accept accept drop'],
    ['a range beside it', policy('ip saddr 192.0.2.13-192.0.2.20 accept;'), 'drop drop drop'],
    ['link-local sources', policy('ip6 saddr fe80::/10 accept;'), 'drop drop accept'],
    ['a group', policy('ip daddr 224.0.0.18 accept; ip6 daddr ff02::12 accept;'), 'accept drop accept'],
    ['the kind of packet', policy('meta pkttype multicast accept;'), 'accept drop accept'],
    ['the kind of destination', policy('fib daddr type { multicast, broadcast } accept;'), 'accept drop accept'],
    ['the way back', chain('input', 'fib saddr . iif oif missing drop;'), 'accept accept accept'],
    ['a port', policy('udp dport 5112 accept;'), 'drop accept drop'],
    ['a range of ports', policy('udp dport { 53, 5000-6000 } counter accept;'), 'drop accept drop'],
    ['an address with a port', policy('ip saddr . udp dport { 192.0.2.12 . 5112 } accept;'), 'drop accept drop'],
    ['a rate', policy('ip protocol 112 limit rate 10/second accept;'), 'unclear drop drop'],
    ['a mark', chain('input', 'meta mark 0x7 drop;'), 'unclear unclear unclear'],
    ['the hop limit', chain('input', 'ip protocol 112 ip ttl != 255 drop;'), 'accept accept accept'],
    ['a rejection', chain('input', 'meta l4proto 112 reject;'), 'drop accept drop'],
    [
      'a named set, with a time-out',
      `table inet t { set s { type ipv4_addr; flags timeout; elements = { 192.0.2.12 timeout 1h }; }; chain c { type filter hook input priority 0; policy drop; ip saddr @s accept; }; }`,
      'accept accept drop',
    ],
    [
      'chains that are jumped to, and returned from',
      `table inet t { chain d { drop; }; chain r { meta l4proto 112 return; accept; }; chain c { type filter hook input priority 0; jump r; goto d; }; }`,
      'drop accept drop',
    ],
    [
      'an early chain that accepts, and a later one that drops',
      `table ip a { chain c { type filter hook prerouting priority -300; accept; }; }; table ip b { chain c { type filter hook input priority 0; ip protocol 112 drop; }; }`,
      'drop accept accept',
    ],
    [
      'a chain of another device',
      `table netdev n { chain c { type filter hook ingress device "lo" priority 0; drop; }; }`,
      'accept accept accept',
    ],
    [
      'a chain of the device',
      `table netdev n { chain c { type filter hook ingress device "eth0" priority 0; ip protocol 112 drop; }; }`,
      'drop accept accept',
    ],
  ] as const)('%s', async (_says, text, fates) => {
    await rules(`flush ruleset; ${text}`);
    const [json, listing] = await Promise.all([
      pair.lab.exec('lb1', ['nft', '-j', 'list', 'ruleset']),
      pair.lab.exec('lb1', ['nft', '-a', 'list', 'ruleset']),
    ]);
    const chains = readNft(json.stdout, listing.stdout) ?? [];
    expect([advertisement, heartbeat, advertisement6].map((packet) => fateOf(chains, packet).kind).join(' ')).toBe(
      fates,
    );
  });
});
