import { appendFileSync, chmodSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Applier } from '../../../src/proxy/apply.ts';
import type { Keeper } from '../../../src/proxy/keeper.ts';
import { Clients } from '../proxy/clients.ts';
import { loopback, runs } from '../proxy/kept.ts';
import { freePort, get } from '../proxy/running.ts';
import { apply } from './adopted.ts';
import { Managed } from './managed.ts';

describe.each(['nginx', 'haproxy'])('a managed %s', (name) => {
  let proxy: Managed;
  let applier: Applier;
  let keeper: Keeper;

  beforeEach(async () => {
    proxy = new Managed(name);
    await proxy.prepare();
    ({ applier, keeper } = proxy.open());
  });
  afterEach(() => proxy.close());

  const pid = (): number => keeper.current?.charge.main.pid ?? 0;

  const answers = async (port = proxy.port): Promise<Set<string>> => {
    const names = new Set<string>();
    for (let i = 0; i < 8; i++) names.add((JSON.parse((await get(port)).body) as { name: string }).name);
    return names;
  };

  test('is started by the first apply, changed by the others, and never by one that changes nothing', async () => {
    const first = await apply(applier, proxy.model(proxy.servers(1)));
    expect(first, first.message).toMatchObject({ result: 'effective', method: 'start', message: 'started' });
    expect(await answers()).toEqual(new Set(['one']));
    const main = pid();
    const second = await apply(applier, proxy.model(proxy.servers(1, 2)));
    expect(second, second.message).toMatchObject({
      result: 'effective',
      method: name === 'nginx' ? 'reload' : 'runtime',
    });
    expect(await answers()).toEqual(new Set(['one', 'two']));
    const third = await apply(applier, proxy.model(proxy.servers(2, 3), { balance: 'leastconn' }));
    expect(third, third.message).toMatchObject({ result: 'effective', method: 'reload' });
    expect(await answers()).toEqual(new Set(['two', 'three']));
    expect(await apply(applier, proxy.model(proxy.servers(2, 3), { balance: 'leastconn' }))).toMatchObject({
      result: 'unchanged',
    });
    expect(pid()).toBe(main);
  });

  test('listens elsewhere in another process, and nobody at the address that stays notices', async () => {
    await apply(applier, proxy.model(proxy.servers(1)));
    const clients = new Clients(proxy.port, 3);
    const main = pid();
    const more = await freePort();
    const listen = [more, proxy.port].map((port) => ({ address: loopback, port }));
    const added = await apply(applier, proxy.model(proxy.servers(1), { listen }));
    expect(added, added.message).toMatchObject({ result: 'effective', method: 'start' });
    expect(added.message).toBe('in force in another process; the former one finishes what it has');
    expect(await answers(more)).toEqual(new Set(['one']));
    expect(pid()).not.toBe(main);
    await proxy.until(() => expect(runs(main)).toBe(false));
    // The sockets and the run-time interface are the new process's own now.
    const told = await apply(applier, proxy.model(proxy.servers(1, 2), { listen }));
    expect(told, told.message).toMatchObject({ result: 'effective', method: name === 'nginx' ? 'reload' : 'runtime' });
    const removed = await apply(applier, proxy.model(proxy.servers(1)));
    expect(removed, removed.message).toMatchObject({ result: 'effective', method: 'start' });
    await proxy.until(() => expect(get(more)).rejects.toThrow('ECONNREFUSED'));
    await clients.stop();
    expect(clients.failures).toEqual([]);
  });

  test('stays as it is when a port is taken, and says by whom', async () => {
    await apply(applier, proxy.model(proxy.servers(1)));
    const stranger = createServer().listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    const { port } = stranger.address() as { port: number };
    const listen = [proxy.port, port].map((each) => ({ address: loopback, port: each }));
    const refused = await apply(applier, proxy.model(proxy.servers(2), { listen }));
    expect(refused).toMatchObject({ result: 'failed', method: 'none' });
    expect(refused.message).toMatch(`Cannot listen on 127.0.0.1:${port}: EADDRINUSE; process ${process.pid} "`);
    expect(await answers()).toEqual(new Set(['one']));
    stranger.close();
    await once(stranger, 'close');
    const done = await apply(applier, proxy.model(proxy.servers(2), { listen }));
    expect(done, done.message).toMatchObject({ result: 'effective', method: 'start' });
    expect(await answers(port)).toEqual(new Set(['two']));
  });

  test('goes back when what was started does not come up, and the old one never stopped serving', async () => {
    await apply(applier, proxy.model(proxy.servers(1)));
    const main = pid();
    const clients = new Clients(proxy.port, 3);
    // It passes every check and does not come up.
    const binary = join(proxy.home, 'broken');
    const real = `/usr/sbin/${name}`;
    writeFileSync(
      binary,
      `#!/bin/sh\ncase " $* " in *" -V "*|*" -vv "*|*" -t "*|*" -c -f "*) exec ${real} "$@";; esac\nexit 3\n`,
    );
    chmodSync(binary, 0o755);
    const { applier: next, keeper: second } = proxy.open({ binary });
    const refused = await apply(next, proxy.model(proxy.servers(2)));
    expect(refused, refused.message).toMatchObject({ result: 'rolled-back', method: 'start' });
    expect(refused.message).toMatch('exited with status 3; put back what was before');
    expect(second.current?.charge.main.pid).toBe(main);
    expect(await answers()).toEqual(new Set(['one']));
    // It can be changed as before, also through its run-time interface.
    const third = proxy.open().applier;
    expect((await apply(third, proxy.model(proxy.servers(1)))).result).toBe('unchanged');
    const done = await apply(third, proxy.model(proxy.servers(1, 2)));
    expect(done, done.message).toMatchObject({ result: 'effective', method: name === 'nginx' ? 'reload' : 'runtime' });
    await clients.stop();
    expect(clients.failures).toEqual([]);
  });

  test('is there again after it was killed, with what was last in force', async () => {
    await apply(applier, proxy.model(proxy.servers(1)));
    const main = pid();
    process.kill(main, 'SIGKILL');
    await proxy.until(() => expect(proxy.losses).toEqual(['was killed (SIGKILL)']));
    expect(await applier.revive()).toBeUndefined();
    expect(pid()).not.toBe(main);
    expect(await answers()).toEqual(new Set(['one']));
    expect(await apply(applier, proxy.model(proxy.servers(1)))).toMatchObject({ result: 'unchanged' });
  });

  test('is not revived from files that somebody has edited, but by an apply', async () => {
    await apply(applier, proxy.model(proxy.servers(1)));
    process.kill(pid(), 'SIGKILL');
    await proxy.until(() => expect(proxy.losses).toHaveLength(1));
    const file = join(proxy.directory, name === 'nginx' ? 'nginx.conf' : 'haproxy.cfg');
    appendFileSync(file, '# mine\n');
    expect(await applier.revive()).toBe('the files are not those that were last in force');
    rmSync(file);
    const done = await apply(applier, proxy.model(proxy.servers(1)));
    expect(done, done.message).toMatchObject({ result: 'effective', method: 'start' });
  });

  test('is known again by the next run, which changes it without a restart', async () => {
    await apply(applier, proxy.model(proxy.servers(1)));
    const main = pid();
    const clients = new Clients(proxy.port, 3);
    const next = proxy.open();
    expect(next.recovered).toMatch(`main process ${main} still runs and is kept`);
    expect(await apply(next.applier, proxy.model(proxy.servers(1)))).toMatchObject({ result: 'unchanged' });
    const done = await apply(next.applier, proxy.model(proxy.servers(1, 2)));
    expect(done, done.message).toMatchObject({ result: 'effective', method: name === 'nginx' ? 'reload' : 'runtime' });
    expect(next.keeper.current?.charge.main.pid).toBe(main);
    await clients.stop();
    expect(clients.failures).toEqual([]);
  });
});
