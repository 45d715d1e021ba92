import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { profiles } from '../../../profiles/registry.ts';
import { fetchExplanation } from '../../../src/control/client.ts';
import { eventually, GAP, outage, usePair, VIP1 } from './pair.ts';

describe.each(Object.keys(profiles))('with %s', (profile) => {
  const pair = usePair(`tl${profile}`, { backends: 1 });
  beforeAll(() => pair.serve(profile));
  afterEach(() => pair.unload());

  const run = (more: object = {}, settings: object = {}): Promise<void> =>
    pair.run({ settings: { recover_after: '300ms', ...settings, proxy: { profile, ...more } } });

  /** Waits until lb1 has found out, and lb2 holds both VIPs. */
  const moved = async (state: 'dead' | 'degraded' = 'dead'): Promise<string> => {
    await eventually('lb2 holds it', () => pair.holders(VIP1).join() === 'lb2');
    const { proxy } = await pair.lb1.until('it knows', (status) => status.proxy?.state === state);
    return proxy?.reason ?? '';
  };

  it('a proxy that hangs is found by what it does not answer', async () => {
    await run();
    const load = await pair.load(VIP1);
    // Nothing but an answer tells: a debugger stops a process without the state that SIGSTOP leaves.
    const { at } = await pair.lab.fault({ kind: 'hang-proxy', host: 'lb1' });
    expect(await moved()).toContain('no process has accepted it');
    // A question every 250 ms, two of which must fail.
    expect(await outage(load, VIP1, at)).toBeLessThan(800 + GAP);
    const { proxy } = await pair.lb1.status();
    expect(proxy?.levels.map(({ level, state }) => `${level} ${state}`)).toEqual([
      'process well',
      'listener well',
      'answer dead',
    ]);
    await pair.lab.fault({ kind: 'release-proxy', host: 'lb1' });
    await pair.settle();
  });

  it('workers that outlived their main process are named', async () => {
    await run();
    const load = await pair.load(VIP1);
    const at = pair.front('lb1').kill('main');
    expect(await moved()).toMatch(new RegExp(profile, 'i'));
    expect(await outage(load, VIP1, at)).toBeLessThan(GAP);
    for (const { pid } of pair.front('lb1').processes()) process.kill(pid, 'SIGKILL');
    await eventually('they are gone', () => pair.front('lb1').processes().length === 0);
    await pair.front('lb1').start();
    await pair.settle();
  });
});

describe('checks of the host', () => {
  const pair = usePair('tlchecks', { backends: 1 });
  beforeAll(() => pair.serve('nginx'));
  afterEach(() => pair.unload());

  it('a deleted check script is a failure, with the reason', async () => {
    const directory = mkdtempSync(`${tmpdir()}/vipair-check-`);
    chmodSync(directory, 0o755);
    mkdirSync(`${directory}/bin`);
    // The same file on both hosts, as far as the configuration can tell.
    for (const host of pair.lab.hosts) {
      mkdirSync(`${directory}/${host.name}`);
      writeFileSync(`${directory}/${host.name}/check`, '#!/bin/sh\nexit 0\n', { mode: 0o755 });
      await host.exec(['mount', '--bind', `${directory}/${host.name}`, `${directory}/bin`]);
    }
    const settings = {
      recover_after: '300ms',
      track: {
        checks: {
          script: { command: [`${directory}/bin/check`], interval: '200ms', weight: 50 },
          maintenance: { file: `${directory}/bin/maintenance`, weight: 100 },
          lan: { interface: 'eth0' },
        },
      },
    };
    await pair.run({ proxy: 'nginx', settings });
    rmSync(`${directory}/lb1/check`);
    await eventually('lb2 holds it', () => pair.holders(VIP1).join() === 'lb2');
    const status = await pair.lb1.until('it knows', ({ checks }) => checks.some(({ state }) => state === 'failed'));
    expect(status.checks[0]).toMatchObject({ name: 'script', state: 'failed' });
    expect(status.checks[0]?.reason).toContain('ENOENT');
    expect(status.vips[0]).toMatchObject({ state: 'backup', priority: 204 });
    expect(status.vips[0]?.reason).toContain('script: cannot run');

    writeFileSync(`${directory}/lb1/check`, '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    await pair.settle();
    writeFileSync(`${directory}/lb1/maintenance`, '');
    await eventually('lb2 holds it', () => pair.holders(VIP1).join() === 'lb2');
    const { vips } = await pair.lb1.status();
    expect(vips[0]?.reason).toContain(`maintenance: "${directory}/bin/maintenance" is there`);
    const explained = await fetchExplanation(`${pair.lab.host('lb1').directory}/control.sock`, ['proxy=dead']);
    expect(explained.vips[0]).toMatchObject({ vip: 'web-1', fitness: 'dead', reaction: 'resign', holder: 'lb2' });
    rmSync(directory, { recursive: true });
  });
});
