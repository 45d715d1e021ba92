import { beforeAll, describe, expect, it } from 'vitest';
import { usePair, VIP1, VIP2 } from './pair.ts';

/* Two hosts, two VIPs, one file. */
describe('a crossed pair', () => {
  const pair = usePair('tcross');
  beforeAll(() => pair.run({ settings: { sysctl: 'apply' } }));

  it('gives each host its own VIP, and each VIP exactly one holder', () => {
    expect(pair.holders(VIP1)).toEqual(['lb1']);
    expect(pair.holders(VIP2)).toEqual(['lb2']);
  });

  it('says on both hosts who holds what and why', async () => {
    const [first, second] = [await pair.lb1.status(), await pair.lb2.status()];
    expect(first.vips.map(({ vip, holder, state }) => [vip, holder, state])).toEqual([
      ['web-1', 'lb1', 'active'],
      ['web-2', 'lb2', 'backup'],
    ]);
    expect(second.vips.map(({ vip, holder, state }) => [vip, holder, state])).toEqual([
      ['web-1', 'lb1', 'backup'],
      ['web-2', 'lb2', 'active'],
    ]);
    for (const { reason } of [...first.vips, ...second.vips]) expect(reason).toMatch(/no other router|lb[12]/);
    expect(first.warnings).toEqual([]);
    expect(first.proxy).toBeNull();
  });

  it('installs the addresses with a lease that the kernel ends, and on the right interface', async () => {
    const held = (await pair.lab.host('lb1').addresses()).filter(({ address }) => address === VIP1);
    expect(held).toHaveLength(1);
    expect(held[0]).toMatchObject({ interface: 'eth0', prefixLength: 24 });
    expect(held[0]?.validLifetime).toBeLessThanOrEqual(2);
  });

  it('learns nothing odd about its peer and refuses nothing', async () => {
    for (const daemon of pair.daemons) {
      const { vips, interfaces } = await daemon.status();
      for (const vip of vips) expect([vip.refused, vip.remarks]).toEqual([{}, {}]);
      for (const port of interfaces) expect([port.state, port.refused, port.foreign]).toEqual(['up', {}, []]);
    }
  });

  it('survives the start of one host after the other without a second holder', async () => {
    await pair.lb2.stop();
    await pair.lb1.role('web-2', 'active');
    expect(pair.holders(VIP2)).toEqual(['lb1']);
    await pair.start('lb2');
    await pair.settle();
    expect(pair.holders(VIP2)).toEqual(['lb2']);
    const { reason } = await pair.lb2.vip('web-2');
    expect(reason).toBe('took over from lb1, which had the lower priority');
  });
});
