import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Segment, until, type Peer } from './segment.ts';

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
    await a.call('ndp', { key: 'ndp', device: 'eth0' });
    believe('fd99::50');
    await a.call('announce', { key: 'ndp', address: 'fd99::50' });
    await until('the new entry', () => neighbor('fd99::50') === '02:00:00:00:00:01');
  });

  it('names the Ethernet address it was opened with', async () => {
    await a.call('arp', { key: 'virtual', device: 'eth0', mac: '00005e000133' });
    await a.call('ndp', { key: 'virtual6', device: 'eth0', mac: '00005e000233' });
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

describe('ARP', () => {
  it('answers a probe where the address is held, and hears nothing of its own', async () => {
    await b.call('arp', { key: 'arp', device: 'eth0' });
    await b.call('announce', { key: 'arp', address: '10.99.0.2' });
    await b.call('probe', { key: 'arp', address: '10.99.0.1' });
    const reply = await b.hears('the reply', ({ event }) => event === 'arp');
    expect(reply).toMatchObject({
      operation: 'reply',
      senderAddress: '10.99.0.1',
      senderMac: '02:00:00:00:00:01',
      targetAddress: '0.0.0.0',
      targetMac: '02:00:00:00:00:02',
    });
    const heard = await a.hears('the announcement', (told) => told['senderAddress'] === '10.99.0.2');
    expect(heard).toMatchObject({ operation: 'request', targetAddress: '10.99.0.2', targetMac: 'ff:ff:ff:ff:ff:ff' });
    const probe = await a.hears('the probe', (told) => told['targetAddress'] === '10.99.0.1');
    expect(probe).toMatchObject({ operation: 'request', senderAddress: '0.0.0.0', targetMac: '00:00:00:00:00:00' });
  });

  it('passes over what is no ARP packet', async () => {
    const header = 'ffffffffffff' + '020000000001' + '0806';
    await a.call('inject', { device: 'eth0', frame: header });
    await a.call('inject', { device: 'eth0', frame: header + '0001080006040009' + '00'.repeat(40) });
    await a.call('announce', { key: 'arp', address: '10.99.0.90' });
    await b.hears('what came behind', (told) => told['senderAddress'] === '10.99.0.90');
    expect(b.all('error')).toEqual([]);
  });

  it('goes on after its link was down', async () => {
    segment.in(segment.b, 'ip', 'link', 'set', 'eth0', 'down');
    await expect(b.call('probe', { key: 'arp', address: '10.99.0.1' })).rejects.toMatchObject({
      code: 'ENETDOWN',
      message: 'Cannot send on packet socket on "eth0": ENETDOWN',
    });
    segment.in(segment.b, 'ip', 'link', 'set', 'eth0', 'up');
    await until('a carrier', () => segment.in(segment.b, 'ip', 'link', 'show', 'eth0').includes('LOWER_UP'));
    await a.call('announce', { key: 'arp', address: '10.99.0.91' });
    await b.hears('an announcement', (told) => told['senderAddress'] === '10.99.0.91');
    expect(b.all('error')).toEqual([]);
  });

  it('cannot be opened on an interface that is gone', async () => {
    await expect(
      b.call('worker', { file: '../../../dist/src/linux/arp.js', call: 'openArp', options: gone }),
    ).resolves.toEqual({ code: 'ENODEV', message: 'Cannot bind packet socket on "eth9": ENODEV' });
  });
});

const gone = { interface: 'eth9', ifindex: 4711, mac: [2, 0, 0, 0, 0, 1] };
