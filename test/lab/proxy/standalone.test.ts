import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { profiles } from '../../../profiles/registry.ts';
import { Host } from './host.ts';

describe.each(Object.keys(profiles))('%s by itself', (name) => {
  let host: Host;

  beforeEach(() => {
    host = new Host(name);
  });
  afterEach(() => host.close());

  test('serves every port in both families, in turn from its backends, and says who it is', async () => {
    const ports = [await host.call('backend', 'one'), await host.call('backend', 'two')];
    host.prepare({ listen: [80, 8080], backends: ports.map((port) => ({ address: '127.0.0.1', port })) });
    await host.serve();
    for (const url of ['http://127.0.0.1/healthz', 'http://[::1]/healthz', 'http://[::1]:8080/healthz']) {
      expect(await host.call('get', url)).toMatchObject({ status: 200, front: 'lb1' });
    }
    const answers = [];
    for (let i = 0; i < 6; i++) answers.push(await host.call('get', 'http://127.0.0.1:8080/'));
    expect(new Set(answers.map(({ front, status }) => `${status} ${front}`))).toEqual(new Set(['200 lb1']));
    expect(answers.map(({ body }) => body).toSorted()).toEqual(['one', 'one', 'one', 'two', 'two', 'two']);
  });

  test('answers its health path itself and says who it is in errors too', async () => {
    await host.serve();
    expect(await host.call('get', 'http://127.0.0.1/healthz')).toMatchObject({ status: 200, front: 'lb1' });
    const failed = await host.call('get', 'http://127.0.0.1/');
    expect(failed.status).toBeGreaterThanOrEqual(502);
    expect(failed.front).toBe('lb1');
  });

  test('starts without a warning, logs into its directory and writes its pid file', async () => {
    const { main } = await host.serve();
    expect(host.log(`${name}.pid`).trim()).toBe(String(main.pid));
    const log = host.log(name === 'nginx' ? 'error.log' : 'haproxy.log');
    expect(log).not.toBe('');
    expect(log).not.toMatch(/\[(warn|warning|alert|emerg|error|crit)\]/i);
  });

  test('serves bursts of 100 new connections without losing one', async () => {
    host.prepare({ backends: [{ address: '127.0.0.1', port: await host.call('backend', 'one') }] });
    await host.serve();
    const statuses = new Map<number, number>();
    for (let burst = 0; burst < 10; burst++) {
      const answers = Array.from({ length: 100 }, () => host.call('get', 'http://127.0.0.1/'));
      for (const { status } of await Promise.all(answers)) statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    expect(statuses).toEqual(new Map([[200, 1000]]));
  });
});
