import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startCapture } from '../../../src/lab/capture.ts';
import { isRunning } from '../../../src/lab/procfs.ts';
import { now } from '../../../src/linux/clock.ts';
import { between } from '../../../src/wire/units.ts';
import { eventually, GAP, outage, usePair, VIP1, VIP2 } from './pair.ts';

/** The lease of the default configuration and a little more than a second, in milliseconds. */
const LEASE_OVER = 3100;

/* What becomes of the VIPs when the daemon ends, dies or freezes. */
describe('the engine', () => {
  const pair = usePair('tengine', { backends: 1 });
  beforeAll(() => pair.serve('nginx'));
  beforeEach(() => pair.run({ settings: { recover_after: '0s' } }));
  afterEach(() => pair.unload());

  it('lets go with priority 0 on SIGTERM and ends with 0', async () => {
    const capture = await startCapture(pair.lab, 'term');
    const load = await pair.load(VIP1, VIP2);
    const at = now();
    const exit = await pair.lb1.stop();
    const took = between(at, now());
    expect(exit).toEqual({ code: 0, signal: undefined });
    expect(took).toBeLessThan(1000);
    expect(pair.lab.host('lb1').holds(VIP1)).toBe(false);
    const { reason } = await pair.lb2.role('web-1', 'active');
    expect(reason).toBe('lb1 resigned');
    expect(await outage(load, VIP1, at)).toBeLessThan(GAP);
    expect(await outage(load, VIP2, at)).toBeLessThan(GAP);
    await eventually('the capture has it', async () => (await capture.advertisements()).some(isResignation));
    await capture.stop();
  });

  it.each(['SIGKILL', 'SIGSTOP'] as const)('loses its VIPs to the kernel after %s', async (signal) => {
    const load = await pair.load(VIP1, VIP2);
    const at = now();
    pair.lb1.signal(signal);
    await pair.lb2.role('web-1', 'active');
    await eventually('there is one holder again', () => pair.holders(VIP1).join() === 'lb2');
    expect(between(at, now())).toBeLessThan(LEASE_OVER);
    expect(await outage(load, VIP1, at)).toBeLessThan(GAP);
    expect(await outage(load, VIP2, at)).toBeLessThan(GAP);
  });

  it('listens before it speaks when it goes on after a freeze', async () => {
    pair.lb1.signal('SIGSTOP');
    await eventually('lb2 is the only holder', () => pair.holders(VIP1).join() === 'lb2');
    const capture = await startCapture(pair.lab, 'thaw');
    const load = await pair.load(VIP1);
    const at = now();
    pair.lb1.signal('SIGCONT');
    await pair.settle();
    expect(pair.holders(VIP1)).toEqual(['lb1']);
    expect(await outage(load, VIP1, at)).toBeLessThan(GAP);
    expect(pair.lb1.log()).toContain('this host was frozen for');
    // It came back by election: lb2 was heard before lb1 said its first word.
    const heard = (await capture.advertisements()).filter(({ vrid }) => vrid === 51);
    expect(heard[0]?.source).toBe(pair.lab.host('lb2').ipv4);
    await capture.stop();
  });

  it('frozen for 6 s with its manager: one holder within the lease and a second, and none too many after the thaw', async () => {
    const { manager } = pair.lb1;
    const both: number[] = [];
    const watch = setInterval(() => {
      if (pair.holders(VIP1).length > 1) both.push(now());
    }, 10);
    const at = now();
    process.kill(manager?.pid ?? 0, 'SIGSTOP');
    pair.lb1.signal('SIGSTOP');
    await eventually('6 s are over', () => between(at, now()) > 6000);
    const thaw = now();
    pair.lb1.signal('SIGCONT');
    if (manager !== undefined && isRunning(manager)) process.kill(manager.pid, 'SIGCONT');
    await pair.settle();
    clearInterval(watch);
    expect(pair.holders(VIP1)).toEqual(['lb1']);
    const frozen = both.filter((time) => time < thaw);
    expect(Math.max(at, ...frozen) - at).toBeLessThan(LEASE_OVER);
    // Handing it back takes one advertisement.
    const thawed = both.filter((time) => time >= thaw);
    expect((thawed.at(-1) ?? 0) - (thawed[0] ?? 0)).toBeLessThan(GAP);
    expect(pair.lb1.log()).toContain('this host was frozen for');
  });

  it('takes the manager along when it is killed', async () => {
    const { manager } = pair.lb1;
    expect(manager).toBeDefined();
    pair.lb1.signal('SIGKILL');
    await eventually('the manager has ended', () => manager !== undefined && !isRunning(manager));
  });
});

describe('what a dead run leaves behind', () => {
  const pair = usePair('tleft');

  it('is adopted when it is still configured and nobody else has it', async () => {
    // What was renewed within three intervals cannot have been taken over by anybody.
    await pair.run({ settings: { lease: '20s', interval: '2s' } });
    await pair.lb2.stop();
    await pair.lb1.role('web-2', 'active');
    pair.lb1.signal('SIGKILL');
    await pair.lb1.process.exited;
    expect(pair.holders(VIP1)).toEqual(['lb1']);
    await pair.start('lb1');
    const { reason } = await pair.lb1.role('web-1', 'active');
    expect(reason).toBe('went on where the last run stopped');
  });

  it('is let go when a better host has it', async () => {
    await pair.run({ settings: { lease: '20s' } });
    await pair.lb2.stop();
    await pair.lb1.role('web-2', 'active');
    pair.lb1.signal('SIGKILL');
    await pair.lb1.process.exited;
    await pair.start('lb2');
    await pair.lb2.role('web-1', 'active');
    await pair.start('lb1');
    await pair.settle();
    expect([pair.holders(VIP1), pair.holders(VIP2)]).toEqual([['lb1'], ['lb2']]);
  });

  it('is swept when it is not configured any more', async () => {
    await pair.run({ settings: { lease: '20s' } });
    const file = pair.file.replaceAll(VIP1, '192.0.2.109');
    pair.lb1.signal('SIGKILL');
    await pair.lb1.process.exited;
    expect(pair.lab.host('lb1').holds(VIP1)).toBe(true);
    await pair.start('lb1', file);
    await eventually('it is gone', () => !pair.lab.host('lb1').holds(VIP1));
    expect(pair.lb1.log()).toContain(`${VIP1} on eth0 was left over from a former run; removed`);
  });
});

const isResignation = ({ vrid, priority }: { readonly vrid: number; readonly priority: number }): boolean =>
  vrid === 51 && priority === 0;
