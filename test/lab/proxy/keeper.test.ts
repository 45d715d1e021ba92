import { createServer } from 'node:net';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { milliseconds } from '../../../src/wire/units.ts';
import { Clients } from './clients.ts';
import { profiles, runs, Site } from './kept.ts';
import { freePort, get } from './running.ts';

const LIMIT = milliseconds(10_000);

const other = (name: string): string => (name === 'nginx' ? 'haproxy' : 'nginx');

let site: Site;
let port: number;

beforeEach(async () => {
  site = new Site();
  port = await freePort();
});
afterEach(() => site.close());

const front = async (at = port): Promise<string | undefined> => (await get(at, '/healthz')).front;

describe.each(Object.keys(profiles))('a kept %s', (name) => {
  test('serves on inherited sockets, with a session, an environment and an output of its own', async () => {
    const { kept, found } = await site.serve(site.plan(name, [port]));
    expect(await front()).toBe(name);
    expect(found.workers.length).toBeGreaterThan(0);
    const { pid } = kept.charge.main;
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
    // nginx writes its title over it.
    if (name !== 'nginx') expect(environment).toMatch(/^PATH=/);
    expect(environment).not.toContain('HOME=');
    // Field 6 of proc_pid_stat(5): nothing that happens to our session reaches it.
    expect(readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[5]).toBe(String(pid));
  });

  test('is followed by another and back under load, and no connection is lost', async () => {
    await site.serve(site.plan(name, [port]));
    const clients = new Clients(port, 4, '/healthz');
    for (const next of [other(name), name, name, other(name)]) {
      const { kept, before } = await site.serve(site.plan(next, [port]));
      expect(await front()).toBe(next);
      expect(before?.charge.processes()).toEqual([]);
      expect(site.keeper.all).toEqual([kept]);
    }
    await clients.stop();
    expect(clients.failures).toEqual([]);
    expect(clients.ok).toBeGreaterThan(100);
    expect(site.losses).toEqual([]);
  });

  test('stays as it is when its successor is abandoned', async () => {
    const { kept } = await site.serve(site.plan(name, [port]));
    const more = await freePort();
    const next = await site.succeed(site.plan(other(name), [port, more]));
    expect(await front(more)).toBe(other(name));
    await next.abandon();
    expect(runs(next.kept.charge.main.pid)).toBe(false);
    expect(await front()).toBe(name);
    await expect(front(more)).rejects.toThrow('ECONNREFUSED');
    expect(site.keeper.current).toBe(kept);
  });

  test('stays when its successor cannot be recorded, or when everything ends', async () => {
    const { kept } = await site.serve(site.plan(name, [port]));
    const next = await site.succeed(site.plan(other(name), [port]));
    const blocked = `${site.record}.new`;
    mkdirSync(blocked);
    expect(() => next.commit(LIMIT)).toThrow('EISDIR');
    expect(site.keeper.all).toEqual([kept, next.kept]);
    rmdirSync(blocked);
    site.keeper.seal();
    expect(() => next.commit(LIMIT)).toThrow('ECANCELED');
    await next.abandon();
    await expect(site.keeper.succeed(site.plan(name, [port]))).rejects.toThrow('ECANCELED');
    expect(site.keeper.all).toEqual([kept]);
    expect(await front()).toBe(name);
  });

  test('has taken the place of another also when the end of that cannot be recorded', async () => {
    await site.serve(site.plan(name, [port]));
    const next = await site.succeed(site.plan(other(name), [port]));
    const blocked = `${site.record}.new`;
    const { drained } = next.commit(LIMIT);
    mkdirSync(blocked);
    expect(await drained).toBe(0);
    expect(site.keeper.all).toEqual([next.kept]);
    rmdirSync(blocked);
    const again = site.open();
    expect(again.recover(profiles, LIMIT)).toContain('still runs and is kept');
    expect(again.all).toHaveLength(1);
    expect(await front()).toBe(other(name));
  });

  test('listens elsewhere through a successor, and no more where it did', async () => {
    const [second, third] = [await freePort(), await freePort()];
    await site.serve(site.plan(name, [port, second]));
    await site.serve(site.plan(name, [third, port]));
    expect([await front(), await front(third)]).toEqual([name, name]);
    await expect(front(second)).rejects.toThrow('ECONNREFUSED');
  });

  test('that does not come up is ended and says why; nothing is left of it', async () => {
    const plan = site.plan(name, [port], (text) => `${text}nonsense\n`);
    const failed = await site.keeper.succeed(plan);
    expect(failed).toMatchObject({
      trouble: expect.stringMatching(/exited with status 1: \/.*(?:nginx.conf|haproxy.cfg):\d+: /),
    });
    expect(site.keeper.all).toEqual([]);
    await expect(front()).rejects.toThrow('ECONNREFUSED');
  });

  test('is not started where somebody else listens, nor without its program', async () => {
    const stranger = createServer().listen(port, '127.0.0.1');
    await once(stranger, 'listening');
    const plan = site.plan(name, [await freePort(), port]);
    await expect(site.keeper.succeed(plan)).rejects.toThrow(`Cannot listen on 127.0.0.1:${port}: EADDRINUSE`);
    stranger.close();
    await once(stranger, 'close');
    const start = { ...plan.start, command: ['/nowhere/proxy'] };
    await expect(site.keeper.succeed({ ...plan, start })).rejects.toThrow('Cannot start "/nowhere/proxy": ENOENT');
    expect(site.keeper.all).toEqual([]);
    await site.serve(plan);
    expect(await front()).toBe(name);
  });

  test('tells its loss, and is followed by another while its orphans still serve', async () => {
    const plan = site.plan(name, [port]);
    const { kept } = await site.serve(plan);
    const clients = new Clients(port, 2, '/healthz');
    process.kill(kept.charge.main.pid, 'SIGKILL');
    await site.until(() => expect(site.losses).toEqual(['was killed (SIGKILL)']));
    await site.serve(plan);
    await clients.stop();
    expect(kept.charge.processes()).toEqual([]);
    expect(await front()).toBe(name);
    // HAProxy's worker ends with its main process and takes the requests with it that it has just begun.
    if (name === 'nginx') expect(clients.failures).toEqual([]);
    else expect(clients.failures.length).toBeLessThanOrEqual(2);
  });

  test('leaves connections waiting when it dies, and refuses them once it is known not to come back', async () => {
    const { kept } = await site.serve(site.plan(name, [port]));
    for (const { pid } of kept.charge.processes()) process.kill(pid, 'SIGKILL');
    await site.until(() => expect(site.losses).toHaveLength(1));
    const waiting = front();
    await site.serve(site.plan(name, [port]));
    expect(await waiting).toBe(name);
    for (const { charge } of site.keeper.all) for (const { pid } of charge.processes()) process.kill(pid, 'SIGKILL');
    await site.until(() => expect(site.losses).toHaveLength(2));
    site.keeper.refuse();
    await expect(front()).rejects.toThrow('ECONNREFUSED');
    await site.serve(site.plan(name, [port]));
    expect(await front()).toBe(name);
    site.keeper.refuse();
    expect(await front()).toBe(name);
  });

  test('is found again by the next run, with its sockets, and no connection is lost', async () => {
    const plan = site.plan(name, [port]);
    const { kept } = await site.serve(plan);
    const clients = new Clients(port, 2, '/healthz');
    const next = site.open();
    expect(next.recover(profiles, LIMIT)).toMatch(`main process ${kept.charge.main.pid} still runs and is kept`);
    expect(next.current).toMatchObject({ charge: { main: kept.charge.main }, seats: [{ port }] });
    expect(next.find()?.workers.length).toBeGreaterThan(0);
    await site.serve(plan);
    await clients.stop();
    expect(clients.failures).toEqual([]);
    expect(runs(kept.charge.main.pid)).toBe(false);
  });

  test('is found again without what was on trial beside it', async () => {
    const { kept } = await site.serve(site.plan(name, [port]));
    const trial = await site.succeed(site.plan(other(name), [port]));
    const next = site.open();
    expect(next.recover(profiles, LIMIT)).toMatch('is kept; 1 more of an unfinished change are ended');
    await site.until(() => expect(runs(trial.kept.charge.main.pid)).toBe(false));
    await site.until(() => expect(next.all).toHaveLength(1));
    expect(next.current?.charge.main).toEqual(kept.charge.main);
    expect(await front()).toBe(name);
  });

  test('lets a request that it has begun end when it is drained, and refuses new ones', async () => {
    const { kept } = await site.serve(site.plan(name, [port]));
    await site.keeper.close(LIMIT);
    expect(kept.charge.processes()).toEqual([]);
    await expect(front()).rejects.toThrow('ECONNREFUSED');
    expect(site.losses).toEqual([]);
  });
});
