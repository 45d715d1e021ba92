import { describe, expect, it } from 'vitest';
import { now } from '../../../src/linux/clock.ts';
import { milliseconds } from '../../../src/wire/units.ts';
import { eventually, usePair, VIP1, VIP2 } from './pair.ts';
import type { PairOptions } from '../../../src/lab/pairfile.ts';

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

describe('a gateway', () => {
  const pair = usePair('tgate', { backends: 0, secondLink: true });

  /** Starts the pair; the client of the lab plays the gateway. */
  const run = async (settings: PairOptions['settings'] = {}): Promise<void> => {
    await pair.lab.fault({ kind: 'heal' });
    await pair.run({ settings: { recover_after: '300ms', gateway: pair.lab.client.ipv4, ...settings } });
    for (const daemon of pair.daemons) await daemon.until('it reaches the gateway', (s) => s.reach === 'well');
  };

  it.each(['lb1', 'lb2'])(
    'cut from %s and from the other host: the side that reaches it serves, alone',
    async (cut) => {
      await run();
      const serves = cut === 'lb1' ? 'lb2' : 'lb1';
      await pair.lab.fault({ kind: 'blackhole', member: cut });
      await eventually('one side serves', () => [VIP1, VIP2].every((vip) => pair.holders(vip).join() === serves));
      const { vips, warnings } = await pair.daemon(cut).status();
      expect(vips.map(({ state }) => state)).toEqual(['initialize', 'initialize']);
      expect(vips[0]?.reason).toContain('this host is cut off');
      expect(JSON.stringify(warnings)).toContain('neither the gateway nor a witness answers');
      await pair.lab.fault({ kind: 'heal' });
      await pair.settle();
    },
  );

  it('that dies moves nothing', async () => {
    await run();
    expect(await pair.lab.exec('sw', ['ip', 'link', 'set', 'cl', 'down'])).toMatchObject({ code: 0 });
    for (const daemon of pair.daemons) await daemon.until('it has noticed', (s) => s.reach === 'none');
    const end = now() + 3000;
    await eventually('time has passed', () => {
      expect([pair.holders(VIP1), pair.holders(VIP2)]).toEqual([['lb1'], ['lb2']]);
      return now() > end;
    });
  });

  it('that one host has lost by itself is reached from the other, which takes over', async () => {
    for (const { name } of pair.lab.hosts) {
      await pair.lab.exec(name, ['sh', '-c', 'umask 077; echo one key for both of them > /var/tmp/pair.key']);
    }
    await run({ heartbeat: { paths: ['eth1'], key_file: '/var/tmp/pair.key' } });
    await pair.lab.fault({ kind: 'lose', from: 'cl', to: 'lb1', lost: 'everything' });
    await eventually('lb2 holds both', () => [VIP1, VIP2].every((vip) => pair.holders(vip).join() === 'lb2'));
    await pair.lab.fault({ kind: 'heal' });
    await pair.settle();
  });
});
