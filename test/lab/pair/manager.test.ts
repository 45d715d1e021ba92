import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isRunning } from '../../../src/lab/procfs.ts';
import type { Daemon } from '../../../src/lab/daemon.ts';
import { eventually, usePair, VIP1 } from './pair.ts';

/* The manager may die, hang or be misled: the engine goes on. */
describe('the manager', () => {
  const pair = usePair('tmanager', { backends: 1 });
  beforeAll(() => pair.serve('nginx'));
  // Without the later bursts of a take-over an announcement is one that somebody has caused.
  beforeEach(() =>
    pair.run({ proxy: 'nginx', settings: { recover_after: '0s', garp: { delay: '1000s', refresh: '0s' } } }),
  );

  it('is started again after its death, and nobody else notices', async () => {
    // A conflict at its start is answered by a burst a second later.
    const before = await pair.lb1.until('it holds its VIP for a while', ({ vips }) => (vips[0]?.sinceMs ?? 0) > 2000);
    const { manager } = pair.lb1;
    process.kill(manager?.pid ?? 0, 'SIGKILL');
    const after = await pair.lb1.until('it answers again', (s) => s.manager.restarts === 1);
    expect(after.manager.pid).not.toBe(before.manager.pid);
    expect(after.engine.pid).toBe(before.engine.pid);
    expect(after.vips.map(({ state, counters }) => [state, counters['activeTransitions']])).toEqual(
      before.vips.map(({ state, counters }) => [state, counters['activeTransitions']]),
    );
    expect(after.vips[0]?.counters['advertisementsSent']).toBeGreaterThan(0);
    expect(after.vips[0]?.counters['announcements']).toBe(before.vips[0]?.counters['announcements']);
    expect((await pair.lb2.vip('web-1')).counters['activeTransitions']).toBeLessThanOrEqual(1);
    expect(pair.lb1.log()).toContain('manager ended (SIGKILL)');
  });

  it('is started later each time', async () => {
    for (let restarts = 1; restarts <= 3; restarts++) {
      await eventually('there is a manager', () => pair.lb1.manager !== undefined);
      await pair.lb1.until('it answers', (s) => s.manager.restarts === restarts - 1);
      process.kill(pair.lb1.manager?.pid ?? 0, 'SIGKILL');
    }
    await pair.lb1.until('it answers', (s) => s.manager.restarts === 3);
    const delays = [...pair.lb1.log().matchAll(/manager ended \(SIGKILL\); restarted after (\d+) ms/g)].map(
      (m) => m[1],
    );
    expect(delays).toEqual(['100', '200', '400']);
  });

  it('is started as soon as the kernel can, when it cannot at once', async () => {
    const limit = async (soft: string): Promise<void> => {
      const { code } = await pair.lab.exec('sw', ['prlimit', `--pid=${pair.lb1.process.pid}`, `--nofile=${soft}:`]);
      expect(code).toBe(0);
    };
    const heard = async (): Promise<number> => (await pair.lb2.vip('web-1')).counters['advertisementsReceived'] ?? 0;
    await limit('3');
    process.kill(pair.lb1.manager?.pid ?? 0, 'SIGKILL');
    const before = await heard();
    await eventually('lb1 goes on without one', async () => (await heard()) > before + 5);
    expect(pair.lb1.manager).toBeUndefined();
    await limit('1024');
    const { vips } = await pair.lb1.until('there is one', () => true);
    expect(vips[0]).toMatchObject({ state: 'active' });
    expect(pair.lb1.log()).toMatch(/manager ended \((it cannot be started|.*EMFILE)/);
    await pair.settle();
  });

  it('goes on with the configuration in force when it finds the file broken', async () => {
    pair.lb1.write(pair.file.replace('vrid: 51', 'vrid: 999'));
    process.kill(pair.lb1.manager?.pid ?? 0, 'SIGKILL');
    const status = await pair.lb1.until('it answers again', (s) => s.manager.restarts === 1);
    expect(status.config.error).toMatch(/pair\.yaml:\d+:\d+: vips\.web-1\.vrid: /);
    expect(status.vips.map(({ vip, state }) => [vip, state])).toEqual([
      ['web-1', 'active'],
      ['web-2', 'backup'],
    ]);
    expect(status.proxy?.state).toBe('well');
    pair.lb1.write(pair.file);
    expect(await pair.lb1.reload()).toEqual({ applied: true, changes: [], errors: [] });
    expect((await pair.lb1.status()).config.error).toBeNull();
    await pair.settle();
  });

  it('may be frozen: VRRP goes on, and a dead proxy still gives its VIP away', async () => {
    const { manager } = pair.lb1;
    process.kill(manager?.pid ?? 0, 'SIGSTOP');
    try {
      const heard = async (): Promise<number> => (await pair.lb2.vip('web-1')).counters['advertisementsReceived'] ?? 0;
      const before = await heard();
      await eventually('lb1 goes on', async () => (await heard()) > before + 12);
      expect((await pair.lb2.vip('web-1')).state).toBe('backup');
      pair.front('lb1').kill();
      const { reason } = await pair.lb2.role('web-1', 'active');
      expect(reason).toBe('lb1 resigned');
      await eventually('lb2 is the only holder', () => pair.holders(VIP1).join() === 'lb2');
    } finally {
      // On a slow machine it may have been replaced by now.
      if (manager !== undefined && isRunning(manager)) process.kill(manager.pid, 'SIGCONT');
    }
    await pair.front('lb1').start();
    await pair.settle();
  });

  it('is replaced when it is frozen, with everything as it was', async () => {
    const before = await pair.lb1.status();
    process.kill(pair.lb1.manager?.pid ?? 0, 'SIGSTOP');
    const after = await pair.lb1.until('another one answers', (s) => s.manager.restarts === 1);
    expect(after.engine.pid).toBe(before.engine.pid);
    expect(after.vips.map(({ state, counters }) => [state, counters['activeTransitions']])).toEqual(
      before.vips.map(({ state, counters }) => [state, counters['activeTransitions']]),
    );
    expect(after.proxy?.state).toBe('well');
    expect(pair.lb1.log()).toContain('manager ended (frozen: not a word for 6 s, killed); restarted after 100 ms');
  });

  it('never holds a descriptor of a socket that needs privilege, not even after a restart', async () => {
    expect(privileged(pair.lb1, pair.lb1.process.pid)).not.toEqual([]);
    expect(privileged(pair.lb1, pair.lb1.manager?.pid ?? 0)).toEqual([]);
    process.kill(pair.lb1.manager?.pid ?? 0, 'SIGKILL');
    await pair.lb1.until('it answers again', (s) => s.manager.restarts === 1);
    expect(privileged(pair.lb1, pair.lb1.manager?.pid ?? 0)).toEqual([]);
  });

  it('ends with its engine even when it is frozen', async () => {
    const { manager } = pair.lb1;
    process.kill(manager?.pid ?? 0, 'SIGSTOP');
    await pair.lb1.stop();
    process.kill(manager?.pid ?? 0, 'SIGCONT');
    await eventually('it has ended', () => manager !== undefined && !isRunning(manager));
  });
});

/**
 * The sockets a process holds that are of use with privilege: those that the kernel lists as raw, packet or netlink. A
 * netlink socket for questions about sockets (protocol 4, sock_diag(7)) changes nothing.
 */
function privileged(daemon: Daemon, pid: number): string[] {
  const table = (name: string, column: number, isAny: (words: readonly string[]) => boolean = () => true): string[] =>
    readFileSync(`/proc/${daemon.host.init.pid}/net/${name}`, 'latin1')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .flatMap((words) => (isAny(words) ? (words[column] ?? []) : []));
  const netlink = table('netlink', 9, ([, protocol]) => protocol !== '4');
  const inodes = new Set([...table('raw', 9), ...table('raw6', 9), ...table('packet', 8), ...netlink]);
  const held = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  return held.filter((target) => inodes.has(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? ''));
}
