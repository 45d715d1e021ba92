import { beforeEach, describe, expect, it, vi } from 'vitest';
import { chooseSource, Port } from '../../src/engine/port.ts';
import { Ports } from '../../src/engine/ports.ts';
import type { InterfaceAddress } from '../../src/linux/rtnetlink.ts';
import type { Family } from '../../src/wire/address.ts';
import { addressOf } from '../../src/wire/address.ts';
import { host, link, newHost, own } from './scripted.ts';

vi.mock('../../src/linux/vrrp4.ts', () => ({
  openVrrp4: (...args: Parameters<typeof host.openVrrp>) => host.openVrrp(...args),
}));
vi.mock('../../src/linux/vrrp6.ts', () => ({
  openVrrp6: (...args: Parameters<typeof host.openVrrp>) => host.openVrrp(...args),
}));
vi.mock('../../src/linux/arp.ts', () => ({
  openArp: (...args: Parameters<typeof host.openNeighbors>) => host.openNeighbors(...args),
}));
vi.mock('../../src/linux/ndp.ts', () => ({
  openNdp: (...args: Parameters<typeof host.openNeighbors>) => host.openNeighbors(...args),
}));

let port: Port;

beforeEach(() => {
  newHost();
  port = new Port('eth0', 'ipv4', undefined, { onWake: () => {} });
});

const refresh = (): boolean => port.refresh(host.interfaces, host.held, host.now());

describe('the source of advertisements', () => {
  const choose = (found: readonly InterfaceAddress[], family: Family = 'ipv4', preferred?: string) =>
    chooseSource(found, family, preferred === undefined ? undefined : addressOf(preferred));

  it('is the configured address while the interface has it, and the first one otherwise', () => {
    const found = [own('192.0.2.10'), own('192.0.2.11')];
    expect(choose(found, 'ipv4', '192.0.2.11')).toBe('192.0.2.11');
    expect(choose(found, 'ipv4', '192.0.2.99')).toBe('192.0.2.10');
    expect(choose(found)).toBe('192.0.2.10');
    expect(choose([])).toBeUndefined();
  });

  it('is link-local over IPv6', () => {
    const found = [own('2001:db8::11'), own('fe80::11')];
    expect(choose(found, 'ipv6')).toBe('fe80::11');
    expect(choose([own('2001:db8::11')], 'ipv6')).toBeUndefined();
  });

  it('is no other than the configured one over IPv6, also while that is not ready', () => {
    expect(choose([own('fe80::11'), own('2001:db8::11')], 'ipv6', '2001:db8::11')).toBe('2001:db8::11');
    const tentative = own('2001:db8::11', 2, { flags: 0x40 });
    expect(choose([own('fe80::11'), tentative], 'ipv6', '2001:db8::11')).toBeUndefined();
  });

  it('is never a VIP, nor an address that is not ready', () => {
    expect(choose([own('192.0.2.101', 2, { protocol: 112 }), own('192.0.2.11')])).toBe('192.0.2.11');
    expect(choose([own('fe80::11', 2, { flags: 0x40 })], 'ipv6')).toBeUndefined();
    expect(choose([own('192.0.2.101', 2, { protocol: 112 })], 'ipv4', '192.0.2.101')).toBeUndefined();
  });
});

describe('a port', () => {
  it('is opened once and stays as it is', () => {
    expect(refresh()).toBe(true);
    expect(port).toMatchObject({ state: 'up', detail: 'from 192.0.2.11' });
    expect(refresh()).toBe(false);
    expect(host.sockets).toHaveLength(1);
  });

  it.each([
    ['absent', () => (host.interfaces = []), /does not exist/],
    ['down', () => (host.interfaces = [link('eth0', 2, { up: false })]), /has no link/],
    ['no-address', () => (host.held = []), /give it an IPv4 address/],
    ['failed', () => (host.interfaces = [link('eth0', 2, { mac: new Uint8Array() })]), /has no Ethernet address/],
  ] as const)('that is %s closes its sockets and says why, once', (state, lose, why) => {
    refresh();
    lose();
    expect(refresh()).toBe(true);
    expect(port).toMatchObject({
      state,
      detail: expect.stringMatching(why),
      transport: undefined,
      discovery: undefined,
    });
    expect(host.sockets.every(({ closed }) => closed)).toBe(true);
    expect(refresh()).toBe(false);
  });

  it.each([
    ['index', () => ((host.interfaces = [link('eth0', 7)]), (host.held = [own('192.0.2.11', 7)]))],
    ['Ethernet address', () => (host.interfaces = [link('eth0', 2, { mac: Uint8Array.of(2, 0, 0, 0, 0, 99) })])],
    ['source', () => (host.held = [own('192.0.2.13')])],
  ])('is opened anew when its %s changes', (_, change) => {
    refresh();
    change();
    expect(refresh()).toBe(true);
    expect(host.sockets.map(({ closed }) => closed)).toEqual([true, false]);
  });

  it('does not mind what does not concern it', () => {
    refresh();
    host.interfaces = [link('eth0', 2, { mtu: 9000 }), link('eth1', 3)];
    host.held = [own('192.0.2.11'), own('192.0.2.12'), own('fe80::11')];
    expect(refresh()).toBe(false);
  });

  it('that cannot be opened closes what was opened, says when to try again, and for which errno', () => {
    host.refuses.set('neighbors', 'EPERM');
    expect(refresh()).toBe(true);
    expect(port).toMatchObject({ state: 'failed', failure: 'EPERM', retryAt: host.clock + 1000 });
    expect(host.sockets.every(({ closed }) => closed)).toBe(true);
    host.refuses.clear();
    refresh();
    expect(port).toMatchObject({ state: 'up', failure: undefined, retryAt: undefined });
  });

  it('that is lost after a failure has nothing to try again', () => {
    host.refuses.set('open', 'ENODEV');
    refresh();
    host.interfaces = [];
    refresh();
    expect(port).toMatchObject({ state: 'absent', failure: undefined, careAt: undefined });
  });

  it('is back only after it was up and was lost', () => {
    host.interfaces = [];
    refresh();
    host.interfaces = [link('eth0', 2)];
    refresh();
    expect(port.backAt).toBeUndefined();
    host.interfaces = [];
    refresh();
    host.clock += 500;
    host.interfaces = [link('eth0', 2)];
    refresh();
    expect(port.backAt).toBe(host.clock);
  });

  it('that breaks is looked after at once, and once a second if it goes on breaking', () => {
    refresh();
    host.clock += 5000;
    port.break();
    expect(port.careAt).toBeLessThan(host.clock);
    refresh();
    expect([port.state, port.careAt]).toEqual(['up', undefined]);
    port.break();
    refresh();
    expect(port).toMatchObject({
      state: 'failed',
      careAt: host.clock + 1000,
      detail: expect.stringContaining('broke'),
    });
    host.clock += 1000;
    refresh();
    expect(port.state).toBe('up');
  });
});

describe('ports', () => {
  it('are one for each interface and family, and closed when nobody uses them', () => {
    const ports = new Ports(() => {});
    const four = ports.open('eth0', 'ipv4', undefined);
    const six = ports.open('eth0', 'ipv6', undefined);
    const unicast = ports.open('eth0', 'ipv6', addressOf('2001:db8::11'));
    expect(ports.open('eth0', 'ipv4', undefined)).toBe(four);
    expect(ports.refresh(host.interfaces, host.held, host.now())).toEqual([four, six, unicast]);
    expect([...ports].map(({ detail }) => detail)).toEqual(['from 192.0.2.11', 'from fe80::11', 'from 2001:db8::11']);
    ports.closeUnused(new Set([four]));
    expect([...ports]).toEqual([four]);
    expect(host.sockets.map(({ closed }) => closed)).toEqual([false, true, true]);
    ports.close();
    expect(host.sockets.every(({ closed }) => closed)).toBe(true);
  });

  it('are concerned by their interface under its name and its index, and by any address while they lack one', () => {
    const ports = new Ports(() => {});
    ports.open('eth0', 'ipv4', undefined);
    expect(ports.concernAddress(9)).toBe(true);
    ports.refresh(host.interfaces, host.held, host.now());
    expect([ports.concern('eth0', 9), ports.concern('renamed', 2), ports.concern('eth1', 3)]).toEqual([
      true,
      true,
      false,
    ]);
    expect([ports.concernAddress(2), ports.concernAddress(9)]).toEqual([true, false]);
  });
});
