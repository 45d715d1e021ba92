import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { profiles } from '../../../profiles/registry.ts';
import { now } from '../../../src/linux/clock.ts';
import { between } from '../../../src/wire/units.ts';
import { eventually, GAP, outage, usePair, VIP1, VIP2 } from './pair.ts';

/* A dead proxy costs milliseconds, with every proxy there is a profile for. */
describe.each(Object.keys(profiles))('with %s', (profile) => {
  const pair = usePair(`tp${profile}`, { backends: 1 });
  beforeAll(() => pair.serve(profile));
  afterEach(() => pair.unload());

  describe('a proxy that dies', () => {
    beforeEach(() => pair.run({ proxy: profile, settings: { interval: '50ms', recover_after: '1s' } }));

    it('gives its VIP away, says why, and gets it back when it has been well for a while', async () => {
      const load = await pair.load(VIP1, VIP2);
      const died = pair.front('lb1').kill();
      await eventually('lb2 holds both', () => pair.holders(VIP1).join() === 'lb2');
      expect(pair.holders(VIP2)).toEqual(['lb2']);
      expect(await outage(load, VIP1, died)).toBeLessThan(GAP);
      expect(await outage(load, VIP2, died)).toBeLessThan(GAP);

      const sick = await pair.lb1.until('it knows', ({ proxy }) => proxy?.state === 'dead');
      expect(sick.proxy?.reason).toMatch(new RegExp(`^(no )?${profile}`, 'i'));
      expect(sick.vips[0]).toMatchObject({ state: 'backup', holder: 'lb2', priority: 1, basePriority: 254 });
      expect(sick.vips[0]?.reason).toMatch(new RegExp(profile, 'i'));
      expect((await pair.lb2.vip('web-1')).reason).toBe('lb1 resigned');

      await pair.front('lb1').start();
      const back = now();
      await pair.lb1.until('it recovers', ({ proxy }) => proxy?.state === 'recovering');
      await pair.settle();
      expect(between(back, now())).toBeGreaterThan(500);
      expect(await outage(load, VIP1, back)).toBeLessThan(GAP);
      expect((await pair.lb1.status()).proxy?.state).toBe('well');
    });

    it('gives its VIP away when it is frozen, too', async () => {
      const load = await pair.load(VIP1);
      const { at } = await pair.lab.fault({ kind: 'stop-proxy', host: 'lb1' });
      await eventually('lb2 holds both', () => pair.holders(VIP1).join() === 'lb2');
      const { proxy } = await pair.lb1.status();
      expect(proxy?.reason).toContain('stopped');
      // Nobody is told of a stop as of an end: it is noticed at the next look, four times a second.
      expect(await outage(load, VIP1, at)).toBeLessThan(4 * GAP);
      await pair.lab.fault({ kind: 'continue-proxy', host: 'lb1' });
      await pair.settle();
    });

    it('leaves the VIPs on one host when the other dies too, and whoever recovers first serves', async () => {
      const load = await pair.load(VIP1);
      pair.front('lb1').kill();
      await eventually('lb2 holds both', () => pair.holders(VIP1).join() === 'lb2');
      pair.front('lb2').kill();
      await pair.lb2.until('it stands at the floor', ({ vips }) => vips.every(({ priority }) => priority === 1));
      const before = await quiet(pair);
      // Some time later, told by the advertisements that were sent meanwhile, nothing has moved.
      const sent = await advertised(pair);
      await eventually('time has passed', async () => (await advertised(pair)) > sent + 20);
      expect(await transitions(pair)).toBe(before);
      for (const vip of [VIP1, VIP2]) expect(pair.holders(vip)).toHaveLength(1);

      const at = now();
      await pair.front('lb1').start();
      await eventually('lb1 holds both', () => [VIP1, VIP2].every((vip) => pair.holders(vip).join() === 'lb1'));
      await outage(load, VIP1, at);
      await pair.front('lb2').start();
      await pair.settle();
      expect((await transitions(pair)) - before).toBeLessThanOrEqual(4);
    });
  });
});

describe('a dead proxy', () => {
  const pair = usePair('tpreact', { backends: 1 });
  beforeAll(() => pair.serve('nginx'));
  afterEach(() => pair.unload());

  it.each([
    { on_failure: 'lower', weight: 50, state: 'backup', priority: 204 },
    { on_failure: 'stop', state: 'initialize', priority: 0 },
  ])('obeys on_failure: $on_failure', async ({ state, priority, ...settings }) => {
    await pair.run({ proxy: 'nginx', settings: { recover_after: '100ms', ...settings } });
    const load = await pair.load(VIP1);
    const died = pair.front('lb1').kill();
    await pair.lb2.role('web-1', 'active');
    const { vips } = await pair.lb1.until('it stands so', (s) => s.vips.every((vip) => vip.state === state));
    expect(vips[0]).toMatchObject({ priority });
    expect(vips[0]?.reason).toContain('nginx');
    expect(pair.holders(VIP1)).toEqual(['lb2']);
    expect(await outage(load, VIP1, died)).toBeLessThan(GAP);
    await pair.front('lb1').start();
    await pair.settle();
  });
});

type Pair = ReturnType<typeof usePair>;

async function transitions(pair: Pair): Promise<number> {
  return sum(pair, 'activeTransitions');
}

const advertised = (pair: Pair): Promise<number> => sum(pair, 'advertisementsSent');

async function sum(pair: Pair, counter: string): Promise<number> {
  const all = await Promise.all(pair.daemons.map((daemon) => daemon.status()));
  return all.flatMap(({ vips }) => vips).reduce((total, { counters }) => total + (counters[counter] ?? 0), 0);
}

/** Waits until each VIP has one holder that stays so for a few advertisements; returns the transitions up to then. */
async function quiet(pair: Pair): Promise<number> {
  let seen = { count: -1, sent: 0 };
  await eventually('nothing moves any more', async () => {
    const [count, sent] = [await transitions(pair), await advertised(pair)];
    const single = [VIP1, VIP2].every((vip) => pair.holders(vip).length === 1);
    if (count !== seen.count || !single) seen = { count, sent };
    return sent > seen.sent + 10;
  });
  return seen.count;
}
