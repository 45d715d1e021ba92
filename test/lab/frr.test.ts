import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCapture } from '../../src/lab/capture.ts';
import { startFrr } from '../../src/lab/frr.ts';
import { startKeepalived } from '../../src/lab/keepalived.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { labUp } from '../../src/lab/lab.ts';
import { vipOf } from '../../src/lab/pairfile.ts';
import { until } from '../../src/lab/until.ts';
import { milliseconds } from '../../src/wire/units.ts';
import { labName } from './name.ts';

const patience = milliseconds(20_000);
const vip = vipOf(1);

describe('FRR on a host', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await labUp({ name: labName('r') });
  });

  afterAll(() => lab.down());

  it('becomes active alone, yields to keepalived of higher priority, and takes over when that ends', async () => {
    const capture = await startCapture(lab, 'frr');
    const [lb1, lb2] = lab.hosts;
    if (lb1 === undefined || lb2 === undefined) throw new Error('no hosts');
    const interval = milliseconds(200);
    const addresses = [vip, vipOf(1, 'ipv6')];
    const frr = await startFrr(lb2, { vrid: 51, version: 3, priority: 180, interval, addresses });
    await until('FRR is active', async () => (await frr.state()) === 'Master', patience);
    await until('FRR is active in IPv6 too', async () => (await frr.state('v6')) === 'Master', patience);
    const instances = [{ name: 'VI_1', vrid: 51, priority: 200, addresses: [`${vip}/24`] }];
    const keepalived = await startKeepalived(lb1, { version: 3, interval, instances });
    await until('keepalived is active', () => keepalived.state('VI_1') === 'MASTER', patience);
    await until('FRR is backup', async () => (await frr.state()) === 'Backup', patience);
    expect(await frr.state('v6')).toBe('Master');
    await keepalived.stop();
    await until('FRR is active again', async () => (await frr.state()) === 'Master', patience);
    await frr.stop();
    await capture.stop();
    const seen = await capture.advertisements();
    expect(new Set(seen.map(({ vrid, version, checksumGood }) => `${vrid} ${version} ${checksumGood}`))).toEqual(
      new Set(['51 3 true']),
    );
    expect(new Set(seen.filter(({ priority }) => priority > 0).map(({ priority }) => priority))).toEqual(
      new Set([180, 200]),
    );
    expect(lb2.processes()).toEqual([]);
    expect((await lb2.exec(['ip', '-brief', 'link'])).stdout).not.toContain('vrrp');
  });

  it('speaks version 2', async () => {
    const capture = await startCapture(lab, 'frr2');
    const frr = await startFrr(lab.host('lb1'), { vrid: 7, version: 2, priority: 254, addresses: [vip] });
    await until('FRR is active', async () => (await frr.state()) === 'Master', patience);
    await until('it was captured', async () => (await capture.advertisements()).length > 0, patience);
    expect((await capture.advertisements())[0]).toMatchObject({
      version: 2,
      vrid: 7,
      priority: 254,
      checksumGood: true,
    });
    await frr.stop();
    await capture.stop();
  });
});
