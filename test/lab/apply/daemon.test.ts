import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fetchApplies, requestApply, requestRollback } from '../../../src/control/client.ts';
import { backendPort, startBackend } from '../../../src/lab/backend.ts';
import { startLoad } from '../../../src/lab/load.ts';
import { pairFile } from '../../../src/lab/pairfile.ts';
import type { PairValue } from '../../../src/lab/pairfile.ts';
import { settled } from '../../../src/lab/settled.ts';
import { milliseconds } from '../../../src/wire/units.ts';
import { usePair, VIP1, VIP2 } from '../pair/pair.ts';
import { installed } from './installed.ts';
import type { Installed } from './installed.ts';

describe.each(['nginx', 'haproxy'])('the daemons of a pair with adopted %s', (name) => {
  const pair = usePair(`ta${name.slice(0, 3)}`, { backends: 2 });
  const fronts = new Map<string, Installed>();

  /** The pair's file; both hosts keep their proxy's files in the same place. */
  const fileOf = (weights: readonly number[], more: Readonly<Record<string, PairValue>> = {}): string => {
    const { directory, pidFile } = fronts.get('lb1') as Installed;
    const backends = pair.lab.backends.map(({ ipv4 }, index) => ({
      address: `${ipv4}:${backendPort}`,
      name: `b${index + 1}`,
      weight: weights[index] ?? 1,
    }));
    const service = { listen: [`${VIP1}:80`, `${VIP2}:80`], health_path: '/vipair-health', backends, ...more };
    return pairFile(pair.lab, {
      settings: {
        proxy: { profile: name, directory, pid_file: pidFile },
        services: { web: service },
        recover_after: '100ms',
      },
    });
  };

  /** The file for one host, whose proxy has a place of its own. */
  const textFor = (host: string, text: string): string => {
    const [first, own] = [fronts.get('lb1'), fronts.get(host)];
    return text
      .replaceAll(first?.directory ?? '', own?.directory ?? '')
      .replaceAll(first?.pidFile ?? '', own?.pidFile ?? '');
  };

  const write = (text: string): void => {
    for (const daemon of pair.daemons) daemon.write(textFor(daemon.host.name, text));
  };

  beforeAll(async () => {
    for (const member of pair.lab.backends) await startBackend(member);
    for (const host of pair.lab.hosts) fronts.set(host.name, installed(name, host));
    for (const host of pair.lab.hosts)
      await host.start(fronts.get(host.name)?.command ?? [], { name: 'proxy', unattended: true });
    for (const { name: host } of pair.lab.hosts) await pair.start(host, textFor(host, fileOf([1, 1])));
    await settled(pair.daemons);
    for (const daemon of pair.daemons) await daemon.until('it has applied', ({ apply }) => apply?.inForce === 1);
  });
  afterAll(() => pair.end());

  it('put the services of the file in force by themselves, and say so', async () => {
    const status = await pair.lb1.status();
    expect(status.apply).toMatchObject({
      inForce: 1,
      held: null,
      trouble: null,
      last: { result: 'effective', cause: 'start' },
    });
    const load = await pair.load(VIP1, VIP2);
    expect(load.attempts.some(({ ending }) => ending === 'good')).toBe(true);
    await pair.unload();
  });

  it('lose no new connection in 20 applies, each host with only one of the VIPs', async () => {
    expect([VIP1, VIP2].map((vip) => pair.holders(vip))).toEqual([['lb1'], ['lb2']]);
    // A connection that was refused or reset fails at once; waiting tells only how busy this machine is.
    const targets = [`${VIP1}:80`, `${VIP2}:80`];
    const load = await startLoad(pair.lab.client, { targets, interval: milliseconds(5), timeout: milliseconds(5000) });
    const start = load.attempts.length;
    for (let round = 1; round <= 20; round++) {
      write(fileOf([1, 1], { balance: round % 2 === 0 ? 'roundrobin' : 'leastconn' }));
      await Promise.all(pair.daemons.map((daemon) => daemon.reload()));
      for (const daemon of pair.daemons)
        await daemon.until('it is in force', ({ apply }) => apply?.inForce === round + 1 && !apply.isBusy);
    }
    const attempts = load.attempts.slice(start);
    await load.stop();
    expect(attempts.filter(({ ending }) => ending !== 'good')).toEqual([]);
    expect(attempts.length).toBeGreaterThan(1000);
  });

  it('refuse to reload a file that the proxy cannot express, with the place', async () => {
    const backends = [1, 2].map((last) => ({ address: `192.0.2.${last}:80`, backup: true, slow_start: '10s' }));
    write(fileOf([1, 1], { backends, sorry: { server: '192.0.2.9:80' } }));
    const result = await pair.lb1.reload();
    expect(result.applied).toBe(false);
    expect(result.errors[0]).toMatch(/pair\.yaml:\d+:\d+: services\.web\./);
    write(fileOf([1, 1]));
    expect((await pair.lb1.reload()).applied).toBe(true);
  });

  it('apply by hand, go back, stay there, and go on when they are told to', async () => {
    const { socket } = pair.lb1;
    write(fileOf([5, 1]));
    await pair.lb1.reload();
    await pair.lb1.until(
      'it is applied',
      ({ apply }) => apply?.isBusy === false && apply.last?.cause === 'configuration',
    );
    const { inForce } = await fetchApplies(socket);
    const progress: string[] = [];
    const back = await requestRollback(socket, undefined, (words) => progress.push(words));
    expect(back, back.message).toMatchObject({ result: 'effective' });
    expect(progress.length).toBeGreaterThan(0);
    expect((await pair.lb1.status()).apply?.held).toContain('rolled back');
    const dry = await requestApply(socket, { dry: true, force: false }, () => undefined);
    expect(dry.diff).toContain('weight');
    const cli = spawnSync('node', ['dist/src/cli/main.js', 'apply', '--dry-run', '--socket', socket], {
      encoding: 'utf8',
    });
    expect(cli.stdout).toContain('+++ ');
    expect(cli.stderr).toContain('checks the configuration ...');
    const again = await requestApply(socket, { dry: false, force: false }, () => undefined);
    expect(again).toMatchObject({ result: 'effective' });
    const table = spawnSync('node', ['dist/src/cli/main.js', 'applies', '--socket', socket], {
      encoding: 'utf8',
    }).stdout;
    expect(table).toMatch(new RegExp(`^\\* +${again.id} .*by hand`, 'm'));
    expect((await fetchApplies(socket)).inForce).toBeGreaterThan(inForce ?? 0);
  });
});
