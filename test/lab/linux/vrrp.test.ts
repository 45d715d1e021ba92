import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Segment, linkLocal, until, type Peer, type Told } from './segment.ts';

let segment: Segment;
let a: Peer;
let b: Peer;

beforeAll(() => {
  segment = new Segment();
  a = segment.peer(segment.a);
  b = segment.peer(segment.b);
});

afterAll(() => segment.remove());

const families = [
  {
    family: 'ipv4',
    from: '10.99.0.1',
    to: '10.99.0.2',
    group: '224.0.0.18',
    // To the group's Ethernet address; class of service 0xc0, 28 bytes, not DF, TTL 255, protocol 112, source, group.
    header: /^01005e000012020000000001080045c0001c....0000ff70....0a630001e0000012/,
    loopback: '127.0.0.1',
    foreign: { type: 'udp4', group: '224.0.0.5', device: '10.99.0.2' },
  },
  {
    family: 'ipv6',
    from: linkLocal(1),
    to: linkLocal(2),
    group: 'ff02::12',
    // To the group's Ethernet address; traffic class 0xc0, 8 bytes, next header 112, hop limit 255, source, group.
    header:
      /^33330000001202000000000186dd6c0.....000870fffe80000000000000000000fffe000001ff020000000000000000000000000012/,
    loopback: '::1',
    foreign: { type: 'udp6', group: 'ff02::5', device: '::%eth0' },
  },
] as const;

let messages = 0;
/** A payload that no other message of this file has. */
const unique = (): string => `31${(++messages).toString(16).padStart(14, '0')}`;

const carrying = (payload: string) => (told: Told) => told.event === 'datagram' && told['payload'] === payload;

describe.each(families)('VRRP over $family', ({ family, from, to, group, header, loopback, foreign }) => {
  const here = { family, device: 'eth0', source: from };
  const there = { family, device: 'eth0', source: to };
  const key = family;

  beforeAll(async () => {
    await a.call('open', { ...here, key });
    await b.call('open', { ...there, key });
  });

  afterAll(async () => {
    await a.call('close', { key });
    await b.call('close', { key });
  });

  beforeEach(() => {
    a.told.length = 0;
    b.told.length = 0;
  });

  it('multicasts, with hop limit and addresses seen, and does not hear itself', async () => {
    const payload = unique();
    await a.call('send', { key, payload, destination: group });
    const datagram = await b.hears('the multicast', carrying(payload));
    expect(datagram).toMatchObject({ source: from, destination: group, hopLimit: 255 });
    const answer = unique();
    await b.call('send', { key, payload: answer, destination: group });
    await a.hears('the answer', carrying(answer));
    expect(a.told.map((told) => told['payload'])).toEqual([answer]);
  });

  it('looks on the wire as every VRRP router expects', async () => {
    await b.call('capture', { device: 'eth0' });
    const payload = unique();
    await a.call('send', { key, payload, destination: group });
    const told = await b.hears('the frame', ({ frame }) => typeof frame === 'string' && frame.endsWith(payload));
    expect(told['frame']).toMatch(header);
    await b.call('close', { key: 'capture' });
  });

  it('unicasts', async () => {
    const payload = unique();
    await a.call('send', { key, payload, destination: to });
    const datagram = await b.hears('the unicast', carrying(payload));
    expect(datagram).toMatchObject({ source: from, destination: to, hopLimit: 255 });
  });

  it('delivers every datagram of a burst, in order', async () => {
    const payload = unique();
    await a.call('sendMany', { key, payload, destination: group, count: 500 });
    const last = unique();
    await a.call('send', { key, payload: last, destination: group });
    await b.hears('the last one', carrying(last));
    expect(b.told.map((told) => told['payload'])).toEqual([...Array<string>(500).fill(payload), last]);
  });

  it('delivers nothing that came to another interface before it was bound to its own', async () => {
    const stray = unique();
    const amid = { family, device: 'lo', source: loopback, destination: loopback, payload: stray };
    await b.call('openAmid', { ...there, key: 'amid', amid });
    const payload = unique();
    await a.call('send', { key, payload, destination: group });
    await b.hears('what came later', (told) => told['key'] === 'amid' && told['payload'] === payload);
    expect(b.told.filter((told) => told['payload'] === stray)).toEqual([]);
    await b.call('close', { key: 'amid' });
  });

  it('does not hear the groups of other programs on its host', async () => {
    await b.call('join', foreign);
    const other = unique();
    const payload = unique();
    await a.call('send', { key, payload: other, destination: foreign.group });
    await a.call('send', { key, payload, destination: group });
    await b.hears('the multicast', carrying(payload));
    expect(b.told.map((told) => told['payload'])).toEqual([payload]);
  });

  it('refuses what is longer than any advertisement, and goes on', async () => {
    segment.in(segment.a, 'ip', 'link', 'set', 'eth0', 'mtu', '9000');
    segment.in(segment.b, 'ip', 'link', 'set', 'eth0', 'mtu', '9000');
    await a.call('send', { key, payload: '31'.repeat(8500), destination: group });
    const payload = unique();
    await a.call('send', { key, payload, destination: group });
    await b.hears('what came behind', carrying(payload));
    expect(b.told[0]).toMatchObject({ event: 'datagram', refused: 'truncated', source: from });
    expect(b.told).toHaveLength(2);
  });

  it('delivers advertisements of the greatest length', async () => {
    const payload = '31'.repeat(8 + 255 * (family === 'ipv4' ? 4 : 16));
    await a.call('send', { key, payload, destination: group });
    await b.hears('the long one', carrying(payload));
  });

  it('says so when sending fails, and goes on after the link was down', async () => {
    segment.in(segment.a, 'ip', 'link', 'set', 'eth0', 'down');
    const sent = a.call('send', { key, payload: unique(), destination: group });
    await expect(sent).rejects.toMatchObject({
      code: 'ENETUNREACH',
      message: 'Cannot send on VRRP socket on "eth0": ENETUNREACH',
    });
    segment.in(segment.a, 'ip', 'link', 'set', 'eth0', 'up');
    const answer = unique();
    // Until both ends have a carrier again, what is sent is lost without a word.
    await until('a datagram', () => {
      void b.call('send', { key, payload: answer, destination: group });
      return a.told.some(carrying(answer));
    });
  });

  it('keeps working without anybody holding on to it', async () => {
    await b.call('openAndForget', { ...there, key: 'forgotten' });
    await b.call('collect');
    const payload = unique();
    await a.call('send', { key, payload, destination: group });
    await b.hears('the datagram', (told) => told['key'] === 'forgotten' && told['payload'] === payload);
    await b.call('collect');
    const last = unique();
    await a.call('send', { key, payload: last, destination: group });
    await b.hears('another', (told) => told['key'] === 'forgotten' && told['payload'] === last);
  });

  it('takes mistakes of its user for what they are, and goes on', async () => {
    await b.call('open', { ...there, key: 'mistaken', behaviour: 'throw' });
    const payload = unique();
    await a.call('send', { key, payload, destination: group });
    await b.hears('the mistake', (told) => told.event === 'uncaught');
    expect(b.all('uncaught')).toMatchObject([{ message: 'a mistake of the program' }]);
    const later = unique();
    await a.call('send', { key, payload: later, destination: group });
    await b.hears('a later datagram', (told) => told['key'] === 'mistaken' && told['payload'] === later);
    expect(b.all('error')).toEqual([]);
    await b.call('close', { key: 'mistaken' });
  });

  it('drops what its user does not take, and holds a bounded part of it', async () => {
    await b.call('open', { ...there, key: 'lazy', behaviour: 'ignore' });
    const sent = Array.from({ length: 200 }, unique);
    for (const payload of sent) await a.call('send', { key, payload, destination: group });
    await b.hears('the last one, elsewhere', carrying(sent.at(-1) ?? ''));
    await b.call('drain', { key: 'lazy' });
    const taken = b.told.filter((told) => told['key'] === 'lazy').map((told) => told['payload']);
    expect(taken.length).toBeGreaterThanOrEqual(64);
    expect(taken).toEqual(sent.filter((payload) => taken.includes(payload)));
    await b.call('close', { key: 'lazy' });
  });

  it('is refused where there is no such interface', async () => {
    await expect(b.call('open', { ...there, device: 'eth9', key: 'x' })).rejects.toMatchObject({ code: 'ENODEV' });
  });

  it('reaches no child process', async () => {
    const own = await b.call<string[]>('descriptors');
    expect(own.filter((name) => name.startsWith('socket:')).length).toBeGreaterThanOrEqual(3);
    expect(await b.call('childDescriptors')).toEqual([]);
  });

  it('leaves no descriptor behind, however often it is opened', async () => {
    const before = (await b.call<string[]>('descriptors')).length;
    await b.call('cycle', { ...there, key: 'cycle', count: 200 });
    await b.call('collect');
    expect((await b.call<string[]>('descriptors')).length).toBe(before);
    await expect(b.call('cycle', { ...there, device: 'eth9', key: 'x', count: 1 })).rejects.toMatchObject({
      code: 'ENODEV',
    });
    expect((await b.call<string[]>('descriptors')).length).toBe(before);
  });

  it('does nothing any more once closed', async () => {
    await b.call('open', { ...there, key: 'closed' });
    await b.call('close', { key: 'closed' });
    const before = (await b.call<string[]>('descriptors')).length;
    const message = (what: string): object => ({
      code: 'EBADF',
      message: `Cannot ${what} on VRRP socket on "eth0": EBADF`,
    });
    const sent = b.call('send', { key: 'closed', payload: unique(), destination: group });
    await expect(sent).rejects.toMatchObject(message('send'));
    await expect(b.call('drain', { key: 'closed' })).rejects.toMatchObject(message('receive'));
    expect((await b.call<string[]>('descriptors')).length).toBe(before);
  });

  it('has to be opened again when its interface was deleted and made again', async () => {
    segment.in(segment.a, 'ip', 'link', 'delete', 'eth0');
    segment.connect();
    const stale = a.call('send', { key, payload: unique(), destination: group });
    await expect(stale).rejects.toMatchObject({ code: expect.stringMatching(/^(ENODEV|ENXIO|ENETUNREACH)$/) });
    for (const [peer, options] of [
      [a, here],
      [b, there],
    ] as const) {
      await peer.call('close', { key });
      await peer.call('open', { ...options, key });
    }
    const payload = unique();
    await a.call('send', { key, payload, destination: group });
    await b.hears('the multicast', carrying(payload));
  });
});
