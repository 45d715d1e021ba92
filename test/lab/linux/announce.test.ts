import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addressOf } from '../../../src/wire/address.ts';
import { gratuitousArp } from '../../../src/wire/arp.ts';
import type { MacAddress } from '../../../src/wire/mac.ts';
import { neighborProbe, unsolicitedAdvertisement } from '../../../src/wire/neighborpacket.ts';
import { linkLocal, Segment, until, type Peer, type Told } from './segment.ts';

let segment: Segment;
let a: Peer;
let b: Peer;

beforeAll(() => {
  segment = new Segment();
  a = segment.peer(segment.a);
  b = segment.peer(segment.b);
});

afterAll(() => segment.remove());

/** What b believes about an address. */
const neighbor = (address: string): string | undefined =>
  /lladdr (\S+)/.exec(segment.in(segment.b, 'ip', 'neigh', 'show', address))?.[1];

function believe(address: string): void {
  const entry = ['neigh', 'replace', address, 'lladdr', '02:00:00:00:00:77', 'dev', 'eth0', 'nud', 'stale'];
  segment.in(segment.b, 'ip', ...entry);
  expect(neighbor(address)).toBe('02:00:00:00:00:77');
}

describe('announcing', () => {
  it('an IPv4 address makes the neighbour forget where it was', async () => {
    await a.call('arp', { key: 'arp', device: 'eth0' });
    believe('10.99.0.50');
    await a.call('announce', { key: 'arp', address: '10.99.0.50' });
    await until('the new entry', () => neighbor('10.99.0.50') === '02:00:00:00:00:01');
  });

  it('an IPv6 address does so too, although this host does not have it', async () => {
    await a.call('ndp', { key: 'ndp', device: 'eth0', source: linkLocal(1) });
    believe('fd99::50');
    await a.call('announce', { key: 'ndp', address: 'fd99::50' });
    await until('the new entry', () => neighbor('fd99::50') === '02:00:00:00:00:01');
  });

  it('names the Ethernet address it was opened with', async () => {
    await a.call('arp', { key: 'virtual', device: 'eth0', mac: '00005e000133' });
    await a.call('ndp', { key: 'virtual6', device: 'eth0', mac: '00005e000233', source: linkLocal(1) });
    await a.call('announce', { key: 'virtual', address: '10.99.0.50' });
    await a.call('announce', { key: 'virtual6', address: 'fd99::50' });
    await until('the IPv4 entry', () => neighbor('10.99.0.50') === '00:00:5e:00:01:33');
    await until('the IPv6 entry', () => neighbor('fd99::50') === '00:00:5e:00:02:33');
    await a.call('close', { key: 'virtual' });
    await a.call('close', { key: 'virtual6' });
  });

  it('tells whether this host is a router', async () => {
    const flags = (): string => segment.in(segment.b, 'ip', '-d', 'neigh', 'show', 'fd99::50');
    segment.in(segment.a, 'sysctl', '-qw', 'net.ipv6.conf.eth0.forwarding=1');
    await a.call('announce', { key: 'ndp', address: 'fd99::50' });
    await until('the router flag', () => flags().includes('router'));
    segment.in(segment.a, 'sysctl', '-qw', 'net.ipv6.conf.eth0.forwarding=0');
    await a.call('announce', { key: 'ndp', address: 'fd99::50' });
    await until('no router flag', () => !flags().includes('router'));
  });
});

describe.each([
  { family: 'ARP', call: 'arp', of: (last: number) => `10.99.0.${last}`, unspecified: '0.0.0.0', garbage: '0806' },
  {
    family: 'Neighbor Discovery',
    call: 'ndp',
    of: (last: number) => `fd99::${last}`,
    unspecified: '::',
    garbage: '86dd',
  },
])('$family', ({ family, call, of, unspecified, garbage }) => {
  const source = (last: 1 | 2): string => (call === 'arp' ? of(last) : linkLocal(last));
  const claims = (peer: Peer, address: string): Told[] =>
    peer.all('claim').filter((told) => told['key'] === family && told['address'] === address);
  const hears = async (peer: Peer, address: string, mac: string): Promise<void> => {
    await until(`a claim to ${address}`, () => claims(peer, address).some((told) => told['mac'] === mac));
  };

  it('answers a probe where the address is held, and hears nothing of its own', async () => {
    await a.call(call, { key: family, device: 'eth0', source: source(1) });
    await b.call(call, { key: family, device: 'eth0', source: source(2) });
    await b.call('announce', { key: family, address: of(80) });
    await b.call('probe', { key: family, address: of(1) });
    await hears(b, of(1), '02:00:00:00:00:01');
    await hears(a, of(80), '02:00:00:00:00:02');
    // ARP asks from nowhere, Neighbor Discovery from the host's own address.
    await hears(a, call === 'arp' ? unspecified : source(2), '02:00:00:00:00:02');
    expect(claims(b, of(80))).toEqual([]);
  });

  it('asks without claiming: nobody believes anything else', async () => {
    segment.in(segment.b, 'ip', 'address', 'add', of(70), 'dev', 'eth0', ...(call === 'ndp' ? ['nodad'] : []));
    believe(of(60));
    await a.call('probe', { key: family, address: of(60) });
    await a.call('probe', { key: family, address: of(70) });
    await hears(a, of(70), '02:00:00:00:00:02');
    expect(neighbor(of(60))).toBe('02:00:00:00:00:77');
    segment.in(segment.b, 'ip', 'address', 'delete', of(70), 'dev', 'eth0');
  });

  it('hears its own network, and none of the VLANs that come over the same cable', async () => {
    const frame = (last: number): string => {
      const [address, mac] = [addressOf(of(last)), macOf(1)];
      const bytes = call === 'arp' ? gratuitousArp(address, mac) : unsolicitedAdvertisement(address, mac, false);
      return Buffer.from(bytes).toString('hex');
    };
    const tagged = (last: number, tag: string): string =>
      `${frame(last).slice(0, 24)}8100${tag}${frame(last).slice(24)}`;
    await a.call('inject', { device: 'eth0', frame: tagged(95, '000a') });
    // VLAN 0 is none: the tag has a priority only.
    await a.call('inject', { device: 'eth0', frame: tagged(96, 'e000') });
    await a.call('inject', { device: 'eth0', frame: frame(97) });
    for (const last of [96, 97]) await hears(b, of(last), '02:00:00:00:00:01');
    expect(claims(b, of(95))).toEqual([]);
  });

  it('hears on a bridge what comes in by its ports, to all and to this host', async () => {
    const key = `${family} of a bridge`;
    const onBridge = (text: string): string => segment.in(segment.b, 'ip', ...text.split(' '));
    onBridge('link add br0 address 02:00:00:00:00:03 type bridge');
    onBridge('link set eth0 master br0');
    onBridge('link set br0 up');
    await until('a carrier', () => onBridge('link show br0').includes('LOWER_UP'));
    await b.call(call, { key, device: 'br0', source: call === 'arp' ? of(2) : 'fe80::ff:fe00:3' });
    await b.call('probe', { key, address: of(1) });
    await a.call('announce', { key: family, address: of(98) });
    for (const last of [1, 98])
      await b.hears(`a claim to ${of(last)}`, (told) => told['key'] === key && told['address'] === of(last));
    await b.call('close', { key });
    onBridge('link delete br0');
  });

  it('passes over what is none', async () => {
    const header = `ffffffffffff020000000001${garbage}`;
    await a.call('inject', { device: 'eth0', frame: header });
    await a.call('inject', { device: 'eth0', frame: header + '0001080006040009' + '00'.repeat(40) });
    await a.call('announce', { key: family, address: of(90) });
    await hears(b, of(90), '02:00:00:00:00:01');
    expect(b.all('error')).toEqual([]);
  });

  it('goes on after its link was down', async () => {
    segment.in(segment.b, 'ip', 'link', 'set', 'eth0', 'down');
    await expect(b.call('probe', { key: family, address: of(1) })).rejects.toMatchObject({
      code: 'ENETDOWN',
      message: 'Cannot send on packet socket on "eth0": ENETDOWN',
    });
    segment.in(segment.b, 'ip', 'link', 'set', 'eth0', 'up');
    await until('a carrier', () => segment.in(segment.b, 'ip', 'link', 'show', 'eth0').includes('LOWER_UP'));
    await a.call('announce', { key: family, address: of(91) });
    await hears(b, of(91), '02:00:00:00:00:01');
    expect(b.all('error')).toEqual([]);
  });

  it('cannot be opened on an interface that is gone', async () => {
    const file = `../../../dist/src/linux/${call}.js`;
    await expect(
      b.call('worker', { file, call: call === 'arp' ? 'openArp' : 'openNdp', options: { ...gone, source: of(2) } }),
    ).resolves.toEqual({ code: 'ENODEV', message: 'Cannot bind packet socket on "eth9": ENODEV' });
  });
});

describe('Neighbor Discovery', () => {
  const key = 'quiet';
  const woken = (): number => b.all('woken').filter((told) => told['key'] === key).length;

  it('is not woken by any other IPv6 traffic, nor by what has passed a router', async () => {
    await b.call('ndp', { key, device: 'eth0', source: linkLocal(2) });
    // So that the pings below find their way without a question.
    for (const [namespace, last] of [
      [segment.a, 2],
      [segment.b, 1],
    ] as const) {
      const entry = ['neigh', 'replace', linkLocal(last), 'lladdr', `02:00:00:00:00:0${last}`, 'dev', 'eth0'];
      segment.in(namespace, 'ip', ...entry, 'nud', 'permanent');
    }
    const before = woken();
    expect(segment.in(segment.a, 'ping', '-6', '-q', '-c', '20', '-i', '0.01', `${linkLocal(2)}%eth0`)).toContain(
      ' 0% packet loss',
    );
    const far = Buffer.from(unsolicitedAdvertisement(addressOf('fd99::92'), macOf(1), false));
    far[21] = 254;
    await a.call('inject', { device: 'eth0', frame: far.toString('hex') });
    expect(woken()).toBe(before);
    far[21] = 255;
    await a.call('inject', { device: 'eth0', frame: far.toString('hex') });
    await b.hears('what is near', (told) => told['key'] === key && told['address'] === 'fd99::92');
    expect(woken()).toBe(before + 1);
  });

  it('keeps nobody from an address that he is about to use', async () => {
    const shown = (): string => segment.in(segment.b, 'ip', 'address', 'show', 'to', 'fd99::71');
    await a.call('ndp', { key: 'early', device: 'eth0', source: linkLocal(1) });
    segment.in(segment.b, 'sysctl', '-qw', 'net.ipv6.conf.eth0.accept_dad=1', 'net.ipv6.conf.eth0.dad_transmits=1');
    segment.in(segment.b, 'ip', 'address', 'add', 'fd99::71', 'dev', 'eth0');
    // As long as its kernel looks for duplicates, at least a second, it does not answer, and does not mind either.
    while (shown().includes('tentative')) {
      await a.call('probe', { key: 'early', address: 'fd99::71' });
      expect(shown()).not.toContain('dadfailed');
    }
    await a.call('probe', { key: 'early', address: 'fd99::71' });
    await a.hears('an answer', (told) => told['key'] === 'early' && told['address'] === 'fd99::71');
    segment.in(segment.b, 'ip', 'address', 'delete', 'fd99::71', 'dev', 'eth0');
  });

  it('takes the source of a question for a claim, and a question from :: for none', async () => {
    const own = { address: addressOf('fd99::93'), mac: macOf(1) };
    const asked = neighborProbe(addressOf('fd99::2'), own);
    await a.call('inject', { device: 'eth0', frame: Buffer.from(asked).toString('hex') });
    await b.hears('the source', (told) => told['key'] === key && told['address'] === 'fd99::93');
    // The kernel of a looks for duplicates of an address, while b listens to its group.
    segment.in(segment.b, 'ip', 'address', 'add', 'fd99::94', 'dev', 'eth0', 'nodad');
    segment.in(segment.a, 'sysctl', '-qw', 'net.ipv6.conf.eth0.accept_dad=1', 'net.ipv6.conf.eth0.dad_transmits=1');
    segment.in(segment.a, 'ip', 'address', 'add', 'fd99::94', 'dev', 'eth0');
    await b.hears('one who has no address', (told) => told['key'] === key && told['address'] === '::');
    await until('it gives up', () => segment.in(segment.a, 'ip', 'address', 'show').includes('dadfailed'));
    expect(b.all('claim').filter((told) => told['key'] === key && told['address'] === 'fd99::94')).toEqual([]);
  });
});

const gone = { interface: 'eth9', ifindex: 4711, mac: [2, 0, 0, 0, 0, 1] };

const macOf = (last: 1 | 2): MacAddress => `02:00:00:00:00:0${last}` as MacAddress;
