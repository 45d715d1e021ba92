import { describe, expect, test } from 'vitest';
import { OpError } from '../../src/linux/operror.ts';
import type { Verdict } from '../../src/proxy/observe.ts';
import { watchProxy } from '../../src/proxy/watch.ts';
import type { ProxyWatch, WatchOptions } from '../../src/proxy/watch.ts';
import { milliseconds } from '../../src/wire/units.ts';
import { front, process, scriptedTable, zombie } from './scripted.ts';
import type { ScriptedTable } from './scripted.ts';

/** A watch in a time that only passes when the test says so. */
interface Scene {
  readonly watch: ProxyWatch;
  readonly told: Verdict[];
  readonly trouble: OpError[];
  /** Lets so many milliseconds pass, with every look that falls into them. */
  readonly pass: (duration: number) => void;
  /** The reasons told since this was last asked. */
  readonly news: () => string[];
}

function scene(table: ScriptedTable, more: Partial<WatchOptions> = {}): Scene {
  const told: Verdict[] = [];
  const trouble: OpError[] = [];
  let now = 0;
  let read = 0;
  let timer: { at: number; run: () => void } | undefined;
  const watch = watchProxy({
    ...{ profile: front, settings: { pidFile: undefined, process: undefined, listen: [] }, table },
    period: milliseconds(250),
    onVerdict: (verdict) => void told.push(verdict),
    onTrouble: (error) => void trouble.push(error),
    schedule: (run, delay) => {
      const mine = { at: now + delay, run };
      expect(timer, 'one timer at a time').toBeUndefined();
      timer = mine;
      return () => {
        if (timer === mine) timer = undefined;
      };
    },
    ...more,
  });
  const pass = (duration: number): void => {
    const end = now + duration;
    while (timer !== undefined && timer.at <= end) {
      const { at, run } = timer;
      now = at;
      timer = undefined;
      run();
    }
    now = end;
  };
  const news = (): string[] => {
    const fresh = told.slice(read).map(({ reason }) => reason);
    read = told.length;
    return fresh;
  };
  return { watch, told, trouble, pass, news };
}

const main = process(100, 'main');
const worker = process(101, 'worker', { parent: 100 });

/** A proxy that runs, and a watch that has just said so. */
function running(more: Partial<WatchOptions> = {}): Scene & { table: ScriptedTable } {
  const table = scriptedTable(main, worker);
  const it = scene(table, more);
  expect(it.news()).toEqual(['Front runs: main process 100, worker 101']);
  return { ...it, table };
}

describe('a proxy that runs', () => {
  test('is told once, and then read only in small', () => {
    const { table, pass, news } = running();
    const before = { ...table.asked };
    pass(10_000);
    expect(news()).toEqual([]);
    expect(table.asked.scans).toBe(before.scans);
    expect(table.asked.searches).toBe(before.searches);
    expect(table.asked.reads - before.reads).toBe(40 * 2);
  });

  test('a reload is told within a period though the main process is the same', () => {
    const { table, pass, news } = running();
    table.processes.set(101, { ...worker, commandLine: ['leaving'] });
    table.processes.set(105, process(105, 'worker', { parent: 100 }));
    pass(250);
    expect(news()).toEqual(['Front reloaded: worker 101 replaced by 105']);
    table.processes.delete(101);
    pass(1000);
    expect(news()).toEqual([]);
  });

  test('a main process that the pid file names anew is followed while the old one runs', () => {
    const { table, pass, news, watch } = running();
    table.processes.set(200, process(200, 'main'));
    table.processes.set(201, process(201, 'worker', { parent: 200 }));
    pass(250);
    expect(news()).toEqual([]);
    table.pidFiles.set('/run/front.pid', { pid: 200 });
    pass(250);
    expect(news()).toEqual(['Front main process replaced: 100 -> 200 (the old one still runs)']);
    expect(watch.current()?.main).toEqual({ pid: 200, startTime: 2000 });
  });
});

describe('a proxy that dies', () => {
  test('is told at once when the engine says so', () => {
    const { table, news, watch } = running();
    table.processes.clear();
    watch.lookNow();
    expect(news()).toEqual(['Front main process 100 and its worker 101 are gone']);
    expect(watch.current()).toMatchObject({ state: 'dead', main: undefined });
  });

  test('is told within a period when nobody says so, as a zombie too, and as a reused number', () => {
    for (const now of [undefined, zombie(100, 9), process(100, 'main', { comm: 'other' }), { ...main, startTime: 7 }]) {
      const { table, pass, told } = running();
      if (now === undefined) table.processes.delete(100);
      else table.processes.set(100, now);
      table.processes.delete(101);
      pass(now?.startTime === 7 ? 270 : 250);
      expect(told.at(-1)?.state).toBe('dead');
    }
  });

  test('its orphans are told, and their end', () => {
    const { table, pass, news, watch } = running();
    table.processes.delete(100);
    table.processes.set(101, { ...worker, parent: 1 });
    watch.lookNow();
    expect(news()).toEqual(['Front main process 100 is gone; 1 orphaned worker (101) still runs']);
    table.processes.delete(101);
    pass(500);
    expect(news()).toEqual(['no Front process; pid file "/run/front.pid" does not exist']);
  });
});

describe('a proxy that seems dead', () => {
  test('is looked at twice, 20 ms apart, before that is told', () => {
    const { table, pass, news } = running();
    table.processes.set(101, { ...worker, state: 'T' });
    pass(250);
    expect(news()).toEqual([]);
    pass(20);
    expect(news()).toEqual(['Front worker 101 is stopped']);
  });

  test('was not dead when a new worker was on its way', () => {
    const { table, pass, told, news } = running();
    table.processes.delete(101);
    pass(250);
    table.processes.set(105, process(105, 'worker', { parent: 100 }));
    pass(20);
    expect(news()).toEqual(['Front reloaded or lost its workers: worker 101 replaced by 105']);
    expect(told.map(({ state }) => state)).toEqual(['well', 'well']);
  });

  test('is not confirmed by a look that somebody else asked for', () => {
    const { table, pass, news, watch } = running();
    table.processes.set(100, { ...main, state: 'T' });
    watch.lookNow();
    watch.lookNow();
    expect(news()).toEqual([]);
    pass(20);
    expect(news()).toEqual(['Front main process 100 is stopped']);
    table.processes.set(100, main);
    pass(20);
    expect(news()).toEqual(['Front runs again: main process 100, worker 101']);
  });
});

describe('an absent proxy', () => {
  test('is found within 20 ms of its pid file for 2 s after the loss, then within a period', () => {
    for (const [wait, most] of [
      [100, 20],
      [1900, 20],
      [5000, 250],
    ] as const) {
      const { table, pass, news, watch } = running();
      table.processes.clear();
      watch.lookNow();
      pass(wait);
      news();
      table.processes.set(200, process(200, 'main'));
      table.processes.set(201, process(201, 'worker', { parent: 200 }));
      table.pidFiles.set('/run/front.pid', { pid: 200 });
      pass(most);
      expect(news(), `after ${wait} ms`).toEqual(['Front runs again: main process 200, worker 201']);
    }
  });

  test('is found by name within a period', () => {
    const table = scriptedTable();
    const { pass, news } = scene(table);
    pass(3000);
    table.processes.set(200, process(200, 'main'));
    table.processes.set(201, process(201, 'worker', { parent: 200 }));
    pass(250);
    expect(news().at(-1)).toBe('Front runs: main process 200, worker 201');
  });

  test('costs one reading of the process table in a period, and of the sockets in two seconds', () => {
    const table = scriptedTable();
    const { pass } = scene(table, { settings: { pidFile: undefined, process: undefined, listen: [80] } });
    pass(4000);
    const before = { ...table.asked };
    pass(10_000);
    expect(table.asked.scans - before.scans).toBe(40);
    expect(table.asked.searches - before.searches).toBe(5);
  });

  test('a stale pid file makes nothing be looked for more often', () => {
    const { table, pass, watch } = running();
    table.pidFiles.set('/run/front.pid', { pid: 100 });
    table.processes.clear();
    watch.lookNow();
    const { scans } = table.asked;
    pass(2000);
    expect(table.asked.scans - scans).toBeLessThanOrEqual(8);
  });
});

describe('a kernel that gives no answer', () => {
  test('changes no verdict, and is asked again', () => {
    const { table, pass, news, trouble, watch } = running();
    table.failure = new OpError('read "/proc/100/stat"', 'EMFILE');
    pass(500);
    watch.lookNow();
    expect([news(), trouble.length, watch.current()?.state]).toEqual([[], 3, 'well']);
    table.failure = undefined;
    table.processes.clear();
    pass(250);
    expect(news()).toEqual(['Front main process 100 and its worker 101 are gone']);
  });

  test('a mistake of the program is no such answer', () => {
    const { table, watch } = running();
    table.failure = new TypeError('undefined is not a function');
    expect(() => watch.lookNow()).toThrow(TypeError);
  });
});

test('nothing is told after the watch was closed', () => {
  const { table, pass, news, watch } = running();
  watch.close();
  table.processes.clear();
  watch.lookNow();
  pass(1000);
  expect(news()).toEqual([]);
});
