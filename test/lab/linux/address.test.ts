import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Segment, linkLocal, until, type Peer, type PeerError, type Told } from './segment.ts';

let segment: Segment;
let host: Peer;

beforeAll(async () => {
  segment = new Segment();
  host = segment.peer(segment.a);
  await host.call('monitor');
});

afterAll(() => segment.remove());

const IFA_F_NODAD = 0x02;
const IFA_F_DEPRECATED = 0x20;
const IFA_F_TENTATIVE = 0x40;
const IFA_F_PERMANENT = 0x80;

interface Address {
  readonly address: string;
  readonly prefixLength: number;
  readonly scope: number;
  readonly flags: number;
  readonly validLifetime: number;
  readonly protocol: number;
}

const find = async (address: string): Promise<Address | undefined> =>
  (await host.call<Address[]>('addresses')).find((entry) => entry.address === address);

const isAbout = (address: string, gone: boolean) => (told: Told) =>
  told.event === 'address' && told['address'] === address && told['gone'] === gone;

const families = [
  { address: '10.99.0.50', prefixLength: 32 },
  { address: 'fd99::50', prefixLength: 128 },
] as const;

describe.each(families)('a VIP ($address)', ({ address, prefixLength }) => {
  const vip = { device: 'eth0', address, prefixLength };

  it('is put with a lease and our mark, and told of', async () => {
    await host.call('put', { ...vip, lease: 30 });
    const entry = await find(address);
    expect(entry).toMatchObject({ prefixLength, scope: 0, protocol: 112 });
    expect(entry?.validLifetime).toBeGreaterThan(25);
    expect(entry?.validLifetime).toBeLessThanOrEqual(30);
    expect((entry?.flags ?? 0) & IFA_F_PERMANENT).toBe(0);
    await host.hears('the new address', isAbout(address, false));
  });

  it('is renewed by putting it again', async () => {
    await host.call('put', { ...vip, lease: 100 });
    expect((await find(address))?.validLifetime).toBeGreaterThan(60);
    expect((await host.call<Address[]>('addresses')).filter((entry) => entry.address === address)).toHaveLength(1);
  });

  it('is removed once; removing it again is no error but false', async () => {
    expect(await host.call('remove', vip)).toBe(true);
    await host.hears('the removal', isAbout(address, true));
    expect(await find(address)).toBeUndefined();
    expect(await host.call('remove', vip)).toBe(false);
  });

  it('is not there to be removed on an interface that is gone', async () => {
    expect(await host.call('remove', { ...vip, ifindex: 4711 })).toBe(false);
  });

  it('cannot be put on an interface that is gone', async () => {
    await expect(host.call('put', { ...vip, lease: 5, ifindex: 4711 })).rejects.toMatchObject({
      code: 'ENODEV',
      message: expect.stringContaining(`Cannot put address "${address}/${prefixLength}" on interface 4711: ENODEV`),
    } satisfies Partial<PeerError>);
  });

  it('stays while it is renewed, and is gone when the lease has run out', async () => {
    const from = host.told.length;
    let renewed = 0;
    for (const begin = performance.now(); performance.now() - begin < 2500;) {
      await host.call('put', { ...vip, lease: 1 });
      renewed = performance.now();
      await until('a moment', () => performance.now() > renewed + 100);
    }
    const lost = (): Told[] => host.told.slice(from).filter(isAbout(address, true));
    expect(lost()).toEqual([]);
    await until('the end of the lease', () => lost().length > 0);
    const outlived = performance.now() - renewed;
    expect(outlived).toBeGreaterThan(850);
    expect(outlived).toBeLessThan(4000);
    expect(await find(address)).toBeUndefined();
  });
});

describe('an IPv6 VIP', () => {
  it('is usable at once and never chosen as source', async () => {
    segment.in(segment.a, 'sysctl', '-qw', 'net.ipv6.conf.eth0.accept_dad=1', 'net.ipv6.conf.eth0.dad_transmits=5');
    await host.call('put', { device: 'eth0', address: 'fd99::51', prefixLength: 128, lease: 30 });
    const flags = (await find('fd99::51'))?.flags ?? 0;
    expect(flags & IFA_F_TENTATIVE).toBe(0);
    expect(flags & IFA_F_NODAD).toBe(IFA_F_NODAD);
    expect(flags & IFA_F_DEPRECATED).toBe(IFA_F_DEPRECATED);
    const route = segment.in(segment.a, 'ip', '-6', 'route', 'get', 'fd99::2');
    expect(route).toContain('src fd99::1');
    await host.call('remove', { device: 'eth0', address: 'fd99::51', prefixLength: 128 });
  });

  it('may be link-local', async () => {
    await host.call('put', { device: 'eth0', address: 'fe80::51', prefixLength: 128, lease: 30 });
    expect(await find('fe80::51')).toMatchObject({ scope: 253 });
    expect(await host.call('remove', { device: 'eth0', address: 'fe80::51', prefixLength: 128 })).toBe(true);
  });

  it('is refused in the words of the kernel where it is no address for an interface', async () => {
    const vip = { device: 'eth0', address: 'ff02::1', prefixLength: 128, lease: 30 };
    await expect(host.call('put', vip)).rejects.toMatchObject({
      code: 'EADDRNOTAVAIL',
      message: expect.stringMatching(/EADDRNOTAVAIL; .*multicast/i),
    });
  });
});

describe('the list of addresses', () => {
  it('has those of both families, with whether they last', async () => {
    expect(await find('10.99.0.1')).toMatchObject({ prefixLength: 24, validLifetime: 0xffff_ffff });
    expect(await find('fd99::1')).toMatchObject({ prefixLength: 64 });
    expect(await find(linkLocal(1))).toMatchObject({ scope: 253 });
    expect(await find('127.0.0.1')).toMatchObject({ prefixLength: 8, scope: 254 });
  });

  it('is complete when it is long', async () => {
    const all = Array.from({ length: 600 }, (_, i) => `10.98.${Math.floor(i / 200)}.${(i % 200) + 1}`);
    for (const address of all) await host.call('put', { device: 'eth0', address, prefixLength: 32, lease: 100 });
    const listed = new Set((await host.call<Address[]>('addresses')).map(({ address }) => address));
    expect(all.filter((address) => !listed.has(address))).toEqual([]);
    for (const address of all) await host.call('remove', { device: 'eth0', address, prefixLength: 32 });
  });
});

describe('the monitor', () => {
  it('tells what others do', async () => {
    segment.in(segment.a, 'ip', 'address', 'add', '10.99.0.60/32', 'dev', 'eth0');
    await host.hears('the address', isAbout('10.99.0.60', false));
    segment.in(segment.a, 'ip', 'address', 'del', '10.99.0.60/32', 'dev', 'eth0');
    await host.hears('its removal', isAbout('10.99.0.60', true));
  });

  it('tells that it lost something when it loses nothing more, and goes on', async () => {
    await host.call('churn', { device: 'eth0', address: '10.99.0.61', count: 8000, last: '10.99.0.62' });
    await host.hears('the overrun', ({ event }) => event === 'overrun', 20_000);
    await host.hears('what happened when that was told', isAbout('10.99.0.62', false));
    expect(host.all('overrun')).toHaveLength(1);
  });

  it('rests afterwards', async () => {
    const before = await host.call<{ user: number; system: number }>('cpu');
    const start = performance.now();
    await until('half a second of rest', () => performance.now() > start + 500);
    const after = await host.call<{ user: number; system: number }>('cpu');
    // A watch that fires for ever would have taken most of that time.
    expect(after.user + after.system - before.user - before.system).toBeLessThan(300_000);
  });
});
