import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { profiles } from '../../../profiles/registry.ts';
import { absentIn, foundIn, Host, plain } from './host.ts';

describe.each(Object.values(profiles))('$title', ({ name, title, processName }) => {
  let host: Host;

  beforeEach(() => {
    host = new Host(name);
  });
  afterEach(() => host.close());

  test('is found by its pid file and by its name', async () => {
    const { main, workers } = await host.serve();
    const byFile = foundIn(await host.discover());
    expect(byFile).toMatchObject({ main: { pid: main.pid }, by: 'pid-file', alone: false, leaving: [] });
    expect(workers.map(({ parent }) => parent)).toEqual([main.pid]);
    expect(foundIn(await host.discover(plain))).toMatchObject({ main: { pid: main.pid }, by: 'name' });
  });

  test('is found by its port in a nested pid namespace, and only so', async () => {
    const found = await host.serve({ before: ['unshare', '--pid', '--fork', '--kill-child'] });
    expect(found).toMatchObject({ by: 'listener', alone: false });
    expect(absentIn(await host.discover(plain)).absent).toContain(`no ${title} process`);
  });

  test('of two, the one that holds the port is found and the other named', async () => {
    const first = await host.serve();
    host.prepare({ directory: `${host.directory}/next`, listen: [81] });
    const second = await host.start();
    await host.until(async () => expect((await host.call('get', 'http://127.0.0.1:81/healthz')).status).toBe(200));
    const on = async (port: number): Promise<unknown> => {
      const discovery = await host.discover({ ...plain, listen: [port] });
      return [foundIn(discovery).main.pid, foundIn(discovery).by, discovery.notes];
    };
    const beside = (pid: number): string[] => [`1 other ${title} main process (${pid}) beside it`];
    expect(await on(80)).toEqual([first.main.pid, 'listener', beside(second)]);
    expect(await on(81)).toEqual([second, 'listener', beside(first.main.pid)]);
  });

  test('a pid file that is empty, stale, of a zombie or of another program is rejected and named', async () => {
    const { main } = await host.serve({ careless: true });
    const path = host.settings.pidFile ?? '';
    const note = async (text: string): Promise<readonly string[]> => {
      writeFileSync(path, text);
      const discovery = await host.discover();
      expect(foundIn(discovery)).toMatchObject({ main: { pid: main.pid }, by: 'name' });
      return discovery.notes;
    };
    const sleep = await host.call('start', ['sleep', '1000'], false);
    const gone = await host.call('start', ['true'], false);
    expect(await note('')).toEqual([`pid file "${path}" is empty`]);
    expect(await note('0\n')).toEqual([`pid file "${path}" holds a number that no proxy can have as its pid`]);
    expect(await note('1\n')).toEqual([`pid file "${path}" holds a number that no proxy can have as its pid`]);
    expect(await note(`${sleep}\n`)).toEqual([
      `pid file "${path}" names process ${sleep}, which is "sleep", not "${processName}"`,
    ]);
    await host.until(async () => {
      expect(await note(`${gone}\n`)).toEqual([`pid file "${path}" names process ${gone}, which does not exist`]);
    });
    writeFileSync(path, `${main.pid}\n`);
    await host.signal(main.pid, 'SIGKILL');
    await host.until(async () => {
      // Not every worker need be an orphan at the first look.
      const { absent, orphans } = absentIn(await host.discover());
      for (const { pid } of orphans) await host.signal(pid, 'SIGKILL');
      expect(absent).toBe(
        `no ${title} process; pid file "${path}" names process ${main.pid}, which is a zombie; nothing listens on port 80`,
      );
    });
  });

  test('a number that another program has got is not the proxy', async () => {
    const { main, workers } = await host.serve();
    for (const { pid } of [main, ...workers]) await host.signal(pid, 'SIGKILL');
    await host.until(async () => expect(absentIn(await host.discover()).absent).toContain('which does not exist'));
    const sleep = await host.until(async () => {
      await host.call('nextPid', main.pid);
      const pid = await host.call('start', ['sleep', '1000'], false);
      expect(pid).toBe(main.pid);
      return pid;
    });
    expect(absentIn(await host.discover()).absent).toContain(
      `names process ${sleep}, which is "sleep", not "${processName}"`,
    );
  });

  test('another program that holds the port is named, not taken for it', async () => {
    const port = await host.call('backend', 'one');
    const { absent } = absentIn(await host.discover({ ...plain, listen: [port] }));
    expect(absent).toMatch(new RegExp(`^no ${title} process; .*; port ${port} is held by process 1 "node"$`));
  });

  test('a run of its own checker is not the proxy', async () => {
    // A FIFO in place of the configuration keeps the checker waiting.
    const fifo = `${host.directory}/fifo`;
    execFileSync('mkfifo', [fifo]);
    const flags = name === 'haproxy' ? ['-c', '-f'] : ['-t', '-c'];
    const checker = await host.call('start', [`/usr/sbin/${processName}`, ...flags, fifo], false);
    await host.until(async () => expect(await host.call('commandOf', checker)).toContain(flags[0]));
    expect(absentIn(await host.discover(plain)).absent).toMatch(
      new RegExp(`^no ${title} process; pid file "[^"]*" does`),
    );
  });
});
