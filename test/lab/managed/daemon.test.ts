import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBackend } from '../../../src/lab/backend.ts';
import type { Daemon } from '../../../src/lab/daemon.ts';
import { managedFront } from '../../../src/lab/front.ts';
import type { Front } from '../../../src/lab/front.ts';
import type { Host } from '../../../src/lab/host.ts';
import { startLoad } from '../../../src/lab/load.ts';
import type { Load } from '../../../src/lab/load.ts';
import { managedSettings, profileNamed } from '../../../src/lab/pair.ts';
import { pairFile } from '../../../src/lab/pairfile.ts';
import type { PairValue } from '../../../src/lab/pairfile.ts';
import { settled } from '../../../src/lab/settled.ts';
import { now } from '../../../src/linux/clock.ts';
import type { Instant } from '../../../src/wire/units.ts';
import { milliseconds } from '../../../src/wire/units.ts';
import { eventually, PATIENCE, usePair, VIP1, VIP2 } from '../pair/pair.ts';

/** Each host listens on both addresses, of which it has one, without `ip_nonlocal_bind`. */
const BOTH = [`${VIP1}:80`, `${VIP2}:80`];

/** A connection that was refused or reset fails at once; waiting tells only how busy this machine is. */
const TIMEOUT = milliseconds(3000);

const TARGETS = [`${VIP1}:80`, `${VIP2}:80`];

describe.each(['nginx', 'haproxy'])('the daemons of a pair with managed %s', (name) => {
  const pair = usePair(`tm${name.slice(0, 3)}`, { backends: 2, nonlocalBind: false });
  const fronts = new Map<string, Front>();
  let load: Load;

  const fileOf = (service: Readonly<Record<string, PairValue>> = {}, proxy: Record<string, PairValue> = {}): string => {
    const { proxy: ours, services } = managedSettings(pair.lab, name) as {
      proxy: Record<string, PairValue>;
      services: { web: Record<string, PairValue> };
    };
    return pairFile(pair.lab, {
      settings: {
        recover_after: '100ms',
        proxy: { ...ours, managed: { user: 'root', drain: '2s' }, ...proxy },
        services: { web: { ...services.web, listen: BOTH, ...service } },
      },
    });
  };

  const main = (daemon: Daemon): number => {
    const found = fronts.get(daemon.host.name)?.main();
    if (found === undefined) throw new Error(`No ${name} runs on ${daemon.host.name}`);
    return found.pid;
  };

  /** The main processes of the proxy on a host. */
  const mains = (host: Host): number[] =>
    host
      .processes()
      .filter(
        ({ comm, parent }) =>
          comm === name && !host.processes().some((each) => each.pid === parent && each.comm === name),
      )
      .map(({ pid }) => pid);

  const failures = (from: Instant): string[] =>
    load.attempts
      .filter(({ start, ending }) => start >= from && ending !== 'good')
      .map(({ start, ending, target }) => `${target}: ${ending}, begun after ${Math.round(start - from)} ms`);

  /** All clients are well, and what was begun before is over. */
  const calm = async (): Promise<Instant> => {
    await settled(pair.daemons);
    for (const target of TARGETS) await load.well(target, milliseconds(300), PATIENCE);
    return now();
  };

  /** Gives what has failed since, once everything that was begun until now has ended one way or another. */
  const failuresSince = async (from: Instant): Promise<string[]> => {
    const until = now();
    await eventually('the clients have gone on', () => now() - until > TIMEOUT + 100);
    return failures(from);
  };

  beforeAll(async () => {
    for (const member of pair.lab.backends) await startBackend(member);
    for (const host of pair.lab.hosts) fronts.set(host.name, managedFront(host, profileNamed(name)));
    for (const host of pair.lab.hosts) await pair.start(host.name, fileOf());
    await settled(pair.daemons);
    for (const daemon of pair.daemons) await daemon.until('it has applied', ({ apply }) => apply?.inForce === 1);
    load = await startLoad(pair.lab.client, {
      ...{ targets: TARGETS, interval: milliseconds(5), timeout: TIMEOUT },
    });
    for (const target of TARGETS) await load.well(target, milliseconds(150), PATIENCE);
  });
  afterAll(async () => {
    await load.stop();
    await pair.end();
  });

  it('start it by themselves and say so', async () => {
    const status = await pair.lb1.status();
    expect(status.apply?.last).toMatchObject({
      result: 'effective',
      method: 'start',
      cause: expect.stringMatching('start'),
    });
    expect(status.proxy).toMatchObject({ state: 'well', profile: name });
    for (const host of pair.lab.hosts) expect(mains(host)).toHaveLength(1);
  });

  it('lose no connection when backends and listening ports change, and end with one proxy each', async () => {
    const from = await calm();
    const before = main(pair.lb1);
    for (const daemon of pair.daemons) daemon.write(fileOf({ balance: 'leastconn' }));
    for (const daemon of pair.daemons) await daemon.reload();
    for (const daemon of pair.daemons)
      await daemon.until('it has reloaded', ({ apply }) => apply?.last?.method === 'reload' && !apply.isBusy);
    expect(main(pair.lb1)).toBe(before);
    for (const daemon of pair.daemons) daemon.write(fileOf({ listen: [...BOTH, 8080] }));
    for (const daemon of pair.daemons) await daemon.reload();
    for (const daemon of pair.daemons)
      await daemon.until('another was started', ({ apply }) => apply?.last?.method === 'start' && !apply.isBusy);
    for (const host of pair.lab.hosts) await eventually('one is left', () => mains(host).length === 1);
    expect(main(pair.lb1)).not.toBe(before);
    expect(await failuresSince(from)).toEqual([]);
    expect((await pair.lab.exec('cl', ['curl', '-sf', `http://${VIP2}:8080/healthz`])).code).toBe(0);
    for (const daemon of pair.daemons) {
      daemon.write(fileOf());
      await daemon.reload();
    }
    await eventually('the port is closed', () => !pair.lab.host('lb1').listens(8080));
  });

  it('start it again when it was killed, and the VIP goes home', async () => {
    const from = now();
    const before = (await pair.lb1.status()).proxy?.pid;
    process.kill(main(pair.lb1), 'SIGKILL');
    await pair.lb1.until('it runs again', ({ proxy }) => proxy?.state === 'well' && proxy.pid !== before);
    expect(pair.lb1.log()).toContain('was killed (SIGKILL); it is started in 100 ms');
    await settled(pair.daemons);
    await eventually('one is left', () => mains(pair.lab.host('lb1')).length === 1);
    for (const target of TARGETS) await load.well(target, milliseconds(150), PATIENCE);
    // The VIP was on the other host for a moment, as with any proxy that dies.
    expect(load.outage(TARGETS[0] ?? '', from)?.length ?? 0).toBeLessThan(1000);
  });

  it('let it replace a worker that was killed', async () => {
    const status = await pair.lb2.status();
    const pid = main(pair.lb2);
    const worker = pair.lab
      .host('lb2')
      .processes()
      .find(({ comm, parent }) => comm === name && parent === pid);
    if (worker !== undefined) process.kill(worker.pid, 'SIGKILL');
    const after = await pair.lb2.until(
      'it has other workers',
      ({ proxy }) => proxy?.state === 'well' && String(proxy.workers) !== String(status.proxy?.workers),
    );
    // HAProxy's main process ends with its worker, and another is started.
    if (name === 'nginx') expect(after.proxy?.pid).toBe(status.proxy?.pid);
    await settled(pair.daemons);
  });

  it('lose no connection when a manager is killed, and the next one goes on with the same proxy', async () => {
    const from = await calm();
    const before = main(pair.lb1);
    const { manager } = pair.lb1;
    if (manager !== undefined) process.kill(manager.pid, 'SIGKILL');
    await pair.lb1.until('it answers again', (s) => s.manager.restarts >= 1 && s.apply?.isBusy === false);
    expect(pair.lb1.log()).toMatch(/main process \d+ still runs and is kept/);
    expect(main(pair.lb1)).toBe(before);
    pair.lb1.write(fileOf({ listen: [...BOTH, 8081] }));
    await pair.lb1.reload();
    await pair.lb1.until('it has its sockets', ({ apply }) => apply?.last?.method === 'start' && !apply.isBusy);
    await eventually('one is left', () => mains(pair.lab.host('lb1')).length === 1);
    expect(await failuresSince(from)).toEqual([]);
  });

  it('find it again when the whole daemon was killed, and only the VIP moves', async () => {
    const before = main(pair.lb1);
    const from = await calm();
    pair.lb1.signal('SIGKILL');
    await eventually('lb2 has taken over', () => pair.lab.host('lb2').holds(VIP1));
    expect(mains(pair.lab.host('lb1'))).toEqual([before]);
    await pair.start('lb1', fileOf({ listen: [...BOTH, 8081] }));
    await settled(pair.daemons);
    expect(main(pair.lb1)).toBe(before);
    expect(mains(pair.lab.host('lb1'))).toEqual([before]);
    for (const target of TARGETS) await load.well(target, milliseconds(150), PATIENCE);
    expect(failures(from).filter((each) => each.startsWith(TARGETS[1] ?? ''))).toEqual([]);
  });

  it('say what is wrong, keep what serves, and recover without a restart', async () => {
    const from = await calm();
    const { lb1 } = pair;
    const before = main(lb1);
    const stranger = await lb1.host.start(['python3', '-m', 'http.server', '8099'], { name: 'stranger' });
    await eventually('it listens', () => lb1.host.listens(8099));
    lb1.write(fileOf({ listen: [...BOTH, 8099] }));
    await lb1.reload();
    const taken = await lb1.until('the port is taken', ({ apply }) => apply?.trouble !== null);
    expect(taken.apply?.trouble).toMatch(
      /Cannot listen on 0\.0\.0\.0:8099: EADDRINUSE; process \d+ "python3" listens there/,
    );
    await stranger.stop('SIGKILL');
    const extra = join(lb1.host.directory, 'extra.conf');
    writeFileSync(extra, 'nonsense\n');
    lb1.write(fileOf({}, { include: [extra] }));
    await lb1.reload();
    const broken = await lb1.until('the checker refuses', ({ apply }) => /extra\.conf:\d/.test(apply?.trouble ?? ''));
    expect(broken.proxy?.state).toBe('well');
    expect(main(lb1)).toBe(before);
    writeFileSync(extra, '# fine\n');
    lb1.write(fileOf());
    await lb1.reload();
    await lb1.until('it is well', ({ apply }) => apply?.trouble === null && !apply.isBusy);
    expect(await failuresSince(from)).toEqual([]);
  });

  it('cannot start it without its program, say so, and can once it is there', async () => {
    const { lb1 } = pair;
    const binary = join(lb1.host.directory, 'program');
    lb1.write(fileOf({}, { binary }));
    await lb1.reload();
    await lb1.until('it is missing', ({ apply }) => (apply?.trouble ?? '').includes(`Cannot run "${binary}": ENOENT`));
    process.kill(main(lb1), 'SIGKILL');
    const dead = await lb1.until('it is dead', ({ proxy }) => proxy?.state === 'dead' && proxy.notes.length > 0);
    expect(dead.proxy?.notes.join()).toContain('it is started in');
    lb1.write(fileOf());
    await lb1.reload();
    await lb1.until('it runs', ({ proxy }) => proxy?.state === 'well');
    await settled(pair.daemons);
  });

  it('let it finish what it has when they are stopped, and leave nothing behind', async () => {
    const { host } = pair.lb1;
    await pair.lb1.stop();
    expect(host.holds(VIP1)).toBe(false);
    expect(mains(host)).toEqual([]);
    expect(host.listens(80)).toBe(false);
    await load.well(TARGETS[0] ?? '', milliseconds(150), PATIENCE);
  });
});
