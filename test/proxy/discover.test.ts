import { describe, expect, test } from 'vitest';
import { discover } from '../../src/proxy/discover.ts';
import type { Discovery, ProxySettings } from '../../src/proxy/discover.ts';
import type { Found } from '../../src/proxy/family.ts';
import type { ProcessInfo } from '../../src/proxy/process.ts';
import { front, process, scriptedTable, zombie } from './scripted.ts';
import type { ScriptedTable } from './scripted.ts';

const plain: ProxySettings = { pidFile: undefined, process: undefined, listen: [] };
const on80: ProxySettings = { ...plain, listen: [80] };

const look = (table: ScriptedTable, settings = plain, before?: Found): Discovery =>
  discover(front, settings, before, table);

function foundIn(discovery: Discovery): Found {
  if ('absent' in discovery) throw new Error(discovery.absent);
  return discovery.found;
}

function absentIn(discovery: Discovery): Extract<Discovery, { absent: string }> {
  if ('found' in discovery) throw new Error(`found ${discovery.found.main.pid}`);
  return discovery;
}

const pids = (processes: readonly ProcessInfo[]): number[] => processes.map(({ pid }) => pid);
const main = process(100, 'main');
const worker = process(101, 'worker', { parent: 100 });

describe('by pid file', () => {
  test('the process that the profile’s pid file names is the main process, and its children are its workers', () => {
    const table = scriptedTable(
      main,
      worker,
      process(102, 'leaving', { parent: 100 }),
      process(103, 'other', { parent: 100 }),
    );
    table.pidFiles.set('/run/front.pid', { pid: 100 });
    const found = foundIn(look(table));
    expect([found.main.pid, pids(found.workers), pids(found.leaving), found.by]).toEqual([
      100,
      [101],
      [102],
      'pid-file',
    ]);
    expect(found.children).toEqual([101, 102, 103]);
  });

  test('a configured pid file is read instead of the profile’s', () => {
    const table = scriptedTable(main, worker);
    table.pidFiles.set('/run/front.pid', { pid: 999 });
    table.pidFiles.set('/srv/my.pid', { pid: 100 });
    const discovery = look(table, { ...plain, pidFile: '/srv/my.pid' });
    expect([foundIn(discovery).by, discovery.notes]).toEqual(['pid-file', []]);
  });

  test.each([
    ['nobody', undefined, 'which does not exist'],
    ['a zombie', zombie(50), 'which is a zombie'],
    ['another program', process(50, 'main', { comm: 'sshd' }), 'which is "sshd", not "front"'],
    ['a worker', process(50, 'worker', { parent: 100 }), 'which is not the main process'],
    ['an orphan', process(50, 'worker'), 'which is an orphaned worker'],
    ['a process inside a container', process(50, 'main', { nested: true }), 'which belongs to another pid namespace'],
  ])('a stale file that names %s is rejected and named', (_, other, words) => {
    const table = scriptedTable(main, worker, ...(other === undefined ? [] : [other]));
    table.pidFiles.set('/run/front.pid', { pid: 50 });
    const discovery = look(table);
    expect(foundIn(discovery)).toMatchObject({ main: { pid: 100 }, by: 'name' });
    expect(discovery.notes).toContain(`pid file "/run/front.pid" names process 50, ${words}`);
  });

  test('an empty file is not pid 0', () => {
    const table = scriptedTable();
    table.pidFiles.set('/run/front.pid', { refused: 'empty' });
    expect(absentIn(look(table)).absent).toBe('no Front process; pid file "/run/front.pid" is empty');
  });
});

describe('by name', () => {
  test('the main process is found and a missing default pid file is no fault', () => {
    const discovery = look(scriptedTable(main, worker));
    expect([foundIn(discovery).by, discovery.notes]).toEqual(['name', []]);
  });

  test('a configured process name overrides the profile’s', () => {
    const table = scriptedTable(process(7, 'main', { comm: 'front-next' }), main);
    expect(foundIn(look(table, { ...plain, process: 'front-next' })).main.pid).toBe(7);
  });

  test('a process inside a container is not ours', () => {
    const table = scriptedTable(process(100, 'main', { nested: true }));
    expect(absentIn(look(table)).absent).toBe('no Front process; pid file "/run/front.pid" does not exist');
  });

  test('processes that neither serve nor lead are not the proxy', () => {
    expect(absentIn(look(scriptedTable(process(100, 'other'))))).toMatchObject({ orphans: [], ended: [] });
  });

  test('one without workers counts only when it listens', () => {
    const table = scriptedTable(process(100, 'alone'));
    expect(absentIn(look(table, on80)).absent).toContain('process 100 does not listen on port 80');
    table.listening.set(100, [8080]);
    expect('absent' in look(table, on80)).toBe(true);
    table.listening.set(100, [80]);
    expect(foundIn(look(table, on80))).toMatchObject({ main: { pid: 100 }, alone: true });
  });

  test('a main process that was known stays one while its command line is empty', () => {
    const before = foundIn(look(scriptedTable(main, worker)));
    const table = scriptedTable({ ...main, commandLine: [] }, worker);
    expect(foundIn(look(table, plain, before)).main.pid).toBe(100);
    // Another process of that number is not known.
    const reused = scriptedTable({ ...main, commandLine: [], startTime: 5000 });
    expect('absent' in look(reused, plain, before)).toBe(true);
  });

  test('a known worker does not become a main process by losing its own', () => {
    const before = foundIn(look(scriptedTable(main, process(101, 'main', { parent: 100, commandLine: ['worker'] }))));
    const discovery = absentIn(look(scriptedTable(process(101, 'main')), plain, before));
    expect(pids(discovery.orphans)).toEqual([101]);
  });
});

describe('by the owner of the port', () => {
  test('of several main processes the one that holds the port is the proxy, the others are named', () => {
    const second = process(200, 'main');
    const table = scriptedTable(main, worker, second, process(201, 'worker', { parent: 200 }));
    table.listening.set(201, [80]);
    const discovery = look(table, on80);
    expect(foundIn(discovery)).toMatchObject({ main: { pid: 200 }, by: 'listener' });
    expect(discovery.notes).toEqual(['1 other Front main process (100) beside it']);
    // Not even the pid file overrules it.
    table.pidFiles.set('/run/front.pid', { pid: 100 });
    expect(foundIn(look(table, on80)).main.pid).toBe(200);
  });

  test('when all hold it, the pid file decides, then who was it before, then age', () => {
    const table = scriptedTable(main, worker, process(200, 'main'), process(300, 'main'));
    for (const pid of [100, 200, 300]) table.listening.set(pid, [80]);
    expect(foundIn(look(table, on80))).toMatchObject({ main: { pid: 100 }, by: 'name' });
    const before = foundIn(look(scriptedTable(process(200, 'main'))));
    expect(foundIn(look(table, on80, before)).main.pid).toBe(200);
    table.pidFiles.set('/run/front.pid', { pid: 300 });
    const discovery = look(table, on80, before);
    expect(foundIn(discovery)).toMatchObject({ main: { pid: 300 }, by: 'pid-file' });
    expect(discovery.notes).toEqual(['2 other Front main processes (100, 200) beside it']);
  });

  test('a proxy in a container that holds a configured port is found with its main process', () => {
    const table = scriptedTable(
      process(500, 'main', { nested: true }),
      process(501, 'worker', { parent: 500, nested: true }),
    );
    table.listening.set(501, [80]);
    expect(foundIn(look(table, on80))).toMatchObject({ main: { pid: 500 }, by: 'listener', workers: [{ pid: 501 }] });
    expect('absent' in look(table)).toBe(true);
  });

  test('another program that holds the port is named, not taken for the proxy', () => {
    const table = scriptedTable(process(60, 'main', { comm: 'apache2' }));
    table.listening.set(60, [80]);
    expect(absentIn(look(table, on80)).absent).toContain('port 80 is held by process 60 "apache2"');
    table.listening.clear();
    expect(absentIn(look(table, on80)).absent).toContain('nothing listens on port 80');
  });
});

describe('orphans', () => {
  test('workers whose main process has gone are no proxy, and what they hold is named', () => {
    const table = scriptedTable(process(124, 'worker'), process(125, 'worker'), zombie(123, 9));
    table.listening.set(124, [80]);
    table.listening.set(125, [80]);
    const discovery = absentIn(look(table, on80));
    expect(discovery.absent).toBe('no Front main process; 2 orphaned workers (124, 125) still hold port 80');
    expect([pids(discovery.orphans), discovery.orphanPorts, pids(discovery.ended)]).toEqual([[124, 125], [80], [123]]);
  });

  test('orphans beside a proxy that runs are a note', () => {
    const discovery = look(scriptedTable(main, worker, process(90, 'worker')));
    expect(foundIn(discovery).main.pid).toBe(100);
    expect(discovery.notes).toEqual(['1 orphaned worker (90) still runs']);
  });
});
