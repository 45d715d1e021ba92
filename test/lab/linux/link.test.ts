import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Segment, type Peer, type Told } from './segment.ts';

let segment: Segment;
let host: Peer;

beforeAll(async () => {
  segment = new Segment();
  host = segment.peer(segment.a);
  await host.call('monitor');
});

afterAll(() => segment.remove());

interface Link {
  readonly index: number;
  readonly name: string;
  readonly up: boolean;
  readonly mac: string;
  readonly mtu: number;
}

const link = async (name: string): Promise<Link | undefined> =>
  (await host.call<Link[]>('links')).find((entry) => entry.name === name);

/** What is told of eth0 from now on. */
function fromNow(): (what: string, matches: (told: Told) => boolean) => Promise<Told> {
  const begin = host.told.length;
  return (what, matches) =>
    host.hears(
      what,
      (told) => host.told.indexOf(told) >= begin && told.event === 'link' && told['name'] === 'eth0' && matches(told),
    );
}

describe('links', () => {
  it('are listed', async () => {
    expect(await link('eth0')).toMatchObject({ up: true, mac: '020000000001', mtu: 1500 });
    expect(await link('lo')).toMatchObject({ index: 1, up: true });
  });

  it('that are taken down and up are told of', async () => {
    const hears = fromNow();
    segment.in(segment.a, 'ip', 'link', 'set', 'eth0', 'down');
    await hears('down', (told) => told['up'] === false);
    expect(await link('eth0')).toMatchObject({ up: false });
    const later = fromNow();
    segment.in(segment.a, 'ip', 'link', 'set', 'eth0', 'up');
    await later('up', (told) => told['up'] === true);
    expect(await link('eth0')).toMatchObject({ up: true });
  });

  it('are down without a carrier', async () => {
    const hears = fromNow();
    segment.in(segment.b, 'ip', 'link', 'set', 'eth0', 'down');
    await hears('the loss', (told) => told['up'] === false && told['gone'] === false);
    const later = fromNow();
    segment.in(segment.b, 'ip', 'link', 'set', 'eth0', 'up');
    await later('the return', (told) => told['up'] === true);
  });

  it('that are deleted and made again have another index', async () => {
    const old = await link('eth0');
    const hears = fromNow();
    segment.in(segment.a, 'ip', 'link', 'delete', 'eth0');
    expect(await hears('the end', (told) => told['gone'] === true)).toMatchObject({ index: old?.index });
    expect(await link('eth0')).toBeUndefined();
    const later = fromNow();
    segment.connect();
    const made = await later('the new one', (told) => told['up'] === true);
    expect(made['index']).not.toBe(old?.index);
  });

  it('of a bridge are not gone when they only leave it', async () => {
    const begin = host.told.length;
    segment.in(segment.a, 'ip', 'link', 'add', 'br0', 'type', 'bridge');
    segment.in(segment.a, 'ip', 'link', 'set', 'eth0', 'master', 'br0');
    segment.in(segment.a, 'ip', 'link', 'set', 'eth0', 'nomaster');
    segment.in(segment.a, 'ip', 'link', 'delete', 'br0');
    await host.hears('the end of the bridge', (told) => told['name'] === 'br0' && told['gone'] === true);
    expect(host.told.slice(begin).filter((told) => told['name'] === 'eth0' && told['gone'] === true)).toEqual([]);
  });
});

describe('kernel parameters', () => {
  it('are those of the network namespace, and are set there', async () => {
    const name = 'net.ipv4.ip_nonlocal_bind';
    expect(await host.call('sysctl', { name })).toBe('0');
    expect(await host.call('sysctl', { name, value: '1' })).toBe('1');
    expect(segment.in(segment.a, 'cat', '/proc/sys/net/ipv4/ip_nonlocal_bind').trim()).toBe('1');
    expect(segment.in(segment.b, 'cat', '/proc/sys/net/ipv4/ip_nonlocal_bind').trim()).toBe('0');
  });
});
