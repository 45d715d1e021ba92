import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeEthernet, etherTypeIpv4 } from '../../../src/wire/ethernet.ts';
import { addressOf } from '../../../src/wire/address.ts';
import { encodeIpv4 } from '../../../src/wire/ipv4.ts';
import { parseMac, type MacAddress } from '../../../src/wire/mac.ts';
import { Segment, type Peer } from './segment.ts';

let segment: Segment;
let a: Peer;
let b: Peer;

const key = 'v4';
const here = { key, family: 'ipv4', device: 'eth0', source: '10.99.0.1' };
const there = { ...here, source: '10.99.0.2' };
const group = '224.0.0.18';

beforeAll(async () => {
  segment = new Segment();
  a = segment.peer(segment.a);
  b = segment.peer(segment.b);
  await a.call('open', here);
});

afterAll(() => segment.remove());

beforeEach(() => {
  a.told.length = 0;
  b.told.length = 0;
});

const mac = (text: string): MacAddress => parseMac(text) ?? ('' as MacAddress);

/** A frame from a with a hop limit and a source of our own choice. */
function frame(source: string, ttl: number, payload: number[]): string {
  const packet = { source: addressOf(source), destination: addressOf(group), ttl, tos: 0xc0, id: 1, protocol: 112 };
  const bytes = encodeEthernet({
    destination: mac('01:00:5e:00:00:12'),
    source: mac('02:00:00:00:00:01'),
    etherType: etherTypeIpv4,
    payload: encodeIpv4({ ...packet, payload: Uint8Array.from(payload) }),
  });
  return Buffer.from(bytes).toString('hex');
}

describe('the raw-socket package', () => {
  it('delivers a hop limit other than 255, for the protocol to refuse', async () => {
    await b.call('open', there);
    await a.call('inject', { device: 'eth0', frame: frame('10.99.0.1', 64, [0x31, 1]) });
    expect(await b.hears('the datagram', ({ event }) => event === 'datagram')).toMatchObject({
      source: '10.99.0.1',
      destination: group,
      hopLimit: 64,
      payload: '3101',
    });
    await b.call('close', { key });
  });

  it('sends from the address asked for, whatever routing would choose', async () => {
    segment.in(segment.a, 'ip', 'address', 'add', '10.99.0.201/24', 'dev', 'eth0');
    await b.call('open', there);
    await a.call('open', { ...here, key: 'second', source: '10.99.0.201' });
    await a.call('send', { key: 'second', payload: '3102', destination: group });
    const heard = await b.hears('the datagram', ({ event }) => event === 'datagram');
    expect(heard).toMatchObject({ source: '10.99.0.201', payload: '3102' });
    await a.call('close', { key: 'second' });
    await b.call('close', { key });
  });

  it('broadcasts, to the segment and to everybody, and does not hear itself', async () => {
    await b.call('open', there);
    for (const [destination, payload] of [
      ['10.99.0.255', '3103'],
      ['255.255.255.255', '3104'],
    ] as const) {
      await a.call('send', { key, payload, destination });
      const heard = await b.hears('the broadcast', (told) => told['payload'] === payload);
      expect(heard).toMatchObject({ source: '10.99.0.1', destination, hopLimit: 255 });
    }
    await b.call('send', { key, payload: '3105', destination: '10.99.0.255' });
    await a.hears('the answer', (told) => told['payload'] === '3105');
    expect(a.told).toHaveLength(1);
    await b.call('close', { key });
  });

  it('is not used in a worker thread, which it would crash', async () => {
    const file = '../../../dist/src/linux/vrrp4.js';
    const options = { interface: 'eth0', ifindex: 2, source: '10.99.0.2' };
    expect(await b.call('worker', { file, call: 'openVrrp4', options })).toEqual({
      code: 'EOPNOTSUPP',
      message: 'Cannot open VRRP socket on "eth0": EOPNOTSUPP; raw-socket works in the main thread only',
    });
  });

  it.each([
    ['vrrp6.js', 'openVrrp6', { interface: 'eth0', ifindex: 2, source: 'fe80::ff:fe00:2' }],
    ['arp.js', 'openArp', { interface: 'eth0', ifindex: 2, mac: [2, 0, 0, 0, 0, 2], source: '10.99.0.2' }],
    ['ndp.js', 'openNdp', { interface: 'eth0', ifindex: 2, mac: [2, 0, 0, 0, 0, 2], source: 'fe80::ff:fe00:2' }],
  ])('is the only one that a worker cannot have: it can have %s', async (name, call, options) => {
    const { index } =
      (await b.call<{ name: string; index: number }[]>('links')).find((link) => link.name === 'eth0') ?? {};
    const file = `../../../dist/src/linux/${name}`;
    expect(await b.call('worker', { file, call, options: { ...options, ifindex: index } })).toEqual({ opened: true });
  });

  it('reports an error without an error: the socket is closed, and its user told once', async () => {
    await a.call('open', { ...here, key: 'broken' });
    const before = (await a.call<string[]>('descriptors')).length;
    // IP_RECVERR, which the program never sets: an unreachable peer then is an error of the socket. b has none open.
    await a.call('rawOption', { level: 0, option: 11, value: 1 });
    // The answer counts only when it repeats eight bytes of the datagram.
    await a.call('send', { key: 'broken', payload: '3106'.repeat(4), destination: '10.99.0.2' });
    const error = await a.hears('the error', ({ event }) => event === 'error');
    expect(error).toMatchObject({
      from: 'broken',
      code: 'EIO',
      message: 'Cannot receive on VRRP socket on "eth0": EIO',
    });
    expect((await a.call<string[]>('descriptors')).length).toBe(before - 1);
    const sent = a.call('send', { key: 'broken', payload: '3107', destination: group });
    await expect(sent).rejects.toMatchObject({ code: 'EBADF' });
    await a.call('close', { key: 'broken' });
    expect(a.all('error')).toHaveLength(1);
  });

  it('is not disturbed by an unreachable peer otherwise', async () => {
    await a.call('sendMany', { key, payload: '3108'.repeat(4), destination: '10.99.0.2', count: 20 });
    await b.call('open', there);
    await b.call('send', { key, payload: '3109', destination: group });
    await a.hears('a datagram', (told) => told['payload'] === '3109');
    expect(a.all('error')).toEqual([]);
    await b.call('close', { key });
  });

  it('reports in words, which become a code; "nothing queued" is no error', async () => {
    await b.call('open', there);
    await b.call('rawError', { message: 'Resource temporarily unavailable' });
    await a.call('send', { key, payload: '310a', destination: group });
    await b.hears('a datagram', (told) => told['payload'] === '310a');
    await b.call('rawError', { message: 'Network is down' });
    expect(await b.hears('the error', ({ event }) => event === 'error')).toMatchObject({ code: 'ENETDOWN' });
    await expect(b.call('drain', { key })).rejects.toMatchObject({ code: 'EBADF' });
  });
});

describe('without permission', () => {
  it.each([
    ['vrrp4.js', 'openVrrp4', 'Cannot open VRRP socket on "eth0": EPERM; run as root or grant CAP_NET_RAW'],
    ['vrrp6.js', 'openVrrp6', 'Cannot open VRRP socket on "eth0": EPERM; run as root or grant CAP_NET_RAW'],
    ['arp.js', 'openArp', 'Cannot open packet socket on "eth0": EPERM; run as root or grant CAP_NET_RAW'],
    ['ndp.js', 'openNdp', 'Cannot open packet socket on "eth0": EPERM; run as root or grant CAP_NET_RAW'],
  ])('%s says what to do', (file, call, message) => {
    const url = new URL(`../../../dist/src/linux/${file}`, import.meta.url).href;
    const script = `import(${JSON.stringify(url)}).then((module) =>
      module[${JSON.stringify(call)}]({ interface: 'eth0', ifindex: 2, source: '10.99.0.1', mac: new Uint8Array(6) })
    ).catch((error) => console.log(error.message));`;
    const drop = ['--bounding-set=-net_raw', '--inh-caps=-net_raw'];
    expect(segment.in(segment.a, 'setpriv', ...drop, process.execPath, '-e', script).trim()).toBe(message);
  });

  it('an address cannot be put, and the message says what to do', () => {
    const url = new URL('../../../dist/src/linux/rtnetlink.js', import.meta.url).href;
    const script = `import(${JSON.stringify(url)}).then(({ openRtnetlink }) => {
      const netlink = openRtnetlink({});
      netlink.putAddress({ ifindex: 1, address: '127.0.0.9', prefixLength: 32, lease: 5 });
    }).catch((error) => { console.log(error.message); process.exit(); });`;
    const drop = ['--bounding-set=-net_admin', '--inh-caps=-net_admin'];
    expect(segment.in(segment.a, 'setpriv', ...drop, process.execPath, '-e', script).trim()).toBe(
      'Cannot put address "127.0.0.9/32" on interface 1: EPERM; run as root or grant CAP_NET_ADMIN',
    );
  });
});
