import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sampleCheck } from '../../../profiles/sample.ts';
import type { Applier } from '../../../src/proxy/apply.ts';
import type { FrontModel, ServerModel, ServiceModel } from '../../../src/proxy/model.ts';
import { childrenOf } from '../../../src/proxy/process.ts';
import { ReportFollower } from '../../../src/proxy/reports.ts';
import type { HealthReport, RuntimeSteering } from '../../../src/proxy/steering.ts';
import { milliseconds } from '../../../src/wire/units.ts';
import { profileOf } from '../../profiles/program.ts';
import { Adopted, apply } from './adopted.ts';

/*
 * The checks that HAProxy makes itself, followed on the real one: what happens, what it forgets when its worker is
 * another, and that one who follows is in nobody's way.
 */
describe('the checks of a running haproxy', () => {
  const runtime = profileOf('haproxy').steering.runtime as RuntimeSteering;
  let proxy: Adopted;
  let applier: Applier;
  let follower: ReportFollower;
  const health = new Map<string, HealthReport['health']>();
  const reasons = new Map<string, string>();
  const troubles: (string | undefined)[] = [];

  /** Its own checks are slow where the test is about what it knows without them. */
  const model = (interval: number, change: Partial<ServiceModel> = {}): FrontModel => {
    const known = (name: string): Partial<ServerModel> => ({ health: health.get(name) ?? 'unknown' });
    const check = { ...sampleCheck(), interval: milliseconds(interval), rise: 1, fall: 1 };
    return proxy.model(proxy.servers(known('b1'), known('b2'), known('b3')), { check, ...change });
  };

  beforeAll(async () => {
    proxy = new Adopted('haproxy');
    await proxy.start();
    applier = proxy.applier();
    await apply(applier, model(100));
    follower = new ReportFollower(applier.runtimeSocket ?? '', {
      runtime,
      services: () => ['web'],
      known: () => health,
      onReports: (reports) => {
        for (const { server, health: is, reason, isNews } of reports) {
          health.set(server, is);
          if (isNews && reason !== undefined) reasons.set(server, reason);
        }
      },
      onTrouble: (trouble) => troubles.push(trouble),
      schedule: (run, delay) => {
        const timer = setTimeout(run, delay);
        return () => clearTimeout(timer);
      },
    });
  });
  afterAll(async () => {
    follower.close();
    await proxy.close();
  });

  /** The operational states that the worker has now: 0 is dead. */
  const operations = async (): Promise<Record<string, string>> => {
    const client = runtime.open(applier.runtimeSocket ?? '', milliseconds(2000));
    try {
      const lines = (await client.ask('show servers state web')).split('\n').map((line) => line.split(' '));
      return Object.fromEntries(
        lines.flatMap(([, backend, , name = '', , is = '']) => (backend === 'web' ? [[name, is]] : [])),
      );
    } finally {
      client.close();
    }
  };

  const names = (): Record<string, string | undefined> => Object.fromEntries(health);
  const dead = { b1: 'up', b2: 'down', b3: 'up' };

  test('are told as they turn, with the reason', async () => {
    await proxy.until(() => expect(names()).toEqual({ b1: 'up', b2: 'up', b3: 'up' }));
    expect(troubles).toEqual([undefined]);
    proxy.backends[1]?.close();
    await proxy.until(() => expect(names()).toEqual(dead));
    // A check that was under way when it died is reset and not refused.
    expect(reasons.get('b2')).toMatch(/Connection refused|Connection reset|closed/);
  });

  test('are not forgotten by a reload, which lets no dead server serve, and whose old worker ends', async () => {
    const before = childrenOf(proxy.pid) ?? [];
    for (const balance of ['leastconn', 'roundrobin', 'leastconn'] as const) {
      const result = await apply(applier, model(60_000, { balance }));
      expect(result, result.message).toMatchObject({ result: 'effective', method: 'reload' });
      expect(await operations()).toEqual({ b1: '2', b2: '0', b3: '2' });
      expect(await proxy.answering()).toEqual(['one', 'three']);
    }
    expect(names()).toEqual(dead);
    await proxy.until(() => expect(childrenOf(proxy.pid)?.filter((pid) => before.includes(pid))).toEqual([]));
    await proxy.until(() => expect(childrenOf(proxy.pid)).toHaveLength(1));
    expect(troubles).toEqual([undefined]);
  });

  test('are not forgotten when it is started anew, by whomever', async () => {
    // As systemd would, without a word to this program.
    process.kill(proxy.pid, 'SIGKILL');
    await proxy.until(() => expect(troubles.at(-1)).toMatch(/ECONNREFUSED|ECONNRESET/));
    await proxy.run();
    await proxy.until(() => expect(troubles.at(-1)).toBeUndefined());
    expect(await operations()).toEqual({ b1: '2', b2: '0', b3: '2' });
    expect(await proxy.answering()).toEqual(['one', 'three']);
  });

  test('are told to a server that is added and known to be dead, before it looks', async () => {
    const client = runtime.open(applier.runtimeSocket ?? '', milliseconds(2000));
    const port = /server b2 127\.0\.0\.1:(\d+)/.exec(readFileSync(proxy.file(), 'utf8'))?.[1];
    const commands = ['state maint', ''].map((state) =>
      state === '' ? 'del server web/b2' : `set server web/b2 ${state}`,
    );
    const added = `add server web/b2 127.0.0.1:${port} check inter 60s rise 1 fall 1`;
    for (const command of [...commands, added, 'enable health web/b2', 'set server web/b2 state ready'])
      await client.ask(command);
    client.close();
    follower.look();
    await proxy.until(async () => expect(await operations()).toMatchObject({ b2: '0' }));
  });

  test('cannot be followed while its worker is stopped, and can when it goes on', async () => {
    const [worker = 0] = childrenOf(proxy.pid) ?? [];
    process.kill(worker, 'SIGSTOP');
    follower.look();
    await proxy.until(() => expect(troubles.at(-1)).toMatch(/ETIMEDOUT/));
    process.kill(worker, 'SIGCONT');
    await proxy.until(() => expect(troubles.at(-1)).toBeUndefined());
    expect(names()).toEqual(dead);
  });
});
