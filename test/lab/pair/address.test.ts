import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Capture } from '../../../src/lab/capture.ts';
import { startCapture } from '../../../src/lab/capture.ts';
import { pairFile } from '../../../src/lab/pairfile.ts';
import { now } from '../../../src/linux/clock.ts';
import { addressOf } from '../../../src/wire/address.ts';
import { gratuitousArp } from '../../../src/wire/arp.ts';
import { parseMac, zeroMac } from '../../../src/wire/mac.ts';
import { between, milliseconds } from '../../../src/wire/units.ts';
import type { Announced } from './announcements.ts';
import { announcements } from './announcements.ts';
import { eventually, usePair, VIP1, VIP2 } from './pair.ts';

/* The VIPs as the kernel and the neighbours see them. */
describe('a VIP', () => {
  const pair = usePair('taddress');
  beforeAll(() => pair.run());

  it('that somebody deletes is back at once, and the role is kept', async () => {
    const before = await pair.lb1.vip('web-1');
    await pair.lab.fault({ kind: 'delete-address', host: 'lb1', address: VIP1 });
    const at = now();
    await eventually('it is back', () => pair.lab.host('lb1').holds(VIP1));
    expect(between(at, now())).toBeLessThan(500);
    await pair.lb1.until('it is counted', ({ vips }) => vips[0]?.counters['addressesRestored'] === 1);
    const after = await pair.lb1.vip('web-1');
    expect(after).toMatchObject({ state: 'active', reason: before.reason });
    expect(after.counters['activeTransitions']).toBe(before.counters['activeTransitions']);
    await pair.lb1.until(
      'it is announced again',
      ({ vips }) => (vips[0]?.counters['announcements'] ?? 0) > (before.counters['announcements'] ?? 0),
    );
    expect(pair.lb1.log()).toContain(`${VIP1} was deleted by another program; restored`);
    expect((await pair.lb2.vip('web-1')).state).toBe('backup');
  });

  it('comes back however often it is deleted, also with all the others of the host', async () => {
    for (let round = 0; round < 5; round++) {
      await pair.lab.exec('lb1', ['ip', 'address', 'flush', 'dev', 'eth0', 'to', `${VIP1}/32`]);
      await eventually('it is back', () => pair.lab.host('lb1').holds(VIP1));
    }
    expect(pair.holders(VIP1)).toEqual(['lb1']);
    expect((await pair.lb1.vip('web-1')).state).toBe('active');
  });

  it('that a backup holds by accident is none of its business to announce, and its owner stays', async () => {
    const capture = await startCapture(pair.lab, 'stray', 'arp');
    const added = await pair.lab.exec('lb2', ['ip', 'address', 'add', `${VIP1}/32`, 'dev', 'eth0', 'noprefixroute']);
    expect(added.code).toBe(0);
    const sent = async (): Promise<number> => (await pair.lb1.vip('web-1')).counters['advertisementsSent'] ?? 0;
    const before = await sent();
    await eventually('time has passed', async () => (await sent()) > before + 10);
    // Its own VIP it may well announce.
    const told = (await announcements(capture)).filter(({ address }) => address === VIP1);
    expect(told.filter(({ mac }) => mac === macOf('lb2'))).toEqual([]);
    expect(pair.lb2.log()).toContain(`${VIP1} was put on this host by another program`);
    await pair.lab.exec('lb2', ['ip', 'address', 'delete', `${VIP1}/32`, 'dev', 'eth0']);
    await capture.stop();
  });

  it('that a host without VRRP holds is taken all the same, and that host is named', async () => {
    await pair.end();
    await pair.lab.exec('cl', ['ip', 'address', 'add', `${VIP1}/32`, 'dev', 'eth0']);
    await pair.run();
    const told = `${VIP1} was in use by ${macOf('cl')}, which speaks no VRRP`;
    await eventually('it is told', () => pair.daemons.some((daemon) => daemon.log().includes(told)));
    await pair.lab.exec('cl', ['ip', 'address', 'delete', `${VIP1}/32`, 'dev', 'eth0']);
  });

  it('that another host claims is announced again, and the claimant is named', async () => {
    const before = (await pair.lb1.vip('web-1')).counters['conflicts'] ?? 0;
    const frame = Buffer.from(gratuitousArp(addressOf(VIP1), parseMac(macOf('cl')) ?? zeroMac)).toString('hex');
    // The first moments after a take-over belong to who held the address before.
    const speech = { packets: [{ frame }], count: 5, interval: milliseconds(150) };
    await pair.lab.fault({ kind: 'speak', from: 'cl', speech });
    await pair.lb1.until('it is counted', ({ vips }) => (vips[0]?.counters['conflicts'] ?? 0) > before);
    await eventually('it is told', () => pair.lb1.log().includes(`${VIP1} is also used by ${macOf('cl')}`));
    expect((await pair.lb1.vip('web-1')).state).toBe('active');
  });

  const macOf = (member: string): string => pair.lab.member(member).plan.links[0]?.mac ?? '';
});

describe('announcements', () => {
  const pair = usePair('tannounce');
  let capture: Capture;
  // One host alone first, so that nobody contends with it.
  beforeAll(async () => {
    capture = await startCapture(pair.lab, 'arp', 'arp');
    const settings = { garp: { repeat: 3, delay: '300ms', refresh: '500ms' } };
    await pair.start('lb1', pairFile(pair.lab, { settings }));
  });
  afterAll(() => capture.stop());

  it('are a burst at take-over, a second one later, and then single ones', async () => {
    const ofVip1 = async (): Promise<Announced[]> =>
      (await announcements(capture)).filter(({ address }) => address === VIP1);
    await eventually('there are two bursts and two refreshes', async () => (await ofVip1()).length >= 8);
    const frames = (await ofVip1()).slice(0, 8);
    const late = frames.map(({ at }) => at - (frames[0]?.at ?? 0));
    expect(late[2]).toBeLessThan(200);
    expect(late[3]).toBeGreaterThan(290);
    expect(late[5]).toBeLessThan(500);
    expect(late[6]).toBeGreaterThan(490);
    expect(late[7]).toBeGreaterThan(990);
  });

  it('never come from a backup', async () => {
    await pair.start(
      'lb2',
      pairFile(pair.lab, { settings: { garp: { repeat: 3, delay: '300ms', refresh: '500ms' } } }),
    );
    await pair.settle();
    const since = now();
    const later = async (): Promise<Announced[]> => (await announcements(capture)).filter(({ at }) => at > since + 50);
    await eventually('each has refreshed twice', async () => {
      const frames = await later();
      return [VIP1, VIP2].every((vip) => frames.filter(({ address }) => address === vip).length >= 4);
    });
    expect(new Set((await later()).map(({ address, mac }) => `${address} ${mac}`))).toEqual(
      new Set([`${VIP1} ${macOf('lb1')}`, `${VIP2} ${macOf('lb2')}`]),
    );
  });

  const macOf = (member: string): string => pair.lab.member(member).plan.links[0]?.mac ?? '';
});

describe('accept: false', () => {
  const pair = usePair('taccept');
  const answers = async (): Promise<boolean> =>
    (await pair.lab.exec('cl', ['ping', '-c', '1', '-W', '1', VIP1])).code === 0;

  it('drops what is addressed to a VIP, and only that, until it is taken back', async () => {
    await pair.run({ vips: { 'web-1': { accept: false } } });
    expect((await pair.lb1.status()).warnings.filter(({ code }) => code === 'accept')).toEqual([]);
    expect(await answers()).toBe(false);
    const other = await pair.lab.exec('cl', ['ping', '-c', '1', '-W', '1', VIP2]);
    expect(other.code).toBe(0);
    const known = await pair.lab.exec('cl', ['ip', 'neighbor', 'show', VIP1]);
    expect(known.stdout).toContain(pair.lab.host('lb1').plan.links[0]?.mac);
    for (const daemon of pair.daemons) {
      daemon.write(pair.file.replace('accept: false', 'accept: true'));
      await daemon.reload();
    }
    await eventually('it answers', answers);
    expect(await rules()).toBe('');
  });

  it('leaves nothing behind when the daemon ends, and sweeps what a killed one left', async () => {
    await pair.run({ vips: { 'web-1': { accept: false } } });
    expect(await rules()).toContain('drop');
    await pair.lb1.stop();
    expect(await rules()).toBe('');
    await pair.start('lb1');
    pair.lb1.signal('SIGKILL');
    await pair.lb1.process.exited;
    expect(await rules()).toContain('drop');
    await pair.start('lb1', pair.file.replace('accept: false', 'accept: true'));
    await eventually('they are gone', async () => (await rules()) === '');
  });

  const rules = async (): Promise<string> => (await pair.lab.exec('lb1', ['nft', 'list', 'ruleset'])).stdout;
});
