import { describe, expect, it } from 'vitest';
import { now } from '../../../src/linux/clock.ts';
import { milliseconds } from '../../../src/wire/units.ts';
import { eventually, usePair, VIP1, VIP2 } from './pair.ts';

/* What keeps two hosts from holding one VIP, and from taking it from each other in turns. */
describe('a host that cannot send although its link is up', () => {
  const pair = usePair('tmute');

  it('loses its VIP once, takes nothing over, and is back when it can send again', async () => {
    await pair.run({ settings: { recover_after: '300ms' } });
    const rules = 'table ip mute { chain output { type filter hook output priority 0; meta l4proto 112 drop; }; }';
    expect(await pair.lab.exec('lb1', ['nft', rules])).toMatchObject({ code: 0 });
    await pair.lb1.role('web-1', 'backup');
    await eventually('lb2 holds both', () => [VIP1, VIP2].every((vip) => pair.holders(vip).join() === 'lb2'));
    pair.lb2.signal('SIGKILL');
    const { vips } = await pair.lb1.until('it says why', (s) =>
      s.vips.every(({ reason }) => /cannot send/.test(reason)),
    );
    expect(vips.map(({ state }) => state)).toEqual(['backup', 'backup']);
    const before = (await pair.lb1.vip('web-1')).counters['activeTransitions'];
    // Several active-down intervals with nobody there: it has every reason to take over but one.
    const end = now() + 3000;
    await eventually('time has passed', () => now() > end);
    expect((await pair.lb1.vip('web-1')).counters['activeTransitions']).toBe(before);
    expect(pair.lab.host('lb1').holds(VIP1)).toBe(false);
    expect(await pair.lab.exec('lb1', ['nft', 'delete table ip mute'])).toMatchObject({ code: 0 });
    await pair.lb1.role('web-1', 'active', milliseconds(5000));
    await pair.lb1.role('web-2', 'active', milliseconds(5000));
  });
});
