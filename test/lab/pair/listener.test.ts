import { beforeAll, describe, expect, it } from 'vitest';
import { profiles } from '../../../profiles/registry.ts';
import { HolderWatch } from '../../../src/lab/watch.ts';
import { milliseconds } from '../../../src/wire/units.ts';
import { eventually, usePair, VIP1 } from './pair.ts';

/* Processes that look well, and ports that are somebody else's. */

describe.each(Object.keys(profiles))('%s', (profile) => {
  const pair = usePair(`tp${profile}`, { backends: 1 });
  beforeAll(() => pair.serve(profile));

  it('that runs and has left its port is dead, whoever listens there is named, and the VIP moves', async () => {
    const proxy = { profile, listen: [80] };
    await pair.run({ settings: { recover_after: '300ms', proxy } });
    await pair.lab.fault({ kind: 'close-port', host: 'lb1' });
    await eventually('lb2 holds it', () => pair.holders(VIP1).join() === 'lb2');
    const dead = await pair.lb1.until('it knows', (status) => status.proxy?.state === 'dead');
    expect(dead.proxy?.reason).toMatch(/^(nginx|HAProxy) does not listen on port 80; nobody does$/);
    await pair.lab.fault({ kind: 'steal-port', host: 'lb1' });
    const { proxy: seen, vips } = await pair.lb1.until('it is named', (s) => s.proxy?.reason.includes('perl') === true);
    expect(seen?.reason).toMatch(
      /^(nginx|HAProxy) does not listen on port 80; process \d+ "perl" \(perl -e .*\) does$/,
    );
    expect(vips[0]?.reason).toContain('"perl"');
    await pair.lab.fault({ kind: 'return-port', host: 'lb1' });
    await pair.lab.fault({ kind: 'open-port', host: 'lb1' });
    await pair.settle();
  });

  it('that goes down and up again and again moves its VIPs once', async () => {
    await pair.run({ proxy: profile });
    const watch = new HolderWatch(pair.lab, VIP1, milliseconds(5));
    for (let times = 0; times < 4; times++) {
      pair.front('lb1').kill();
      await eventually('lb2 holds it', () => pair.holders(VIP1).join() === 'lb2');
      await eventually('all of it is gone', () => pair.front('lb1').processes().length === 0);
      await pair.front('lb1').start();
      await pair.lb1.until('it is well again', ({ proxy }) => proxy?.state === 'recovering');
    }
    watch.stop();
    expect(watch.changes.filter(({ holders }) => holders.length === 1).length - 1).toBeLessThanOrEqual(2);
    const { vips } = await pair.lb1.status();
    expect(vips[0]?.reason).toContain('not yet for recover_after');
  });
});

describe('haproxy', () => {
  const pair = usePair('tphap', { backends: 1 });
  beforeAll(() => pair.serve('haproxy'));

  it('that shares its port with a forgotten process is degraded, and the process is named', async () => {
    await pair.run({ proxy: 'haproxy', settings: { recover_after: '300ms' } });
    await pair.lab.fault({ kind: 'steal-port', host: 'lb1' });
    // The manager knows before the engine does.
    const { proxy } = await pair.lb1.until(
      'it knows and yields',
      (status) => status.proxy?.state === 'degraded' && status.vips[0]?.priority === 3,
    );
    expect(proxy?.reason).toMatch(/shares port 80 with process \d+ "perl"/);
    await eventually('lb2 holds it', () => pair.holders(VIP1).join() === 'lb2');
    await pair.lab.fault({ kind: 'return-port', host: 'lb1' });
    await pair.settle();
  });

  it('whose frontend was disabled has lost its port', async () => {
    await pair.run({ proxy: 'haproxy', settings: { recover_after: '300ms' } });
    await pair.lab.fault({ kind: 'close-port', host: 'lb1' });
    await eventually('lb2 holds it', () => pair.holders(VIP1).join() === 'lb2');
    const { proxy } = await pair.lb1.until('it knows', (status) => status.proxy?.state === 'dead');
    expect(proxy?.reason).toContain('does not listen on');
    await pair.lab.fault({ kind: 'open-port', host: 'lb1' });
    await pair.settle();
  });
});
