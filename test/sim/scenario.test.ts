import { describe, expect, test } from 'vitest';
import { activeDownInterval, skewTime } from '../../src/vrrp/timers.ts';
import { milliseconds } from '../../src/wire/units.ts';
import { pair } from './crossed.ts';
import { World } from './world.ts';

const interval = milliseconds(200);
const crossedHolders = { 'web-1': 'lb1', 'web-2': 'lb2' };
/** What travelling and waking up may add in these worlds. */
const slack = 3;
/** How long a daemon takes to see what has become of its proxy. */
const detection = pair.detection;

describe('a crossed pair', () => {
  test('crossed start-up: each host ends with its own VIP, and nobody else ever had it', () => {
    const world = new World();
    world.sim.start();
    const took = world.until(() => world.holders['web-1'] !== '' && world.holders['web-2'] !== '');
    expect(took).toBeLessThan(activeDownInterval(3, 254, interval) + slack);
    world.pass(10_000).settled();
    expect(world.holders).toEqual(crossedHolders);
    expect(world.audit.takeovers).toBe(2);
  });

  test('one host that starts long before the other takes both VIPs and then gives one back without a gap', () => {
    const world = new World();
    world.inflict({ type: 'start', host: 'lb1' }).pass(2000);
    expect(world.holders).toEqual({ 'web-1': 'lb1', 'web-2': 'lb1' });
    world.inflict({ type: 'start', host: 'lb2' });
    expect(world.until(() => world.holders['web-2'] === 'lb2')).toBeLessThan(
      interval + skewTime(3, 254, interval) + slack,
    );
    expect(world.history.some((o) => o.type === 'sent' && o.priority === 0)).toBe(false);
  });

  test('a dead proxy: the other host answers within its skew time', () => {
    const world = new World().up();
    world.inflict({ type: 'proxy', host: 'lb1', state: 'dead' });
    const took = world.until(() => world.holders['web-1'] === 'lb2');
    expect(took).toBeLessThan(skewTime(3, 253, interval) + slack);
    world.pass(10_000);
    expect(world.holders).toEqual({ 'web-1': 'lb2', 'web-2': 'lb2' });
  });

  test('the proxy comes back: the VIP returns after recover_after, make before break', () => {
    const world = new World().up();
    world.inflict({ type: 'proxy', host: 'lb1', state: 'dead' }).pass(5000);
    world.inflict({ type: 'proxy', host: 'lb1', state: 'well' }).pass(2900);
    expect(world.holders['web-1']).toBe('lb2');
    const took = world.until(() => world.holders['web-1'] !== 'lb2');
    // Both answer for a moment, and never nobody.
    expect(world.holders['web-1']).toBe('lb1,lb2');
    expect(took).toBeLessThan(100 + interval + slack);
    world.pass(5).settled();
    expect(world.holders).toEqual(crossedHolders);
  });

  test('a proxy that comes up after the daemon: its first death within minutes is its first, and no repeated one', () => {
    const world = new World({ recoverMax: 36_000 });
    world.inflict({ type: 'proxy', host: 'lb1', state: 'dead' }).up().pass(5000);
    expect(world.holders).toEqual({ 'web-1': 'lb2', 'web-2': 'lb2' });
    for (const hold of [3000, 3000, 6000]) {
      world.inflict({ type: 'proxy', host: 'lb1', state: 'well' });
      const took = world.until(() => world.holders['web-1'] === 'lb1');
      expect(took).toBeGreaterThanOrEqual(hold);
      expect(took).toBeLessThan(hold + interval + skewTime(3, 254, interval) + slack + detection);
      world.pass(1000).settled();
      world.inflict({ type: 'proxy', host: 'lb1', state: 'dead' }).pass(1000);
      expect(world.holders['web-1']).toBe('lb2');
    }
  });

  test('a proxy that flaps moves the VIP once, not at every flap', () => {
    const world = new World().up();
    const start = world.sim.now;
    for (let i = 0; i < 20; i++) {
      world.inflict({ type: 'proxy', host: 'lb1', state: 'dead' }).pass(700);
      world.inflict({ type: 'proxy', host: 'lb1', state: 'well' }).pass(800);
    }
    expect(world.takeoversSince(start)).toBe(1);
    world.pass(10_000).settled();
    expect(world.takeoversSince(start)).toBe(2);
  });
});

describe('both proxies dead', () => {
  const sick = (): World => {
    const world = new World().up();
    world.inflict({ type: 'proxy', host: 'lb1', state: 'dead' }).pass(1500);
    return world.inflict({ type: 'proxy', host: 'lb2', state: 'dead' }).pass(3000);
  };

  test('each VIP still has one holder, and nothing flaps', () => {
    const world = sick();
    const { now } = world.sim;
    world.settled().pass(120_000).settled();
    expect(world.takeoversSince(now)).toBe(0);
  });

  test('when both die at once as well', () => {
    const world = new World().up();
    world.inflict({ type: 'proxy', host: 'lb1', state: 'dead' }, { type: 'proxy', host: 'lb2', state: 'dead' });
    world.pass(3000).settled();
    const { now } = world.sim;
    world.pass(60_000).settled();
    expect(world.takeoversSince(now)).toBe(0);
  });

  test.each(['lb1', 'lb2'])('the first proxy to recover serves: %s', (host) => {
    const world = sick();
    world.inflict({ type: 'proxy', host, state: 'well' });
    const took = world.until(() => Object.values(world.holders).every((holder) => holder === host));
    expect(took).toBeLessThan(interval + skewTime(3, 2, interval) + slack);
    world.pass(10_000).settled();
    expect(world.holders).toEqual({ 'web-1': host, 'web-2': host });
  });
});

describe('the segment', () => {
  test('a partition gives two holders; healed, there is one within an interval, and the winner announces', () => {
    const world = new World().up();
    world.partition('lb1', 'lb2').pass(5000);
    expect(world.holders).toEqual({ 'web-1': 'lb1,lb2', 'web-2': 'lb1,lb2' });
    const healedAt = world.sim.now;
    world.partition('lb1', 'lb2', 0);
    const took = world.until(() => !Object.values(world.holders).some((holder) => holder.includes(',')));
    expect(took).toBeLessThan(interval + slack);
    world.pass(10);
    expect(world.holders).toEqual(crossedHolders);
    // Neighbours that the loser had told otherwise are told again, by the winner and by nobody else.
    expect(new Set(world.announcementsSince(healedAt, 'web-1'))).toEqual(new Set(['lb1']));
    expect(new Set(world.announcementsSince(healedAt, 'web-2'))).toEqual(new Set(['lb2']));
  });

  test('the winner announces after every healing, whoever is heard first', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const world = new World({}, seed).up();
      world.partition('lb1', 'lb2').pass(3000 + 7 * seed);
      const { now } = world.sim;
      world.partition('lb1', 'lb2', 0).pass(250);
      expect(world.announcementsSince(now, 'web-1')).toContain('lb1');
      expect(world.announcementsSince(now, 'web-2')).toContain('lb2');
    }
  });

  test('one-way loss: the host that is not heard keeps its VIP, and the other gives way when it is heard again', () => {
    const world = new World().up();
    world.inflict({ type: 'path', from: 'lb1', to: 'lb2', loss: 1 }).pass(3000);
    expect(world.holders['web-1']).toBe('lb1,lb2');
    expect(world.holders['web-2']).toBe('lb2');
    world
      .inflict({ type: 'path', from: 'lb1', to: 'lb2', loss: 0 })
      .pass(interval + slack)
      .settled();
    expect(world.holders).toEqual(crossedHolders);
  });

  test('a host that cannot send loses its VIP once, with its lease, and takes nothing over until it can', () => {
    const world = new World().up();
    const { now } = world.sim;
    world.inflict({ type: 'mute', host: 'lb1', mute: true }).pass(20_000);
    expect(world.holders).toEqual({ 'web-1': 'lb2', 'web-2': 'lb2' });
    expect(world.takeoversSince(now)).toBe(1);
    world.inflict({ type: 'mute', host: 'lb1', mute: false }).pass(2000).settled();
    expect(world.holders).toEqual(crossedHolders);
  });

  test('a host that cannot send, and whose peer dies, holds nothing: nobody would be told', () => {
    const world = new World().up();
    world.inflict({ type: 'mute', host: 'lb1', mute: true }, { type: 'powerOff', host: 'lb2' }).pass(20_000);
    expect(world.holders).toEqual({ 'web-1': '', 'web-2': '' });
    world.inflict({ type: 'mute', host: 'lb1', mute: false }).pass(1000);
    expect(world.holders).toEqual({ 'web-1': 'lb1', 'web-2': 'lb1' });
  });

  test('a link that is cut: the other host takes over within its active-down interval', () => {
    const world = new World().up();
    world.inflict({ type: 'link', host: 'lb1', up: false });
    const took = world.until(() => world.holders['web-1'] === 'lb2');
    expect(took).toBeLessThan(activeDownInterval(3, 253, interval) + slack);
    world.inflict({ type: 'link', host: 'lb1', up: true }).pass(2000).settled();
    expect(world.holders).toEqual(crossedHolders);
  });

  test('one packet in fifty lost: a minute of it breaks no promise, and the end of it settles all', () => {
    const world = new World().up();
    world.partition('lb1', 'lb2', 0.02).pass(60_000);
    world.partition('lb1', 'lb2', 0).pass(1000).settled();
    expect(world.holders).toEqual(crossedHolders);
  });

  test('a VIP that somebody deletes is back within 50 ms, and no role changes', () => {
    const world = new World().up();
    const { now } = world.sim;
    world.inflict({ type: 'deleteAddresses', host: 'lb1', vip: 'web-1' });
    expect(world.holders['web-1']).toBe('');
    expect(world.until(() => world.holders['web-1'] === 'lb1')).toBeLessThan(50);
    world.pass(5000);
    expect(world.takeoversSince(now)).toBe(0);
  });
});

describe('preemption', () => {
  test('preempt: false leaves the VIP where it is', () => {
    const world = new World({ router: { preempt: false } }).up();
    world.inflict({ type: 'proxy', host: 'lb1', state: 'dead' }).pass(2000);
    world.inflict({ type: 'proxy', host: 'lb1', state: 'well' }).pass(60_000).settled();
    expect(world.holders).toEqual({ 'web-1': 'lb2', 'web-2': 'lb2' });
  });

  test('preempt_delay holds the VIP back for that long, and no longer', () => {
    const world = new World({ router: { preemptDelay: milliseconds(10_000) } });
    world.inflict({ type: 'start', host: 'lb2' }).pass(2000).inflict({ type: 'start', host: 'lb1' });
    const took = world.until(() => world.holders['web-1'] === 'lb1');
    expect(took).toBeGreaterThan(10_000);
    expect(took).toBeLessThan(10_000 + 2 * interval + slack);
  });

  test('without preempt_fast the lower router is relieved after the active-down interval', () => {
    const world = new World({ router: { preemptFast: false } });
    world.inflict({ type: 'start', host: 'lb2' }).pass(2000).inflict({ type: 'start', host: 'lb1' });
    const took = world.until(() => world.holders['web-1'] === 'lb1');
    expect(took).toBeGreaterThan(activeDownInterval(3, 254, interval) - slack);
    expect(took).toBeLessThan(activeDownInterval(3, 254, interval) + slack);
  });
});

describe('a daemon that goes away', () => {
  test('frozen for 6 s and thawed: one holder again within the lease, and all as before in the end', () => {
    const world = new World().up();
    const frozenAt = world.sim.now;
    world.inflict({ type: 'freeze', host: 'lb1' });
    world.until(() => world.holders['web-1'] === 'lb2');
    expect(world.sim.now - frozenAt).toBeLessThan(2000);
    world.pass(6000 - (world.sim.now - frozenAt));
    const thawedAt = world.sim.now;
    world.inflict({ type: 'thaw', host: 'lb1' });
    // It does not claim what it no longer has: what it sends first is sent as a router that was elected.
    world.pass(500).settled();
    expect(world.holders).toEqual(crossedHolders);
    const first = world.history.find((o) => o.type === 'transition' && o.at >= thawedAt);
    expect(first).toMatchObject({ host: 'lb1', vip: 'web-1', event: 'stalled' });
  });

  test('frozen for less than its lease: it goes on, and what has piled up is drained before a deadline is looked at', () => {
    const world = new World().up();
    world.inflict({ type: 'freeze', host: 'lb2' }).pass(1500);
    const { now } = world.sim;
    world.inflict({ type: 'thaw', host: 'lb2' }).pass(1000).settled();
    expect(world.holders).toEqual(crossedHolders);
    // The backup of web-1 was silent for longer than its timer, and does not elect itself on waking up.
    const elected = world.history.filter(
      (o) => o.type === 'transition' && o.at >= now && o.vip === 'web-1' && o.host === 'lb2',
    );
    expect(elected).toEqual([]);
  });

  test('killed: the kernel takes the address away with its lease, and a new daemon takes its place', () => {
    const world = new World().up();
    const { now } = world.sim;
    world.inflict({ type: 'crash', host: 'lb1' }).until(() => world.holders['web-1'] === 'lb2');
    expect(world.sim.now - now).toBeLessThan(2000);
    world.pass(3000).inflict({ type: 'start', host: 'lb1' }).pass(2000).settled();
    expect(world.holders).toEqual(crossedHolders);
  });

  test('killed and restarted at once: it adopts its addresses, and nobody notices', () => {
    const world = new World().up();
    const { now } = world.sim;
    world
      .inflict({ type: 'crash', host: 'lb1' })
      .pass(150)
      .inflict({ type: 'start', host: 'lb1' })
      .pass(3000)
      .settled();
    expect(world.holders).toEqual(crossedHolders);
    expect(world.history.some((o) => o.type === 'transition' && o.at > now && o.host === 'lb2')).toBe(false);
  });

  test('told to end: the other host answers within its skew time', () => {
    const world = new World().up();
    world.inflict({ type: 'stop', host: 'lb1' });
    expect(world.until(() => world.holders['web-1'] === 'lb2')).toBeLessThan(skewTime(3, 253, interval) + slack);
  });
});

describe('three nodes', () => {
  const trio = (): World => new World({ nodes: 3 }).up();

  test('each has its own VIP, and the next in line takes over', () => {
    const world = trio().settled();
    expect(world.holders).toEqual({ 'web-1': 'lb1', 'web-2': 'lb2', 'web-3': 'lb3' });
    world.inflict({ type: 'powerOff', host: 'lb1' }).pass(2000).settled();
    expect(world.holders).toEqual({ 'web-1': 'lb2', 'web-2': 'lb2', 'web-3': 'lb3' });
    world.inflict({ type: 'powerOff', host: 'lb2' }).pass(2000).settled();
    expect(world.holders).toEqual({ 'web-1': 'lb3', 'web-2': 'lb3', 'web-3': 'lb3' });
    world.inflict({ type: 'start', host: 'lb1' }, { type: 'start', host: 'lb2' }).pass(3000).settled();
    expect(world.holders).toEqual({ 'web-1': 'lb1', 'web-2': 'lb2', 'web-3': 'lb3' });
  });

  test('with two proxies dead the third host serves everything', () => {
    const world = trio();
    world
      .inflict({ type: 'proxy', host: 'lb1', state: 'dead' }, { type: 'proxy', host: 'lb3', state: 'dead' })
      .pass(3000);
    expect(world.settled().holders).toEqual({ 'web-1': 'lb2', 'web-2': 'lb2', 'web-3': 'lb2' });
  });
});

describe('foreign packets', () => {
  test('own packets that the segment reflects change nothing, and are counted', () => {
    const world = new World().up();
    const { now } = world.sim;
    world.inflict({ type: 'path', from: 'lb1', to: 'lb1', loss: 0 }).pass(1000);
    const refused = world.history.flatMap((o) => (o.type === 'refused' && o.at >= now ? [o.refused] : []));
    expect(new Set(refused)).toEqual(new Set(['own-packet']));
    expect(world.takeoversSince(now)).toBe(0);
  });
});
