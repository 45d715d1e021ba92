import { rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { profiles } from '../../../profiles/registry.ts';
import type { Found } from '../../../src/proxy/family.ts';
import type { Verdict } from '../../../src/proxy/observe.ts';
import { foundIn, Host } from './host.ts';
import type { Start } from './host.ts';

let host: Host;

afterEach(() => host.close());

/** A proxy that serves with one worker, and a watch that has said so. */
async function watched(how: Start = {}): Promise<{ main: number; worker: number; found: Found }> {
  const found = await host.serve(how);
  await host.watch();
  const [worker] = found.workers;
  if (worker === undefined) throw new Error('There is no worker');
  await host.told(`${host.profile.title} runs: main process ${found.main.pid}, worker ${worker.pid}`);
  expect(host.verdicts).toEqual([
    expect.objectContaining({ state: 'well', main: { pid: found.main.pid, startTime: found.main.startTime } }),
  ]);
  return { main: found.main.pid, worker: worker.pid, found };
}

const dead = { state: 'dead', workers: [] };

/** The verdict with this reason, which the engine's word about the main process makes the watch give. */
async function lost(reason: string | RegExp): Promise<Verdict> {
  await host.call('lookNow');
  const verdict = await host.told(reason);
  expect(verdict).toMatchObject(dead);
  expect(verdict.main).toBeUndefined();
  return verdict;
}

describe.each(Object.values(profiles))('$title', ({ name, title, processName }) => {
  const signal = name === 'haproxy' ? 'SIGUSR2' : 'SIGHUP';
  const log = name === 'haproxy' ? 'haproxy.log' : 'error.log';

  /** Asks for a reload until the log says that it was heard: HAProxy hears nothing while it executes itself anew. */
  async function reload(main: number): Promise<void> {
    const heard = async (): Promise<void> => {
      if (!/reconfiguring|Reloading/.test(host.log(log))) await host.signal(main, signal);
      expect(host.log(log)).toMatch(/reconfiguring|Reloading/);
    };
    await vi.waitFor(heard, { timeout: 15_000, interval: 500 });
  }

  beforeEach(() => {
    host = new Host(name);
  });

  test('all killed at once is dead and gone', async () => {
    const { main, worker } = await watched();
    await host.call('kill', [main, worker]);
    await lost(
      new RegExp(`^${title} main process ${main} (was killed \\(SIGKILL\\)|and its worker ${worker} are gone)$`),
    );
  });

  test('a killed main process that nobody reaps is a zombie, dead, and known to be killed', async () => {
    const { main } = await watched({ careless: true });
    await host.signal(main, 'SIGKILL');
    await lost(new RegExp(`^${title} main process ${main} was killed \\(SIGKILL\\)`));
  });

  test('stopped workers are dead though their sockets still accept, and well again when they go on', async () => {
    const { main, worker } = await watched();
    await host.signal(worker, 'SIGSTOP');
    expect(await host.told(`${title} worker ${worker} is stopped`)).toMatchObject({
      state: 'dead',
      main: { pid: main },
    });
    await host.signal(worker, 'SIGCONT');
    const verdict = await host.told(`${title} runs again: main process ${main}, worker ${worker}`);
    expect(verdict).toMatchObject({ state: 'well', workers: [worker] });
  });

  test('a stopped main process is dead, and well again when it goes on', async () => {
    const { main, worker } = await watched();
    await host.signal(main, 'SIGSTOP');
    expect(await host.told(`${title} main process ${main} is stopped`)).toMatchObject({
      state: 'dead',
      main: { pid: main },
    });
    await host.signal(main, 'SIGCONT');
    await host.told(`${title} runs again: main process ${main}, worker ${worker}`);
  });

  test('a reload is well, with the same main process and a worker that leaves', async () => {
    const { main, worker } = await watched();
    await host.call('hold', 80);
    await reload(main);
    const verdict = await host.told(new RegExp(`^${title} reloaded: worker ${worker} replaced by \\d+$`));
    expect(verdict).toMatchObject({ state: 'well', main: { pid: main }, notes: [`${title} worker ${worker} leaving`] });
    expect(host.verdicts.map(({ state }) => state)).not.toContain('dead');
  });

  test('a reload that fails leaves a proxy that is well', async () => {
    const { main, worker } = await watched();
    for (const { path } of host.standalone.files) writeFileSync(path, 'nonsense\n');
    await reload(main);
    await host.until(() => expect(host.log(log)).toMatch(/nonsense|unexpected end/));
    // Long enough for every look that could take it for dead.
    await host.call('lookNow');
    expect(foundIn(await host.discover())).toMatchObject({
      main: { pid: main },
      workers: [{ pid: worker }],
      leaving: [],
    });
    expect(host.verdicts.map(({ state }) => state)).not.toContain('dead');
  });

  test('a restart is noticed and told with the new main process', async () => {
    const { main, found } = await watched();
    await host.signal(main, 'SIGTERM');
    await lost(new RegExp(`^${title} main process ${main}`));
    const next = await host.serve();
    const [worker] = next.workers;
    const verdict = await host.told(`${title} runs again: main process ${next.main.pid}, worker ${worker?.pid ?? 0}`);
    expect(verdict.main).toEqual({ pid: next.main.pid, startTime: next.main.startTime });
    expect(next.main.startTime).toBeGreaterThan(found.main.startTime);
  });

  test('its number with another program behind it is dead', async () => {
    const { main, worker } = await watched();
    await host.call('kill', [main, worker]);
    await host.until(async () => {
      await host.call('nextPid', main);
      expect(await host.call('start', ['sleep', '1000'], false)).toBe(main);
    });
    await lost(new RegExp(`^${title} main process ${main}`));
    expect(await host.call('commandOf', main)).toEqual(['sleep', '1000']);
  });

  test('an emptied or removed pid file changes nothing while it runs', async () => {
    const { main } = await watched();
    writeFileSync(host.standalone.pidFile, '');
    await host.until(async () =>
      expect(foundIn(await host.discover())).toMatchObject({ main: { pid: main }, by: 'name' }),
    );
    rmSync(host.standalone.pidFile);
    await host.call('lookNow');
    expect(host.verdicts).toHaveLength(1);
  });

  test('absent from the start is explained, and found when it starts', async () => {
    await host.watch();
    expect(host.verdicts).toEqual([
      {
        ...dead,
        reason: `no ${title} process; pid file "${host.standalone.pidFile}" does not exist; nothing listens on port 80`,
        notes: [],
      },
    ]);
    const { main, workers } = await host.serve();
    const verdict = await host.told(/ runs/);
    expect(verdict).toMatchObject({ state: 'well', main: { pid: main.pid }, workers: workers.map(({ pid }) => pid) });
    expect(main.comm).toBe(processName);
  });
});

describe('workers that outlive their main process', () => {
  test('are told as orphans that hold the port, though they still serve', async () => {
    host = new Host('nginx');
    const { main, worker } = await watched();
    await host.signal(main, 'SIGKILL');
    // The look may come before the parent has reaped it or after.
    const end = `nginx main process ${main} (was killed \\(SIGKILL\\)|is gone)`;
    await lost(new RegExp(`^${end}; 1 orphaned worker \\(${worker}\\) still holds port 80$`));
    expect((await host.call('get', 'http://127.0.0.1/healthz')).status).toBe(200);
    await host.signal(worker, 'SIGKILL');
    await host.told(
      new RegExp(`^no nginx process; .* names process ${main}, which does not exist; nothing listens on port 80$`),
    );
  });
});

describe('a worker that crashes', () => {
  test('is replaced where its main process goes on', async () => {
    host = new Host('nginx');
    const { worker, main } = await watched();
    await host.signal(worker, 'SIGSEGV');
    const verdict = await host.told(
      new RegExp(`^nginx reloaded or lost its workers: worker ${worker} replaced by \\d+$`),
    );
    expect(verdict).toMatchObject({ state: 'well', main: { pid: main } });
  });

  test('takes its main process with it where that exits', async () => {
    host = new Host('haproxy');
    const { worker, main } = await watched({ careless: true });
    await host.signal(worker, 'SIGSEGV');
    await host.until(async () => expect(await host.call('commandOf', main)).toEqual([]));
    await lost(`HAProxy worker ${worker} crashed (SIGSEGV) and its main process ${main} exited`);
  });
});

describe('a binary upgrade', () => {
  test('is followed to the new main process while the old one runs', async () => {
    host = new Host('nginx');
    const { main } = await watched({ change: (text) => text.replace('daemon off', 'daemon on') });
    await host.signal(main, 'SIGUSR2');
    const verdict = await host.told(
      new RegExp(`^nginx main process replaced: ${main} -> \\d+ \\(the old one still runs\\)$`),
    );
    expect(verdict.state).toBe('well');
    await host.signal(main, 'SIGQUIT');
    await host.until(async () => expect(await host.call('commandOf', main)).toEqual([]));
    await host.call('lookNow');
    expect(host.verdicts.at(-1)).toMatchObject({ state: 'well', main: { pid: verdict.main?.pid } });
    expect(host.verdicts.map(({ state }) => state)).not.toContain('dead');
  });
});
