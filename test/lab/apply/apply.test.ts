import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Applier } from '../../../src/proxy/apply.ts';
import { addressOf } from '../../../src/wire/address.ts';
import { milliseconds } from '../../../src/wire/units.ts';
import { freePort, get } from '../proxy/running.ts';
import { Adopted, apply } from './adopted.ts';

describe.each(['nginx', 'haproxy'])('a running %s', (name) => {
  let proxy: Adopted;
  let applier: Applier;

  beforeEach(async () => {
    proxy = new Adopted(name);
    await proxy.start();
    applier = proxy.applier();
  });
  afterEach(() => proxy.close());

  test('serves what was applied as soon as the apply says so, and nothing else any more', async () => {
    const first = await apply(applier, proxy.model(proxy.servers(1)));
    expect(first).toMatchObject({ result: 'effective', method: 'reload', id: 1 });
    expect(await proxy.answering()).toEqual(['one']);
    const second = await apply(applier, proxy.model(proxy.servers(2, 3)));
    expect(second).toMatchObject({ result: 'effective', id: 2 });
    expect(await proxy.answering()).toEqual(['three', 'two']);
    expect((await get(proxy.ownPort)).body).toBe('own');
  });

  test('is left alone when nothing has changed', async () => {
    const model = proxy.model(proxy.servers(1, 2));
    await apply(applier, model);
    const { length } = applier.records;
    expect(await apply(applier, model)).toMatchObject({ result: 'unchanged', method: 'none', id: undefined });
    // Another run of this program knows it from the history.
    expect(await apply(proxy.applier(), model)).toMatchObject({ result: 'unchanged' });
    expect(applier.records).toHaveLength(length);
  });

  test('keeps what it has when its checker refuses, and the place in the file is told', async () => {
    await apply(applier, proxy.model(proxy.servers(1)));
    const before = proxy.text();
    const verified = { verify: true, caFile: '/nonexistent/ca.pem', serverName: 'app.example.net' };
    const refused = await apply(applier, proxy.model(proxy.servers(2), { serverTls: verified }));
    expect(refused).toMatchObject({ result: 'refused', method: 'none' });
    expect(refused.message).toContain('ca.pem');
    expect(refused.findings[0] ?? refused.message).toMatch(name === 'nginx' ? /ca\.pem/ : /vipair\.cfg:\d+: .*ca\.pem/);
    expect(proxy.text()).toBe(before);
    expect(await proxy.answering()).toEqual(['one']);
    expect(readdirSync(proxy.directory).filter((file) => /^\..*-(new|old|check|journal)/.test(file))).toEqual([]);
    expect(await apply(applier, proxy.model(proxy.servers(2)))).toMatchObject({ result: 'effective' });
  });

  test('keeps what it has when the rest of its configuration is broken', async () => {
    await apply(applier, proxy.model(proxy.servers(1)));
    const text = readFileSync(proxy.main, 'utf8');
    writeFileSync(proxy.main, `${text}nonsense here;\n`);
    const refused = await apply(applier, proxy.model(proxy.servers(2), { balance: 'leastconn' }));
    expect(refused.result).toBe('refused');
    expect(refused.message).toContain(`${proxy.main}:`);
    expect(await proxy.answering()).toEqual(['one']);
    writeFileSync(proxy.main, text);
    expect(await apply(applier, proxy.model(proxy.servers(2)))).toMatchObject({ result: 'effective' });
  });

  test('gets the old files back when it does not take the new ones', async () => {
    await apply(applier, proxy.model(proxy.servers(1)));
    const before = proxy.text();
    // Taken after the preflight could see it: its checker does not notice a port that is in use.
    const port = await freePort();
    const listen = [addressOf('127.0.0.1')].flatMap((address) => [
      { address, port: proxy.port },
      { address, port },
    ]);
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    const fresh = proxy.applier();
    rmSync(join(proxy.directory, '.vipair'), { recursive: true });
    const failed = await apply(proxy.applier(), proxy.model(proxy.servers(2), { listen }));
    other.close();
    expect(failed).toMatchObject({ result: 'rolled-back', method: 'reload' });
    expect(proxy.text()).toBe(before);
    expect(await proxy.answering()).toEqual(['one']);
    expect(await apply(fresh, proxy.model(proxy.servers(2)))).toMatchObject({ result: 'effective' });
    expect(await proxy.answering()).toEqual(['two']);
  });

  test('is not asked to bind what it cannot', async () => {
    await apply(applier, proxy.model(proxy.servers(1)));
    const missing = [{ address: addressOf('198.51.100.77'), port: proxy.port }];
    const refused = await apply(applier, proxy.model(proxy.servers(2), { listen: missing }));
    expect(refused).toMatchObject({ result: 'refused' });
    expect(refused.message).toContain('198.51.100.77');
    const port = await freePort();
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    const taken = [{ address: addressOf('127.0.0.1'), port }];
    expect((await apply(applier, proxy.model(proxy.servers(2), { listen: taken }))).message).toContain('EADDRINUSE');
    other.close();
    expect(await proxy.answering()).toEqual(['one']);
  });

  test('does not lose what somebody wrote by hand', async () => {
    await apply(applier, proxy.model(proxy.servers(1)));
    const edited = proxy.text().replace('weight 1', 'weight 9').concat('# mine\n');
    writeFileSync(proxy.file(), edited);
    const refused = await apply(applier, proxy.model(proxy.servers(2)));
    expect(refused).toMatchObject({ result: 'refused' });
    expect(refused.diff).toContain('-# mine');
    expect(proxy.text()).toBe(edited);
    expect(await apply(applier, proxy.model(proxy.servers(2)), { force: true })).toMatchObject({ result: 'effective' });
    expect(await proxy.answering()).toEqual(['two']);
  });

  test('goes back to an earlier apply', async () => {
    await apply(applier, proxy.model(proxy.servers(1)));
    await apply(applier, proxy.model(proxy.servers(2)));
    await apply(applier, proxy.model(proxy.servers(3)));
    const back = await applier.rollback(undefined, { cause: 'rollback', isByHand: true });
    expect(back).toMatchObject({ result: 'effective', id: 4 });
    expect(await proxy.answering()).toEqual(['two']);
    expect(await applier.rollback(1, { cause: 'rollback', isByHand: true })).toMatchObject({ result: 'effective' });
    expect(await proxy.answering()).toEqual(['one']);
    expect(await applier.rollback(77, { cause: 'rollback' })).toMatchObject({ result: 'refused' });
  });

  test('is only looked at by a dry run', async () => {
    await apply(applier, proxy.model(proxy.servers(1)));
    const before = proxy.text();
    const dry = await applier.preview({ model: proxy.model(proxy.servers(2, 3)), cause: 'dry' });
    expect(dry).toMatchObject({ result: 'effective', method: name === 'nginx' ? 'reload' : 'runtime' });
    expect(dry.diff).toMatch(/^\+.*server /m);
    expect([proxy.text(), await proxy.answering()]).toEqual([before, ['one']]);
  });

  test('survives a checker that hangs or is missing, and the next change is applied', async () => {
    await apply(applier, proxy.model(proxy.servers(1)));
    const hanging = join(proxy.home, 'hanging');
    writeFileSync(hanging, `#!/bin/sh\ncase "$*" in *-t*|*-c*) sleep 60;; esac\nexec /usr/sbin/${name} "$@"\n`);
    chmodSync(hanging, 0o755);
    const model = proxy.model(proxy.servers(2), { balance: 'leastconn' });
    const hung = await apply(proxy.applier({ binary: hanging, checkLimit: milliseconds(300) }), model);
    expect(hung.message).toMatch(/ETIMEDOUT.*did not end within 300 ms/);
    const missing = await apply(proxy.applier({ binary: '/usr/sbin/missing' }), model);
    expect(missing).toMatchObject({ result: 'failed' });
    expect(missing.message).toMatch(/ENOENT; install it/);
    expect(await proxy.answering()).toEqual(['one']);
    expect(await apply(applier, model)).toMatchObject({ result: 'effective' });
    expect(await proxy.answering()).toEqual(['two']);
  });

  test('gets its files when it does not run, and serves them when it starts', async () => {
    await apply(applier, proxy.model(proxy.servers(1)));
    process.kill(proxy.pid, 'SIGTERM');
    await proxy.until(async () => expect(await get(proxy.ownPort).catch(() => 'gone')).toBe('gone'));
    const result = await proxy.until(async () => {
      const tried = await apply(applier, proxy.model(proxy.servers(2)));
      expect(tried.result, tried.message).toBe('written');
      return tried;
    });
    expect(result.method).toBe('none');
    await proxy.run();
    expect(await proxy.answering()).toEqual(['two']);
  });
});

describe('HAProxy is told at run time', () => {
  let proxy: Adopted;
  let applier: Applier;

  beforeEach(async () => {
    proxy = new Adopted('haproxy');
    await proxy.start();
    applier = proxy.applier();
    await apply(applier, proxy.model(proxy.servers(1, 2)));
  });
  afterEach(() => proxy.close());

  test.each([
    ['a new server', () => proxy.servers(1, 2, 3), ['one', 'three', 'two']],
    ['a server less', () => proxy.servers(1), ['one']],
    ['a server that drains', () => proxy.servers({}, { admin: 'drain' }), ['one']],
    ['a server under maintenance', () => proxy.servers({ admin: 'maint' }, {}), ['two']],
    ['another weight', () => proxy.servers({ weight: 5 }, { weight: 2 }), ['one', 'two']],
    ['another address', () => proxy.servers({ port: proxy.servers(1, 2, 3)[2]?.port ?? 0 }, {}), ['three', 'two']],
    ['that a server is dead', () => proxy.servers({ health: 'down' }, {}), ['two']],
    ['another backup', () => proxy.servers({ backup: true }, {}), ['two']],
  ] as const)('%s', async (_, servers, names) => {
    const result = await apply(applier, proxy.model(servers()));
    expect(result, result.message).toMatchObject({ result: 'effective', method: 'runtime' });
    expect(await proxy.answering()).toEqual([...names]);
    // Back again, and a restart would agree with it.
    const back = await apply(applier, proxy.model(proxy.servers(1, 2)));
    expect(back, back.message).toMatchObject({ result: 'effective', method: 'runtime' });
    expect(await proxy.answering()).toEqual(['one', 'two']);
    process.kill(proxy.pid, 'SIGUSR2');
    await proxy.until(async () => expect(await proxy.answering()).toEqual(['one', 'two']));
  });

  test('and reloaded when its socket is dead', async () => {
    rmSync(join(proxy.home, 'stats.sock'));
    const result = await apply(applier, proxy.model(proxy.servers(3)));
    expect(result).toMatchObject({ result: 'effective', method: 'reload' });
    expect(result.message).toMatch(/ENOENT/);
    expect(await proxy.answering()).toEqual(['three']);
  });

  test('what the checker then refuses is taken back', async () => {
    const broken = join(proxy.home, 'broken');
    writeFileSync(broken, '#!/bin/sh\ncase "$*" in *-c*) sleep 0.3; exit 1;; esac\nexec /usr/sbin/haproxy "$@"\n');
    chmodSync(broken, 0o755);
    const before = proxy.text();
    const result = await apply(proxy.applier({ binary: broken }), proxy.model(proxy.servers(3)));
    expect(result).toMatchObject({ result: 'refused' });
    expect([proxy.text(), await proxy.answering()]).toEqual([before, ['one', 'two']]);
  });
});
