import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { ObservedProxy } from '../../src/engine/messages.ts';
import { ProxyTracker } from '../../src/engine/proxy.ts';
import type { OpError } from '../../src/linux/operror.ts';
import { host, newHost } from './scripted.ts';

vi.mock('../../src/linux/pidfd.ts', () => ({
  watchProcess: (...args: Parameters<typeof host.watchProcess>) => host.watchProcess(...args),
}));

let exits: number[];
let troubles: OpError[];
let tracker: ProxyTracker;

beforeEach(() => {
  newHost();
  exits = [];
  troubles = [];
  tracker = new ProxyTracker(
    (pid) => exits.push(pid),
    (error) => troubles.push(error),
  );
});

const seen = (state: 'well' | 'dead', pid?: number, startTime = 1): ObservedProxy => ({
  state,
  reason: `${state} as seen`,
  main: pid === undefined ? undefined : { pid, startTime },
});

const judge = (proxy: ObservedProxy): void => tracker.judge(proxy, host.now());

describe('the proxy as the engine knows it', () => {
  it('is nothing before the first word, and again when none is watched', () => {
    expect(tracker.verdict).toBeUndefined();
    host.processes.set(100, 1);
    judge(seen('well', 100));
    tracker.forget();
    expect([tracker.verdict, tracker.watchedPid, host.watched.size]).toEqual([undefined, undefined, 0]);
  });

  it('is what the manager saw, since when it saw it first', () => {
    host.processes.set(100, 1);
    judge(seen('well', 100));
    const since = host.clock;
    host.clock += 1000;
    judge({ ...seen('well', 100), reason: 'reloaded' });
    expect(tracker.verdict).toEqual({ state: 'well', reason: 'reloaded', since, falls: [], worst: undefined });
    expect(host.calls).toEqual(['watch 100']);
  });

  it('is dead the moment its process exits, and the caller is told', () => {
    host.processes.set(100, 1);
    judge(seen('well', 100));
    host.exit(100);
    expect(exits).toEqual([100]);
    tracker.died(100, host.now());
    expect(tracker.verdict).toMatchObject({ state: 'dead', reason: 'process 100 has exited', falls: [host.now()] });
    expect(tracker.watchedPid).toBeUndefined();
  });

  it('is dead when its process had exited before the manager’s word came', () => {
    judge(seen('well', 100));
    expect(tracker.verdict).toMatchObject({ state: 'dead', reason: 'process 100 has exited' });
  });

  it('is dead in the manager’s words when those say so, whatever became of the process', () => {
    judge(seen('dead', 100));
    expect(tracker.verdict).toMatchObject({ state: 'dead', reason: 'dead as seen' });
  });

  it('follows to another process, and no longer minds the one before', () => {
    host.processes.set(100, 1).set(200, 1);
    judge(seen('well', 100));
    judge(seen('well', 200));
    host.exit(100);
    expect(exits).toEqual([]);
    host.exit(200);
    expect(exits).toEqual([200]);
  });

  it('watches a stopped process, whose end is still to come', () => {
    host.processes.set(100, 1);
    judge(seen('dead', 100));
    host.exit(100);
    expect(exits).toEqual([100]);
  });

  it('tells a process from the next one with its pid', () => {
    host.processes.set(100, 1);
    judge(seen('well', 100, 1));
    host.processes.set(100, 2);
    judge(seen('well', 100, 2));
    expect(tracker.verdict?.state).toBe('well');
    judge(seen('well', 100, 3));
    expect(tracker.verdict?.state).toBe('dead');
  });

  it('is watched again at the next word after the kernel refused', () => {
    host.processes.set(100, 1);
    host.refuses.set('watch', 'EMFILE');
    judge(seen('well', 100));
    expect([tracker.verdict?.state, tracker.watchedPid, troubles[0]?.code]).toEqual(['well', undefined, 'EMFILE']);
    host.refuses.clear();
    judge(seen('well', 100));
    expect(tracker.watchedPid).toBe(100);
  });

  it('is not dead while another one serves beside it, and is when both have exited', () => {
    host.processes.set(100, 1).set(200, 1);
    judge({ ...seen('well', 100), beside: { pid: 200, startTime: 1 } });
    host.exit(100);
    tracker.died(100, host.now());
    expect([exits, tracker.verdict?.state, tracker.watchedPid]).toEqual([[100], 'well', 200]);
    host.exit(200);
    tracker.died(200, host.now());
    expect([exits, tracker.verdict?.state]).toEqual([[100, 200], 'dead']);
  });

  it('goes on watching what it watches when another one comes and when it is alone again', () => {
    host.processes.set(100, 1).set(200, 1);
    judge(seen('well', 100));
    judge({ ...seen('well', 100), beside: { pid: 200, startTime: 1 } });
    judge(seen('well', 200));
    expect(host.calls).toEqual(['watch 100', 'watch 200']);
    host.exit(100);
    expect(exits).toEqual([]);
    judge({ ...seen('well', 200), beside: { pid: 100, startTime: 1 } });
    expect([tracker.verdict?.state, tracker.watchedPid]).toEqual(['well', 200]);
  });

  it('tells nothing after it was closed', () => {
    host.processes.set(100, 1);
    judge(seen('well', 100));
    tracker.close();
    host.exit(100);
    expect(exits).toEqual([]);
  });
});
