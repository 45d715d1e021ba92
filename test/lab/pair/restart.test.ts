import { writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { findProcess } from '../../../src/lab/process.ts';
import { eventually, usePair, VIP1 } from './pair.ts';

/* `proxy.restart`: the VIPs are given up first, and the proxy is restarted meanwhile. */
describe('a dead proxy that is to be restarted', () => {
  const pair = usePair('trestart', { backends: 1 });
  let start = '';
  beforeAll(async () => {
    await pair.serve('nginx');
    const argv = findProcess(pair.lab.host('lb1'), 'proxy')?.argv ?? [];
    start = `exec setsid -f ${argv.map((word) => `'${word}'`).join(' ')} > /dev/null 2>&1`;
  });

  const run = async (script: string): Promise<void> => {
    const path = `${pair.lab.host('lb1').directory}/again.sh`;
    writeFileSync(path, script);
    const restart = { attempts: 2, backoff: '200ms', verify: '2s', settle: '1s', command: ['/bin/sh', path] };
    await pair.run({ settings: { recover_after: '0s', proxy: { profile: 'nginx', restart } } });
  };

  it('gives its VIP up, runs again, and has it back', async () => {
    await run(start);
    const before = pair.front('lb1').main()?.pid;
    pair.front('lb1').kill();
    const { reason } = await pair.lb2.role('web-1', 'active');
    expect(reason).toBe('lb1 resigned');
    await eventually('it was taken for recovered', () =>
      pair.lb1.log().includes('recovered: its restarts are forgotten'),
    );
    await pair.settle();
    expect(pair.holders(VIP1)).toEqual(['lb1']);
    expect(pair.front('lb1').main()?.pid).not.toBe(before);
    const log = pair.lb1.log();
    expect(log).toMatch(/proxy: came up \d+ m?s after restart 1/);
    // Resign first.
    expect(log).toMatch(/web-1\/ipv4: active -> /);
    expect(log.search(/web-1\/ipv4: active -> /)).toBeLessThan(log.indexOf('restart 1 of 2'));
  });

  it('is given up when that does not help, and comes home when somebody has mended it', async () => {
    await run('echo "port 80 is taken" >&2; exit 1');
    pair.front('lb1').kill();
    await eventually('it is given up', () => pair.lb1.log().includes('given up after 2 restarts'));
    expect(pair.lb1.log()).toMatch(/proxy: restart ended after .*: exit code 1: port 80 is taken/);
    expect(pair.holders(VIP1)).toEqual(['lb2']);
    await pair.front('lb1').start();
    await pair.settle();
    await eventually('it was taken for recovered', () => pair.lb1.log().includes('recovered'));
    expect(pair.holders(VIP1)).toEqual(['lb1']);
  });
});
