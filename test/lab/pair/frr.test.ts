import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Capture } from '../../../src/lab/capture.ts';
import { startCapture } from '../../../src/lab/capture.ts';
import type { Frr } from '../../../src/lab/frr.ts';
import { startFrr } from '../../../src/lab/frr.ts';
import { pairFile, vipOf } from '../../../src/lab/pairfile.ts';
import { prefixLengths } from '../../../src/lab/plan.ts';
import { milliseconds } from '../../../src/wire/units.ts';
import { eventually, usePair } from './pair.ts';

/* vipair on lb1, FRR's vrrpd on lb2, version 3. FRR stands with 150, vipair above it and then below. */
describe.each(['ipv4', 'ipv6'] as const)('beside FRR over %s', (family) => {
  const pair = usePair('tfrr');
  const vip = vipOf(1, family);
  const short = family === 'ipv4' ? 'v4' : 'v6';
  let frr: Frr;
  let capture: Capture;

  const fileWith = (priority: number): string => {
    const shared = { vrid: 51, addresses: [`${vip}/${prefixLengths[family]}`], priority: { lb1: priority, lb2: 149 } };
    const options = { family, settings: { interval: '200ms' }, without: ['web-1', 'web-2'], vips: { shared } };
    return pairFile(pair.lab, options);
  };
  const startPeer = async (): Promise<void> => {
    const options = { vrid: 51, version: 3, priority: 150, interval: milliseconds(200), addresses: [vip] } as const;
    frr = await startFrr(pair.lab.host('lb2'), options);
  };
  const frrIs = (state: 'Backup' | 'Master'): Promise<unknown> =>
    eventually(`FRR is ${state}`, async () => (await frr.state(short)) === state);

  beforeAll(async () => {
    capture = await startCapture(pair.lab, 'frr');
    await Promise.all([startPeer(), pair.start('lb1', fileWith(200))]);
  });
  afterAll(() => frr.stop());

  it('is active with the higher priority, and FRR is its backup', async () => {
    await pair.lb1.role('shared', 'active');
    await frrIs('Backup');
    const { refused, remarks } = await pair.lb1.vip('shared');
    expect([refused, remarks]).toEqual([{}, {}]);
  });

  it('hands over when it ends, and preempts when it is back', async () => {
    await pair.lb1.stop();
    await frrIs('Master');
    await pair.start('lb1');
    await pair.lb1.role('shared', 'active');
    await frrIs('Backup');
  });

  it('is preempted once its priority is the lower one', async () => {
    pair.lb1.write(fileWith(100));
    await pair.lb1.reload();
    await pair.lb1.until('FRR holds it', ({ vips: [shared] }) => shared?.state === 'backup' && shared.holder === 'lb2');
    await frrIs('Master');
    expect(pair.lab.host('lb1').holds(vip)).toBe(false);
  });

  it('takes over when FRR ends, and is preempted when it is back', async () => {
    await frr.stop();
    await pair.lb1.role('shared', 'active');
    expect(pair.lab.host('lb1').holds(vip)).toBe(true);
    await startPeer();
    await pair.lb1.role('shared', 'backup');
    await frrIs('Master');
  });

  it('preempts once its priority is the higher one again', async () => {
    pair.lb1.write(fileWith(200));
    await pair.lb1.reload();
    await pair.lb1.role('shared', 'active');
    await frrIs('Backup');
  });

  it('has sent nothing that a dissector finds fault with', async () => {
    const all = await capture.advertisements();
    const own = all.filter(({ priority }) => priority === 200 || priority === 100);
    expect(own.length).toBeGreaterThan(5);
    expect(own.filter(({ checksumGood, malformed, ttl }) => !checksumGood || malformed || ttl !== 255)).toEqual([]);
    await capture.stop();
  });
});
