import { describe, expect, test } from 'vitest';
import { discover } from '../../src/proxy/discover.ts';
import { judge } from '../../src/proxy/observe.ts';
import type { Observation, Verdict } from '../../src/proxy/observe.ts';
import type { ProcessInfo } from '../../src/proxy/process.ts';
import { front, process, scriptedTable, zombie } from './scripted.ts';

const settings = { pidFile: undefined, process: undefined, listen: [] };
const main = process(100, 'main');
const worker = (pid: number, more: Partial<ProcessInfo> = {}): ProcessInfo =>
  process(pid, 'worker', { parent: 100, ...more });
const orphan = (pid: number): ProcessInfo => process(pid, 'worker');

/** Looks at one set of processes after the other and tells the verdict on each. Orphans listen on port 80. */
function story(...looks: readonly (readonly ProcessInfo[])[]): Verdict[] {
  const verdicts: Verdict[] = [];
  let before: Observation | undefined;
  for (const processes of looks) {
    const table = scriptedTable(...processes);
    for (const { pid, parent } of processes) if (parent === 1 && pid !== 100) table.listening.set(pid, [80]);
    before = judge('Front', discover(front, settings, before?.last, table), before);
    verdicts.push(before.verdict);
  }
  return verdicts;
}

const lastOf = (...looks: readonly (readonly ProcessInfo[])[]): Verdict | undefined => story(...looks).at(-1);

describe('a proxy that is there', () => {
  test('is well with a main process and a worker', () => {
    expect(lastOf([main, worker(101)])).toEqual({
      state: 'well',
      reason: 'Front runs: main process 100, worker 101',
      main: { pid: 100, startTime: 1000 },
      workers: [101],
      notes: [],
    });
  });

  test('is well without workers when it serves by itself', () => {
    const verdict = lastOf([process(102, 'alone')]);
    expect(verdict).toMatchObject({ state: 'well', reason: 'Front runs: process 102, without workers', workers: [] });
  });

  test('is dead when its main process is stopped', () => {
    const verdict = lastOf([{ ...main, state: 'T' }, worker(101)]);
    expect(verdict).toMatchObject({ state: 'dead', reason: 'Front main process 100 is stopped', main: { pid: 100 } });
    expect(lastOf([{ ...main, state: 't' }, worker(101)])?.reason).toBe(
      'Front main process 100 is stopped by a tracer',
    );
  });

  test('is dead without a worker, and with workers that only finish', () => {
    expect(lastOf([main])).toMatchObject({ state: 'dead', reason: 'Front main process 100 has no worker' });
    const leaving = process(101, 'leaving', { parent: 100 });
    expect(lastOf([main, leaving])?.reason).toBe('Front main process 100 has no worker; worker 101 only finishing');
    expect(lastOf([main, zombie(101, 11, { parent: 100 })])?.state).toBe('dead');
  });

  test('that had workers is not taken for one without', () => {
    const alone = process(100, 'alone');
    expect(lastOf([main, worker(101)], [alone])?.state).toBe('dead');
  });

  test('is dead when all workers are stopped, and well with a note when some are', () => {
    const stopped = worker(101, { state: 'T' });
    expect(lastOf([main, stopped])).toMatchObject({ state: 'dead', reason: 'Front worker 101 is stopped' });
    expect(lastOf([main, stopped, worker(102, { state: 'T' })])?.reason).toBe('all Front workers 101, 102 are stopped');
    expect(lastOf([main, stopped, worker(102)])).toMatchObject({ state: 'well', notes: ['Front worker 101 stopped'] });
  });

  test('is well while a worker is traced', () => {
    const verdict = lastOf([main, worker(101, { state: 't' })]);
    expect(verdict).toMatchObject({ state: 'well', notes: ['Front worker 101 stopped by a tracer'] });
  });

  test('runs again after a stop', () => {
    const verdict = lastOf([main, worker(101)], [{ ...main, state: 'T' }, worker(101)], [main, worker(101)]);
    expect(verdict).toMatchObject({ state: 'well', reason: 'Front runs again: main process 100, worker 101' });
  });
});

describe('changes of a proxy that stays well', () => {
  const start = [main, worker(101)];

  test('nothing new keeps the reason', () => {
    expect(lastOf(start, start)?.reason).toBe('Front runs: main process 100, worker 101');
  });

  test('a reload has new workers and old ones that leave', () => {
    const after = [main, process(101, 'leaving', { parent: 100 }), worker(105)];
    expect(lastOf(start, after)).toMatchObject({
      ...{ state: 'well', reason: 'Front reloaded: worker 101 replaced by 105', workers: [105] },
      notes: ['Front worker 101 leaving'],
    });
    // It is still said when the old workers have gone.
    expect(lastOf(start, after, [main, worker(105)])).toMatchObject({
      reason: 'Front reloaded: worker 101 replaced by 105',
    });
  });

  test('a reload is recognised when both generations were seen at work', () => {
    const both = [main, worker(101), worker(105)];
    const verdicts = story(start, both, [main, process(101, 'leaving', { parent: 100 }), worker(105)]);
    expect(verdicts.map(({ reason }) => reason).slice(1)).toEqual([
      'Front started worker 105',
      'Front reloaded: worker 101 replaced by 105',
    ]);
  });

  test('workers that were all replaced unseen may have been reloaded or lost', () => {
    expect(lastOf(start, [main, worker(105)])?.reason).toBe(
      'Front reloaded or lost its workers: worker 101 replaced by 105',
    );
  });

  test('a worker that ended beside others was lost', () => {
    const two = [main, worker(101), worker(102)];
    expect(lastOf(two, [main, worker(102), worker(105)])?.reason).toBe('Front worker 101 replaced by 105');
    expect(lastOf(two, [main, worker(101)])?.reason).toBe('Front worker 102 ended');
  });

  test('another main process is a restart, or an upgrade while the old one runs', () => {
    const next = [process(200, 'main'), process(201, 'worker', { parent: 200 })];
    expect(lastOf(start, next)).toMatchObject({
      ...{ state: 'well', reason: 'Front main process replaced: 100 -> 200 (restart)' },
      main: { pid: 200, startTime: 2000 },
    });
    const table = scriptedTable(...start, ...next);
    table.pidFiles.set('/run/front.pid', { pid: 100 });
    const before = judge('Front', discover(front, settings, undefined, table), undefined);
    table.pidFiles.set('/run/front.pid', { pid: 200 });
    const { verdict } = judge('Front', discover(front, settings, before.last, table), before);
    expect(verdict.reason).toBe('Front main process replaced: 100 -> 200 (the old one still runs)');
  });

  test('the same number with another start time is another main process', () => {
    const reused = [{ ...main, startTime: 9000 }, worker(901)];
    expect(lastOf(start, reused)?.reason).toBe('Front main process replaced: 100 -> 100 (restart)');
  });
});

describe('a proxy that was lost', () => {
  const start = [main, worker(124), worker(125)];

  test.each([
    ['nothing is left', [], 'Front main process 100 and its workers 124, 125 are gone'],
    ['its status tells a signal', [zombie(100, 9)], 'Front main process 100 was killed (SIGKILL)'],
    ['it dumped core', [zombie(100, 11 | 0x80)], 'Front main process 100 crashed (SIGSEGV)'],
    ['its status is 0', [zombie(100, 0)], 'Front main process 100 exited'],
    ['its status is 1', [zombie(100, 1 << 8)], 'Front main process 100 exited with status 1'],
    [
      'its status passes a signal on',
      [zombie(100, 139 << 8)],
      'Front workers 124, 125 crashed (SIGSEGV) and its main process 100 exited',
    ],
    [
      'a worker’s status tells a crash',
      [zombie(124, 11)],
      'Front worker 124 crashed (SIGSEGV) and its main process 100 exited',
    ],
    [
      'workers were killed with an unknown main process',
      [zombie(124, 9), zombie(125, 9)],
      'Front main process 100 and its workers 124, 125 are gone',
    ],
    [
      'workers outlive it',
      [orphan(124), orphan(125)],
      'Front main process 100 is gone; 2 orphaned workers (124, 125) still hold port 80',
    ],
    [
      'one worker outlives it',
      [zombie(100, 9), orphan(125)],
      'Front main process 100 was killed (SIGKILL); 1 orphaned worker (125) still holds port 80',
    ],
  ])('is dead in words when %s', (_, left, reason) => {
    expect(lastOf(start, left)).toEqual({ state: 'dead', reason, main: undefined, workers: [], notes: [] });
  });

  test('how it was lost is said until something else happens', () => {
    const verdicts = story(start, [zombie(100, 9), orphan(125)], [orphan(125)], [], []);
    expect(verdicts.slice(1).map(({ reason }) => reason)).toEqual([
      'Front main process 100 was killed (SIGKILL); 1 orphaned worker (125) still holds port 80',
      'Front main process 100 was killed (SIGKILL); 1 orphaned worker (125) still holds port 80',
      'no Front process; pid file "/run/front.pid" does not exist',
      'no Front process; pid file "/run/front.pid" does not exist',
    ]);
  });

  test('runs again when another main process is found', () => {
    const verdict = lastOf(start, [], [process(200, 'main'), process(201, 'worker', { parent: 200 })]);
    expect(verdict).toMatchObject({ state: 'well', reason: 'Front runs again: main process 200, worker 201' });
  });

  test('that was never there is explained by the ways that were tried', () => {
    expect(lastOf([])?.reason).toBe('no Front process; pid file "/run/front.pid" does not exist');
  });
});
