import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { RouterAssignment } from '../../src/engine/assignment.ts';
import { Engine } from '../../src/engine/engine.ts';
import type { EngineEvent } from '../../src/engine/events.ts';
import type { ObservedProxy } from '../../src/engine/messages.ts';
import { addressOf } from '../../src/wire/address.ts';
import type { MacAddress } from '../../src/wire/mac.ts';
import { instant, milliseconds } from '../../src/wire/units.ts';
import { assigned, eventsOf, heardFrom } from './assigned.ts';
import { host, link, newHost, own } from './scripted.ts';

vi.mock('../../src/linux/clock.ts', () => ({ now: () => host.now() }));
vi.mock('../../src/linux/rtnetlink.ts', async (original) => ({
  ...(await original()),
  openRtnetlink: (...args: Parameters<typeof host.openRtnetlink>) => host.openRtnetlink(...args),
}));
vi.mock('../../src/linux/timer.ts', () => ({
  openDeadlineTimer: (...args: Parameters<typeof host.openTimer>) => host.openTimer(...args),
}));
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
vi.mock('../../src/linux/pidfd.ts', () => ({
  watchProcess: (...args: Parameters<typeof host.watchProcess>) => host.watchProcess(...args),
}));

let engine: Engine;
let events: EngineEvent[];
let exits: number[];

beforeEach(() => {
  newHost();
  events = [];
  exits = [];
  engine = new Engine({
    onProxyExit: (pid) => exits.push(pid),
    onTurn: () => events.push(...engine.journal.take(1000).map(({ event }) => event)),
  });
});

const configure = (...routers: RouterAssignment[]): void =>
  engine.configure({ node: 'lb1', routers, interfaces: {} }, undefined);

const state = (key = 'web-1/ipv4'): string => {
  const instance = engine.instances.get(key);
  return instance === undefined ? 'none' : `${instance.state.name}: ${instance.state.reason}`;
};

/** Runs until a virtual router that nobody else speaks for has been taken. */
const takeOver = (...routers: RouterAssignment[]): void => {
  configure(...routers);
  host.run(700);
  for (const { key } of routers) expect(state(key)).toMatch(/^active/);
};

const texts = (): string[] => events.map((event) => JSON.stringify(event));

describe('a start', () => {
  it('listens for three intervals, and then takes over with a burst of announcements', () => {
    configure(assigned());
    host.run(590);
    expect(state()).toBe('backup: startup');
    expect([host.sent, host.announced, host.holds('192.0.2.101')]).toEqual([[], [], false]);
    host.run(30);
    expect(state()).toBe('active: no-active-router');
    expect(host.sent.map(({ advertisement }) => advertisement.priority)).toEqual([254]);
    expect(host.announced.map(({ address }) => address)).toEqual(Array(3).fill('192.0.2.101'));
    expect(host.holds('192.0.2.101')).toBe(true);
  });

  it('asks who has the addresses before it takes them, and tells who answered', () => {
    configure(assigned());
    expect(host.probed).toEqual(['192.0.2.101']);
    host.ear().inbox.push({ address: addressOf('192.0.2.101'), mac: '02:00:00:00:00:63' as MacAddress });
    host.ear().options.onReadable();
    host.run(700);
    expect(eventsOf(events, 'address-in-use')).toMatchObject([{ address: '192.0.2.101', mac: '02:00:00:00:00:63' }]);
  });

  it('after a lost link knows nothing of who had the addresses before', () => {
    configure(assigned());
    host.arrive(heardFrom(assigned(), 255));
    // An active router announces now and then, and advertises again later.
    host.ear().inbox.push({ address: addressOf('192.0.2.101'), mac: '02:00:00:00:00:0c' as MacAddress });
    host.ear().options.onReadable();
    host.setLink('eth0', link('eth0', 2, { up: false }));
    host.run(100);
    host.setLink('eth0', link('eth0', 2));
    host.run(1500);
    expect(state()).toBe('active: no-active-router');
    expect(eventsOf(events, 'address-in-use')).toEqual([]);
  });

  it('goes on where a run stopped a moment ago', () => {
    host.held.push(own('192.0.2.101', 2, { prefixLength: 32, protocol: 112, renewedAt: instant(host.clock - 300) }));
    configure(assigned());
    expect(state()).toBe('active: adopted');
    expect(host.sent).toHaveLength(1);
  });

  it('removes what a run has left too long ago', () => {
    host.held.push(own('192.0.2.101', 2, { prefixLength: 32, protocol: 112, renewedAt: instant(host.clock - 900) }));
    configure(assigned());
    expect(state()).toBe('backup: startup');
    expect(host.holds('192.0.2.101')).toBe(false);
  });

  it('neither adopts nor leaves an address of another prefix length', () => {
    host.held.push(own('192.0.2.101', 2, { prefixLength: 24, protocol: 112, renewedAt: instant(host.clock - 300) }));
    configure(assigned());
    expect(state()).toBe('backup: startup');
    expect(host.holds('192.0.2.101')).toBe(false);
  });

  it('sweeps what no virtual router wants, and leaves what is not ours', () => {
    host.held.push(own('192.0.2.109', 2, { prefixLength: 32, protocol: 112 }), own('192.0.2.77', 2));
    configure(assigned());
    expect([host.holds('192.0.2.109'), host.holds('192.0.2.77')]).toEqual([false, true]);
    expect(eventsOf(events, 'address-swept')).toMatchObject([{ address: '192.0.2.109', interface: 'eth0' }]);
  });

  it('is not held up by an address that cannot be swept', () => {
    host.held.push(own('192.0.2.109', 2, { prefixLength: 32, protocol: 112 }));
    host.refusesFor.set('remove 192.0.2.109', 'EPERM');
    configure(assigned());
    expect(state()).toBe('backup: startup');
    expect(texts().join()).toContain('192.0.2.109');
  });

  it.each(['links', 'addresses'] as const)('waits for a kernel that does not list its %s', (operation) => {
    host.refuses.set(operation, 'ETIMEDOUT');
    configure(assigned());
    host.run(2500);
    expect(state()).toMatch(/^initialize/);
    expect(texts().join()).toContain('ETIMEDOUT');
    host.refuses.clear();
    host.run(1100);
    expect(state()).toBe('backup: startup');
  });

  it('still adopts what is fresh when the kernel answers', () => {
    host.refuses.set('links', 'ETIMEDOUT');
    configure(assigned());
    host.refuses.clear();
    host.held.push(own('192.0.2.101', 2, { prefixLength: 32, protocol: 112, renewedAt: instant(host.clock + 900) }));
    host.run(1010);
    expect(state()).toBe('active: adopted');
  });

  it('waits for an interface without an Ethernet address, and says so', () => {
    host.interfaces = [link('eth0', 2, { mac: new Uint8Array() })];
    configure(assigned());
    host.run(1000);
    expect(state()).toBe('initialize: fault');
    expect(eventsOf(events, 'interface')[0]?.detail).toMatch(/"eth0" has no Ethernet address/);
  });
});

describe('the interface', () => {
  it('that cannot be opened is tried again every second, and not when it is gone', () => {
    host.refuses.set('open', 'ENODEV');
    configure(assigned());
    host.run(2500);
    expect(host.calls.filter((call) => call === 'open eth0')).toHaveLength(3);
    host.setLink('eth0', undefined);
    host.run(5000);
    expect(host.calls.filter((call) => call === 'open eth0')).toHaveLength(3);
    expect([...engine.ports][0]).toMatchObject({ state: 'absent', failure: undefined });
  });

  it('that is lost is a fault at once, and is damped when it is back', () => {
    takeOver(assigned());
    host.setLink('eth0', link('eth0', 2, { up: false }));
    host.run(0);
    expect(state()).toBe('initialize: fault');
    expect(host.holds('192.0.2.101')).toBe(false);
    host.setLink('eth0', link('eth0', 2));
    host.run(0);
    expect(engine.instances.get('web-1/ipv4')?.state.priority).toBe(2);
    host.run(3100);
    expect(engine.instances.get('web-1/ipv4')?.state).toMatchObject({ name: 'active', priority: 254 });
  });

  it('that is made anew is opened by its new index', () => {
    takeOver(assigned());
    host.setLink('eth0', undefined);
    host.run(100);
    host.setLink('eth0', link('eth0', 7));
    host.add(own('192.0.2.11', 7));
    host.run(4000);
    expect(state()).toMatch(/^active/);
    expect(host.held.find(({ address }) => address === '192.0.2.101')?.ifindex).toBe(7);
  });

  it('of a virtual router that is added while it is down is told as its fault', () => {
    host.setLink('eth0', link('eth0', 2, { up: false }));
    configure(assigned());
    configure(assigned(), assigned({ vip: 'web-2', vrid: 52, addresses: ['192.0.2.102/32'] }));
    expect(state('web-2/ipv4')).toBe('initialize: fault');
  });

  it('whose socket breaks while it is read is opened again, in a turn of its own', () => {
    takeOver(assigned());
    host.run(1000);
    host.ear().breaks = true;
    host.socket().options.onReadable();
    expect(host.sockets).toHaveLength(1);
    host.run(0);
    expect(host.sockets.map(({ closed }) => closed)).toEqual([true, false]);
    expect(state()).toBe('backup: startup');
  });

  it('whose socket breaks again and again is opened once a second', () => {
    takeOver(assigned());
    host.refuses.set('receive', 'ENOMEM');
    host.socket().options.onReadable();
    host.run(5000);
    expect(host.sockets.length).toBeLessThan(9);
    host.refuses.clear();
    host.run(5000);
    expect(state()).toMatch(/^active/);
  });
});

describe('IPv6 over multicast and unicast on one interface', () => {
  const six = addressOf('2001:db8::11');
  const multicast = assigned({ addresses: ['2001:db8::101/128'] });
  const unicast = assigned({
    vip: 'web-2',
    vrid: 52,
    addresses: ['2001:db8::102/128'],
    router: { transport: 'unicast' },
    more: { source: six },
  });

  it('speaks from the address that each needs, whatever their order', () => {
    for (const order of [
      [multicast, unicast],
      [unicast, multicast],
    ]) {
      newHost();
      engine = new Engine({ onProxyExit: () => {}, onTurn: () => {} });
      takeOver(...order);
      const sources = new Map(host.sent.map(({ advertisement, source }) => [advertisement.vrid, source]));
      expect(sources).toEqual(
        new Map([
          [51, 'fe80::11'],
          [52, six],
        ]),
      );
    }
  });

  it('does not take the one for foreign to the other, though both sockets hear both', () => {
    configure(multicast, unicast);
    const [one, two] = host.sockets;
    const datagram = heardFrom(multicast, 100);
    for (const socket of [one, two]) socket?.inbox.push(datagram);
    one?.options.onReadable();
    const ports = [...engine.ports];
    expect(ports.map((port) => [port.refused, port.foreign.size])).toEqual([
      [{}, 0],
      [{}, 0],
    ]);
    expect(engine.instances.get(multicast.key)?.counters.advertisementsReceived).toBe(1);
  });

  it('waits with unicast until its address is ready', () => {
    host.held = [own('fe80::11'), own(six, 2, { flags: 0x40 })];
    configure(unicast);
    host.run(1000);
    expect(state('web-2/ipv6')).toBe('initialize: fault');
    host.held = [own('fe80::11')];
    host.add(own(six));
    host.run(700);
    expect(state('web-2/ipv6')).toMatch(/^active/);
    expect(host.sent.every(({ source }) => source === six)).toBe(true);
  });
});

describe('the news of the kernel', () => {
  it('that a VIP is deleted puts it back, and the role is kept', () => {
    takeOver(assigned());
    const burst = host.announced.length;
    host.run(1000);
    host.delete('192.0.2.101');
    host.run(1);
    expect(host.holds('192.0.2.101')).toBe(true);
    expect(state()).toBe('active: no-active-router');
    expect(engine.instances.get('web-1/ipv4')?.counters.addressesRestored).toBe(1);
    expect(host.announced.length).toBeGreaterThan(burst);
  });

  it('that is lost in an overrun is found out', () => {
    takeOver(assigned());
    host.deliver();
    host.delete('192.0.2.101');
    host.overrun();
    host.run(1);
    expect(host.holds('192.0.2.101')).toBe(true);
    expect(eventsOf(events, 'address-restored')).toHaveLength(1);
  });

  it('does not count an address that cannot be put back as restored', () => {
    takeOver(assigned());
    host.refuses.set('put', 'EACCES');
    host.delete('192.0.2.101');
    host.run(1);
    expect(eventsOf(events, 'address-restored')).toEqual([]);
    expect(eventsOf(events, 'address-failed')).toHaveLength(1);
  });

  it('may come when the kernel does not list its addresses', () => {
    takeOver(assigned());
    host.refuses.set('addresses', 'ENOBUFS');
    host.delete('192.0.2.101');
    host.run(1);
    host.refuses.clear();
    host.run(1100);
    expect(host.holds('192.0.2.101')).toBe(true);
    expect(state()).toBe('active: no-active-router');
  });

  it('is asked for anew when the monitor breaks', () => {
    takeOver(assigned());
    host.breakMonitor();
    host.refuses.set('rtnetlink', 'EMFILE');
    host.run(1500);
    expect(texts().join()).toContain('ENOMEM');
    host.refuses.clear();
    host.run(1100);
    host.setLink('eth0', link('eth0', 2, { up: false }));
    host.run(0);
    expect(state()).toBe('initialize: fault');
  });

  it('is asked whether it lets us change addresses at all', () => {
    expect(engine.kernel.refusal()).toBeUndefined();
    host.refuses.set('remove', 'EPERM');
    expect(engine.kernel.refusal()).toBe('Cannot change addresses: EPERM; run as root or grant CAP_NET_ADMIN');
    host.refuses.set('remove', 'ETIMEDOUT');
    expect(engine.kernel.refusal()).toBeUndefined();
  });

  it('about other interfaces costs nothing, and a storm about ours is one look', () => {
    takeOver(assigned());
    host.calls.length = 0;
    for (let i = 0; i < 500; i++) host.setLink(`veth${i}`, link(`veth${i}`, 100 + i));
    for (let i = 0; i < 500; i++) host.add(own('198.51.100.1', 100 + i));
    host.run(10);
    expect(host.calls.filter((call) => call === 'links')).toEqual([]);
    for (let i = 0; i < 500; i++) host.add(own(`198.51.100.${i % 250}`));
    host.run(10);
    expect(host.calls.filter((call) => call === 'links').length).toBeLessThan(3);
  });

  it('tells of a VIP that another program has put there', () => {
    configure(assigned());
    host.add(own('192.0.2.101'));
    host.run(10);
    expect(eventsOf(events, 'address-stray')).toMatchObject([{ address: '192.0.2.101' }]);
  });

  it('does not take our own addresses for those of others where the kernel does not say whose they are', () => {
    takeOver(assigned());
    const ours = host.held.find(({ address }) => address === '192.0.2.101');
    host.deliver();
    host.add({ ...ours!, protocol: 0 });
    host.run(10);
    expect(eventsOf(events, 'address-stray')).toEqual([]);
  });
});

describe('a reload', () => {
  const one = assigned();
  const two = assigned({ vip: 'web-2', vrid: 52, addresses: ['192.0.2.102/32'] });

  it('that changes nothing changes nothing on the wire', () => {
    takeOver(one, two);
    const before = [host.sent.length, host.announced.length];
    configure(one, two);
    expect([host.sent.length, host.announced.length]).toEqual(before);
  });

  it('that only renames a VIP changes nothing on the wire and keeps the role', () => {
    takeOver(one, two);
    const before = [host.sent.length, host.holds('192.0.2.101')];
    configure(assigned({ vip: 'shop' }), two);
    expect([...engine.instances.keys()].toSorted()).toEqual(['shop/ipv4', 'web-2/ipv4']);
    expect([host.sent.length, host.holds('192.0.2.101')]).toEqual(before);
    expect(state('shop/ipv4')).toBe('active: no-active-router');
  });

  it('may swap the names of two VIPs', () => {
    takeOver(one, two);
    const before = host.sent.length;
    configure(assigned({ vip: 'web-2' }), { ...two, key: 'web-1/ipv4', vip: 'web-1' });
    expect(host.sent).toHaveLength(before);
    expect(engine.instances.get('web-1/ipv4')?.assignment.router.vrid).toBe(52);
    expect(engine.instances.get('web-2/ipv4')?.assignment.router.vrid).toBe(51);
  });

  it.each([
    ['first', true],
    ['last', false],
  ])('moves an address between two VIPs that are held, the one that loses it %s', (_, first) => {
    const [loser, winner] = first ? [one, two] : [two, one];
    const moved = loser.addresses[0]!;
    takeOver(one, two);
    configure(
      ...[one, two].map((router) => {
        const addresses =
          router === loser ? [{ ...moved, address: addressOf('192.0.2.109') }] : [...router.addresses, moved];
        return { ...router, addresses, router: { ...router.router, addresses: addresses.map((a) => a.address) } };
      }),
    );
    expect(host.holds(moved.address)).toBe(true);
    host.run(300);
    expect(host.holds(moved.address)).toBe(true);
    expect(host.holds('192.0.2.109')).toBe(true);
    expect(eventsOf(events, 'address-restored')).toEqual([]);
    expect(state(winner.key)).toBe('active: no-active-router');
  });

  it('changes the prefix length of an address', () => {
    takeOver(assigned({ addresses: ['192.0.2.101/24'] }));
    configure(one);
    host.run(10);
    expect(host.held.filter(({ address }) => address === '192.0.2.101').map((a) => a.prefixLength)).toEqual([32]);
    expect(eventsOf(events, 'address-restored')).toEqual([]);
  });

  it('takes a VIP away with priority 0 and its address', () => {
    takeOver(one, two);
    configure(one);
    expect(host.sent.at(-1)?.advertisement).toMatchObject({ vrid: 52, priority: 0 });
    expect(host.holds('192.0.2.102')).toBe(false);
    expect(state('web-2/ipv4')).toBe('none');
  });

  it('to another interface lets go on the old one and listens on the new one', () => {
    host.interfaces.push(link('eth1', 3));
    host.held.push(own('192.0.2.31', 3));
    takeOver(one);
    configure(assigned({ interface: 'eth1', more: { source: undefined } }));
    expect(host.sent.at(-1)).toMatchObject({ interface: 'eth0', advertisement: { priority: 0 } });
    host.run(700);
    expect(host.held.find(({ address }) => address === '192.0.2.101')?.ifindex).toBe(3);
    expect([...engine.ports].map((port) => port.interface)).toEqual(['eth1']);
  });

  it('that adds a family leaves the other alone', () => {
    takeOver(one);
    const since = engine.instances.get(one.key)?.state.since;
    configure(one, assigned({ addresses: ['2001:db8::101/128'] }));
    host.run(700);
    expect(engine.instances.get(one.key)?.state.since).toBe(since);
    expect(state('web-1/ipv6')).toMatch(/^active/);
  });

  it('is not stopped halfway by a kernel that refuses', () => {
    takeOver(one, two);
    for (const operation of ['links', 'addresses', 'put', 'remove', 'send', 'announce'] as const) {
      host.refuses.set(operation, 'ENOBUFS');
    }
    configure(assigned({ vip: 'web-3', vrid: 53, addresses: ['192.0.2.103/32'] }), {
      ...two,
      addresses: one.addresses,
    });
    host.refuses.clear();
    host.run(3000);
    expect([...engine.instances.keys()].toSorted()).toEqual(['web-2/ipv4', 'web-3/ipv4']);
    expect([state('web-2/ipv4'), state('web-3/ipv4')].join()).toMatch(/^active.*active/);
  });
});

describe('the proxy', () => {
  const well = (pid: number): ObservedProxy => ({ state: 'well', reason: 'it runs', main: { pid, startTime: 1 } });
  const dead: ObservedProxy = { state: 'dead', reason: 'no process', main: undefined };
  const withProxy = (proxy: ObservedProxy, router = assigned()): void =>
    engine.configure({ node: 'lb1', routers: [router], interfaces: {} }, proxy);

  it('that exits costs the VIP at once, and the manager is told afterwards', () => {
    host.processes.set(100, 1);
    withProxy(well(100));
    host.run(700);
    host.exit(100);
    expect(host.sent.at(-1)?.advertisement.priority).toBe(0);
    expect(host.holds('192.0.2.101')).toBe(false);
    expect(state()).toBe('backup: proxy-failure');
    expect(exits).toEqual([100]);
  });

  it('that is gone before it could be watched is dead', () => {
    withProxy(well(100));
    expect(engine.facts.proxy.verdict).toMatchObject({ state: 'dead', reason: 'process 100 has exited' });
  });

  it('that got the pid of the one before is another process', () => {
    host.processes.set(100, 1);
    withProxy(well(100));
    host.processes.set(100, 2);
    engine.observe({ ...well(100), main: { pid: 100, startTime: 2 } });
    expect(host.calls.filter((call) => call === 'watch 100')).toHaveLength(2);
    expect(engine.facts.proxy.verdict?.state).toBe('well');
  });

  it('that cannot be watched is as the manager says, and that is told', () => {
    host.processes.set(100, 1);
    host.refuses.set('watch', 'EMFILE');
    withProxy(well(100));
    expect(engine.facts.proxy.verdict?.state).toBe('well');
    expect(texts().join()).toContain('EMFILE');
    engine.observe(dead);
    expect(engine.facts.proxy.verdict?.state).toBe('dead');
  });

  it('that is found dead in the reload that changes the reaction meets the new one', () => {
    host.processes.set(100, 1);
    withProxy(well(100));
    host.run(700);
    const sent = host.sent.length;
    const policy = {
      onFailure: { reaction: 'lower', weight: 50 },
      recoverAfter: milliseconds(0),
      recoverMax: milliseconds(0),
      tracks: [],
    } as const;
    withProxy(dead, assigned({ more: { policy } }));
    expect(host.sent.slice(sent).map(({ advertisement }) => advertisement.priority)).not.toContain(0);
    expect(engine.instances.get('web-1/ipv4')?.state).toMatchObject({ name: 'active', priority: 204 });
  });

  it('that is watched no longer is no reason any more', () => {
    withProxy(dead);
    host.run(700);
    configure(assigned());
    expect(engine.instances.get('web-1/ipv4')?.state.priority).toBe(254);
  });
});

describe('a flood', () => {
  const junk = (count: number): void => {
    for (let i = 0; i < count; i++) host.socket().inbox.push({ refused: 'truncated', source: undefined });
  };
  const wake = (): void => host.socket().options.onReadable();

  it('in front of the active router’s word elects nobody', () => {
    const router = assigned();
    configure(router);
    host.arrive(heardFrom(router, 255));
    host.freeze(700);
    junk(9000);
    host.socket().inbox.push(heardFrom(router, 255));
    for (let pass = 0; pass < 5; pass++) {
      wake();
      expect(state()).toMatch(/^backup/);
      host.freeze(30);
    }
    host.run(500);
    expect(state()).toMatch(/^backup/);
    expect(engine.lateness.worst).toBeLessThan(110);
  });

  it('without end does not keep a backup from taking over', () => {
    configure(assigned());
    const begin = host.clock;
    while (!state().startsWith('active') && host.clock < begin + 5000) {
      junk(2500);
      wake();
      host.freeze(30);
    }
    expect(host.clock - begin).toBeLessThan(1300);
    expect(host.holds('192.0.2.101')).toBe(true);
  });

  it('does not keep an active router from advertising', () => {
    takeOver(assigned());
    const before = host.sent.length;
    for (let pass = 0; pass < 30; pass++) {
      junk(2500);
      wake();
      host.freeze(30);
    }
    expect(host.sent.length - before).toBeGreaterThanOrEqual(4);
    expect(state()).toMatch(/^active/);
  });
});

describe('a freeze', () => {
  it('for longer than the lease means listening first', () => {
    takeOver(assigned());
    host.freeze(5000);
    host.delete('192.0.2.101');
    host.run(0);
    expect(state()).toBe('backup: stalled');
    expect(host.holds('192.0.2.101')).toBe(false);
    expect(eventsOf(events, 'stalled')).toHaveLength(1);
    expect(engine.lateness.worst).toBeGreaterThan(4000);
  });

  it('is not what a host suffers that cannot advertise: it lets go because its lease ends', () => {
    takeOver(assigned());
    host.refuses.set('send', 'EPERM');
    host.run(2500);
    expect(eventsOf(events, 'stalled')).toEqual([]);
    expect(eventsOf(events, 'lease-lapsed')).toMatchObject([{ router: 'web-1/ipv4' }]);
  });

  it('or not, a host that cannot advertise takes nothing over until it can', () => {
    takeOver(assigned());
    host.refuses.set('send', 'EPERM');
    host.run(20_000);
    expect(state()).toBe('backup: mute');
    expect([host.holds('192.0.2.101'), engine.instances.get('web-1/ipv4')?.counters.activeTransitions]).toEqual([
      false,
      1,
    ]);
    expect(eventsOf(events, 'transition').filter(({ to }) => to === 'active')).toHaveLength(1);
    host.refuses.clear();
    host.run(700);
    expect(state()).toMatch(/^active/);
    expect(host.holds('192.0.2.101')).toBe(true);
  });

  it('that leaves leases behind is not adopted by one that cannot advertise', () => {
    host.held.push(own('192.0.2.101', 2, { prefixLength: 32, protocol: 112, renewedAt: instant(host.clock - 300) }));
    host.refuses.set('send', 'EPERM');
    configure(assigned());
    expect([state(), host.holds('192.0.2.101')]).toEqual(['backup: mute', false]);
  });

  it('that another wake ends is noticed all the same', () => {
    configure(assigned());
    host.freeze(5000);
    host.setLink('eth0', link('eth0', 2, { mtu: 9000 }));
    host.arrive(heardFrom(assigned(), 100));
    host.run(0);
    expect(eventsOf(events, 'stalled')).toHaveLength(1);
    expect(state()).toMatch(/^backup/);
  });
});

describe('what happened to a virtual router', () => {
  it('is told with the router that was heard then, not with one that is heard later', () => {
    const router = assigned();
    configure(router);
    host.arrive(heardFrom(router, 255));
    host.arrive(heardFrom(router, 0));
    host.run(300);
    host.arrive(heardFrom(router, 10, { from: '192.0.2.13' }));
    expect(state()).toBe('active: active-router-resigned');
    const instance = engine.instances.get(router.key)!;
    expect(instance.peer).toMatchObject({ source: '192.0.2.12' });
    expect(instance.heard).toMatchObject({ source: '192.0.2.13' });
  });

  it('forgets who was heard before its interface was lost', () => {
    const router = assigned();
    configure(router);
    host.arrive(heardFrom(router, 255));
    host.setLink('eth0', link('eth0', 2, { up: false }));
    host.run(10);
    host.setLink('eth0', link('eth0', 2));
    host.run(10);
    expect(state()).toBe('backup: startup');
    expect(engine.instances.get(router.key)?.heard).toBeUndefined();
  });
});

describe('shutdown', () => {
  it('lets every VIP go, whatever the kernel says', () => {
    takeOver(assigned(), assigned({ vip: 'web-2', vrid: 52, addresses: ['192.0.2.102/32'] }));
    host.refusesFor.set('remove 192.0.2.101', 'EPERM');
    engine.shutdown();
    expect(host.sent.slice(-2).map(({ advertisement }) => advertisement.priority)).toEqual([0, 0]);
    expect(host.holds('192.0.2.102')).toBe(false);
    expect(host.sockets.every(({ closed }) => closed)).toBe(true);
  });
});
