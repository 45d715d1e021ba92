import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startCapture } from '../../../src/lab/capture.ts';
import { compiledFile } from '../../../src/lab/program.ts';
import type { Outcome } from '../../../src/lab/run.ts';
import { announcements } from './announcements.ts';
import { eventually, usePair, VIP1, VIP2 } from './pair.ts';

const ADDED = '192.0.2.103';

/* A changed file takes effect as a whole or not at all. */
describe('a reload', () => {
  const pair = usePair('treload');
  beforeAll(() => pair.run({ settings: { garp: { delay: '0s', refresh: '0s' } } }));
  afterEach(async () => {
    for (const daemon of pair.daemons) {
      daemon.write(pair.file);
      await daemon.reload();
    }
    await pair.settle();
  });

  const everywhere = async (file: string): Promise<void> => {
    for (const daemon of pair.daemons) daemon.write(file);
    for (const daemon of pair.daemons) expect(await daemon.reload()).toMatchObject({ applied: true, errors: [] });
  };

  it('of an unchanged file changes nothing on the wire', async () => {
    // A second after two hosts have contended at the start the winner announces once more.
    for (const daemon of pair.daemons)
      await daemon.until('the start is over', ({ vips }) => vips.every((vip) => vip.sinceMs > 1500));
    const vrrp = await startCapture(pair.lab, 'same');
    const arp = await startCapture(pair.lab, 'samearp', 'arp');
    const own = async (): Promise<number[]> =>
      (await vrrp.advertisements()).filter(({ vrid }) => vrid === 51).map(({ at }) => at);
    await eventually('some are sent before', async () => (await own()).length >= 3);
    for (let round = 0; round < 3; round++) {
      expect(await pair.lb1.reload()).toEqual({ applied: true, changes: [], errors: [] });
    }
    const before = (await own()).length;
    await eventually('some are sent after', async () => (await own()).length >= before + 4);
    const times = await own();
    // An advertisement beyond the regular ones would follow its predecessor at a fraction of the interval.
    for (const [index, at] of times.entries()) {
      if (index > 0) expect(at - (times[index - 1] ?? 0)).toBeGreaterThan(100);
    }
    expect(await announcements(arp)).toEqual([]);
    await vrrp.stop();
    await arp.stop();
  });

  it('changes the interval and keeps the roles', async () => {
    const before = await pair.lb1.vip('web-1');
    await everywhere(`interval: 50ms\n${pair.file}`);
    const capture = await startCapture(pair.lab, 'faster');
    const own = async (): Promise<number[]> =>
      (await capture.advertisements()).filter(({ vrid }) => vrid === 51).map(({ at }) => at);
    await eventually('some are sent', async () => (await own()).length >= 20);
    const times = await own();
    expect(((times.at(-1) ?? 0) - (times[0] ?? 0)) / (times.length - 1)).toBeLessThan(100);
    const after = await pair.lb1.vip('web-1');
    expect(after).toMatchObject({ state: 'active', since: before.since });
    expect(after.counters['activeTransitions']).toBe(before.counters['activeTransitions']);
    await capture.stop();
  });

  it('adds a VIP and takes it away again, and leaves the others alone', async () => {
    const before = await pair.lb1.vip('web-1');
    const more = `  web-3: { vrid: 53, address: ${ADDED}/24, prefer: [ lb2, lb1 ] }\n`;
    await everywhere(pair.file + more);
    await pair.settle();
    expect(pair.holders(ADDED)).toEqual(['lb2']);
    await everywhere(pair.file);
    await eventually('it is gone', () => pair.holders(ADDED).length === 0);
    expect((await pair.lb1.vip('web-1')).since).toBe(before.since);
  });

  it('changes an address without giving up the role', async () => {
    const before = await pair.lb1.vip('web-1');
    await everywhere(pair.file.replace(VIP1, ADDED));
    await eventually('the new one is held', () => pair.holders(ADDED).join() === 'lb1');
    expect(pair.holders(VIP1)).toEqual([]);
    expect((await pair.lb1.vip('web-1')).since).toBe(before.since);
  });

  it('crosses over when the preferences change', async () => {
    await everywhere(pair.file.replaceAll('- lb1', '- X').replaceAll('- lb2', '- lb1').replaceAll('- X', '- lb2'));
    await pair.settle();
    expect([pair.holders(VIP1), pair.holders(VIP2)]).toEqual([['lb2'], ['lb1']]);
  });

  it('of a bad file changes nothing and says where it is bad', async () => {
    pair.lb1.write(pair.file.replace('vrid: 52', 'vrid: 51'));
    const result = await pair.lb1.reload();
    expect(result).toMatchObject({ applied: false, changes: [] });
    expect(result.errors[0]).toMatch(/pair\.yaml:\d+:\d+: vips\.web-2\.vrid: /);
    const status = await pair.lb1.status();
    expect(status.config.error).toMatch(/vips\.web-2\.vrid/);
    expect(status.warnings.map(({ text }) => text).join()).toContain('vips.web-2.vrid');
    expect(status.vips.map(({ vrid }) => vrid)).toEqual([51, 52]);
    await pair.settle();
  });

  it('on the command line ends with 2 when the file is refused', async () => {
    const reload = (): Promise<Outcome> =>
      pair.lab.exec('lb1', [process.execPath, compiledFile('src/cli/main'), 'reload', '--socket', pair.lb1.socket]);
    expect(await reload()).toMatchObject({ code: 0, stdout: 'Nothing changed.\n' });
    pair.lb1.write('nodes: [');
    const refused = await reload();
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/pair\.yaml:1:\d+: /);
    expect(refused.stderr).toContain('stays in force');
  });

  it('is what SIGHUP asks for', async () => {
    pair.lb1.write(pair.file.replace(`${VIP1}/24`, `${VIP1}/32`));
    pair.lb1.signal('SIGHUP');
    await pair.lb1.until('it is in force', ({ vips }) => vips.some(({ addresses }) => addresses[0] === `${VIP1}/32`));
    expect((await pair.lb1.vip('web-1')).state).toBe('active');
    const held = async (): Promise<number[]> =>
      (await pair.lab.host('lb1').addresses()).filter(({ address }) => address === VIP1).map((a) => a.prefixLength);
    await eventually('the address has the new length alone', async () => (await held()).join() === '32');
  });
});
