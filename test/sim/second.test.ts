import { describe, expect, test } from 'vitest';
import { activeDownInterval, skewTime } from '../../src/vrrp/timers.ts';
import { milliseconds } from '../../src/wire/units.ts';
import { World } from './world.ts';

const interval = milliseconds(200);
const crossedHolders = { 'web-1': 'lb1', 'web-2': 'lb2' };
const slack = 3;

/** A crossed pair that is up, with a second path. */
const paired = (nodes = 2): World => new World({ nodes }, 1, interval).up();

/** Nothing gets through on the second path any more, or again. */
const back = (world: World, loss = 1): World =>
  world.inflict({ type: 'backPath', from: 'lb1', to: 'lb2', loss }, { type: 'backPath', from: 'lb2', to: 'lb1', loss });

describe('with a second path', () => {
  test('the first path cut moves nothing, and healed neither', () => {
    const world = paired();
    const { now } = world.sim;
    world.partition('lb1', 'lb2').pass(20_000);
    expect(world.holders).toEqual(crossedHolders);
    world.partition('lb1', 'lb2', 0).pass(5000).settled();
    expect(world.takeoversSince(now)).toBe(0);
  });

  test.each([
    ['lb1', 'lb2'],
    ['lb2', 'lb1'],
  ])('one-way loss from %s to %s moves nothing', (from, to) => {
    const world = paired();
    const { now } = world.sim;
    world.inflict({ type: 'path', from, to, loss: 1 }).pass(20_000);
    expect([world.holders, world.takeoversSince(now)]).toEqual([crossedHolders, 0]);
  });

  test('the second path cut moves nothing', () => {
    const world = paired();
    const { now } = world.sim;
    back(world).pass(20_000).settled();
    expect(world.takeoversSince(now)).toBe(0);
  });

  test('both cut: as without a second path, and one holder within an interval once either is healed', () => {
    const world = back(paired()).partition('lb1', 'lb2').pass(5000);
    expect(world.holders).toEqual({ 'web-1': 'lb1,lb2', 'web-2': 'lb1,lb2' });
    back(world, 0);
    expect(world.until(() => world.holders['web-1'] === 'lb1' && world.holders['web-2'] === 'lb2')).toBeLessThan(
      interval + slack,
    );
  });

  test('a host that dies costs what it costs without one', () => {
    const world = paired();
    world.inflict({ type: 'powerOff', host: 'lb1' });
    expect(world.until(() => world.holders['web-1'] === 'lb2')).toBeLessThan(
      activeDownInterval(3, 253, interval) + slack,
    );
  });

  test('a cable that is pulled costs a skew time', () => {
    const world = paired();
    world.inflict({ type: 'link', host: 'lb1', up: false });
    expect(world.until(() => world.holders['web-1'] === 'lb2')).toBeLessThan(skewTime(3, 253, interval) + 10 + slack);
    world.inflict({ type: 'link', host: 'lb1', up: true }).pass(2000).settled();
    expect(world.holders).toEqual(crossedHolders);
  });

  test('a host whose proxy dies while the first path is cut is relieved all the same, and takes back what is its own', () => {
    const world = paired().partition('lb1', 'lb2').pass(2000);
    world.inflict({ type: 'proxy', host: 'lb1', state: 'dead' }).pass(2000);
    expect(world.holders).toEqual({ 'web-1': 'lb2', 'web-2': 'lb2' });
    world.inflict({ type: 'proxy', host: 'lb1', state: 'well' }).pass(6000);
    expect(world.holders).toEqual(crossedHolders);
  });

  test('two hosts that start while the first path is cut end with one holder each', () => {
    const world = new World({}, 1, interval).partition('lb1', 'lb2');
    world.sim.start();
    world.pass(5000);
    expect(world.holders).toEqual(crossedHolders);
  });

  test('a daemon that was killed and started anew is believed again', () => {
    const world = paired().inflict({ type: 'crash', host: 'lb1' }).pass(5000);
    world.partition('lb1', 'lb2').inflict({ type: 'start', host: 'lb1' }).pass(5000);
    expect(world.holders).toEqual(crossedHolders);
  });

  test('of three hosts two that cannot hear each other make no second holder', () => {
    const world = paired(3);
    const { now } = world.sim;
    world.partition('lb1', 'lb2').pass(20_000);
    expect(world.takeoversSince(now)).toBe(0);
    world.partition('lb1', 'lb2', 0).pass(2000).settled();
  });
});
