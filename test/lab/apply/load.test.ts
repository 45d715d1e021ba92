import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { now } from '../../../src/linux/clock.ts';
import type { Applier } from '../../../src/proxy/apply.ts';
import { Pace } from '../../../src/proxy/pace.ts';
import type { ServerModel } from '../../../src/proxy/model.ts';
import { addressOf } from '../../../src/wire/address.ts';
import { milliseconds } from '../../../src/wire/units.ts';
import { Clients } from '../proxy/clients.ts';
import { Adopted, apply } from './adopted.ts';

describe.each(['nginx', 'haproxy'])('%s under load', (name) => {
  let proxy: Adopted;
  let applier: Applier;

  beforeEach(async () => {
    proxy = new Adopted(name);
    await proxy.start();
    applier = proxy.applier();
    await apply(applier, proxy.model(proxy.servers(1, 2)));
  });
  afterEach(() => proxy.close());

  test('loses no new connection in 20 applies by reload', async () => {
    const clients = new Clients(proxy.port, 4);
    for (let i = 0; i < 20; i++) {
      const balance = i % 2 === 0 ? 'leastconn' : 'roundrobin';
      const result = await apply(applier, proxy.model(proxy.servers(1, i % 2 === 0 ? 3 : 2), { balance }));
      expect(result, result.message).toMatchObject({ result: 'effective', method: 'reload' });
    }
    await clients.stop();
    expect(clients.failures).toEqual([]);
    expect(clients.ok).toBeGreaterThan(200);
  });

  test('loses no new connection when 20 applies want an address that is not here', async () => {
    const clients = new Clients(proxy.port, 4);
    const missing = [
      { address: addressOf('127.0.0.1'), port: proxy.port },
      { address: addressOf('198.51.100.77'), port: proxy.port },
    ];
    for (let i = 0; i < 20; i++) {
      const result = await apply(applier, proxy.model(proxy.servers(1, 2), { listen: missing }));
      expect(result.result).toBe('refused');
    }
    await clients.stop();
    expect(clients.failures).toEqual([]);
    expect(clients.ok).toBeGreaterThan(20);
  });

  test('makes at most 2 applies of 1000 changes in a second, and the last one is in force', async () => {
    const before = applier.records.length;
    let servers: readonly ServerModel[] = proxy.servers(1, 2);
    const results: string[] = [];
    const pace = new Pace({
      ...{ quiet: milliseconds(200), ceiling: milliseconds(2000), now },
      schedule(run, delay) {
        const timer = setTimeout(run, delay);
        return () => clearTimeout(timer);
      },
      async run() {
        const { result, until } = await applier.apply({ model: proxy.model(servers), cause: 'burst' });
        results.push(result);
        return until;
      },
    });
    await new Promise<void>((resolve) => {
      let change = 0;
      const timer = setInterval(() => {
        for (let i = 0; i < 10; i++) {
          change++;
          servers = proxy.servers({ weight: (change % 200) + 1 }, { weight: 7 });
          pace.request();
        }
        if (change < 1000) return;
        clearInterval(timer);
        servers = proxy.servers(3);
        pace.request();
        resolve();
      }, 10);
    });
    await proxy.until(() => expect([pace.isBusy, results.length > 0]).toEqual([false, true]));
    pace.close();
    expect(applier.records.length - before).toBeLessThanOrEqual(2);
    expect(await proxy.answering()).toEqual(['three']);
  });
});
