import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestSwitch } from '../../../src/control/client.ts';
import type { SwitchAnswer } from '../../../src/control/switching.ts';
import { usePair, VIP1, VIP2 } from '../pair/pair.ts';
import { otherOf, SwitchedPair } from './host.ts';

describe.each(['nginx', 'haproxy'] as const)('a pair with adopted %s', (name) => {
  const pair = usePair(`sa${name.slice(0, 3)}`, { backends: 2 });
  const both = new SwitchedPair(pair);
  const other = otherOf(name);
  const progress: string[] = [];
  const change = (to: string, dry = false): Promise<SwitchAnswer> =>
    requestSwitch(pair.lb1.socket, { to, dry }, (words) => progress.push(words));

  const warned = async (): Promise<string> => (await pair.lb1.status()).warnings.map(({ text }) => text).join('\n');

  beforeAll(() => both.start(name));
  afterAll(async () => {
    await pair.end();
  });

  it('says what a switch would do, and does nothing', async () => {
    const dry = await change(other, true);
    expect(dry, dry.message).toMatchObject({ result: 'possible', mechanism: { kind: 'reuseport', missing: [] } });
    expect(dry.diff).toContain('+++ ');
    expect(dry.steps.join('\n')).toContain(both.of('lb1', other).start.join(' '));
    expect(both.running('lb1')).toEqual([name]);
    const cli = spawnSync('node', ['dist/src/cli/main.js', 'switch', other, '--socket', pair.lb1.socket], {
      encoding: 'utf8',
    });
    expect([cli.status, cli.stderr]).toEqual([2, expect.stringContaining('--yes')]);
  });

  it('is switched there and back under load without a lost connection, and no VIP moves', async () => {
    const load = await both.load(VIP1, VIP2);
    const before = (await pair.lb1.vip('web-1')).counters['activeTransitions'];
    for (const to of [other, name]) {
      const answer = await change(to);
      expect(answer, answer.message).toMatchObject({ result: 'switched' });
      await both.alone(pair.lb1, to);
    }
    const { failures } = await load.stop();
    expect(failures).toEqual({});
    expect((await pair.lb1.vip('web-1')).counters['activeTransitions']).toBe(before);
    expect([VIP1, VIP2].map((vip) => pair.holders(vip))).toEqual([['lb1'], ['lb2']]);
    expect(both.running('lb2')).toEqual([name]);
  });

  it('runs what it was switched to after a restart, and says so until the file agrees', async () => {
    await change(other);
    await both.alone(pair.lb1, other);
    expect(await warned()).toContain(`this host runs ${other}`);
    await pair.lb1.stop();
    await pair.start('lb1', both.file('lb1', name));
    await both.alone(pair.lb1, other);
    expect((await pair.lb1.status()).switching).toMatchObject({ runs: other, configured: name });
    pair.lb1.write(both.file('lb1', other));
    expect(await pair.lb1.reload()).toMatchObject({ applied: true, changes: [] });
    const { switching } = await pair.lb1.status();
    expect(switching).toMatchObject({ runs: other, configured: other });
    expect(await warned()).not.toContain('this host runs');
    // The VIP has gone home: it takes what is under way along with it.
    await pair.settle();
  });

  it('is switched by a reload of a file that names the other, without a lost connection', async () => {
    const load = await both.load(VIP1);
    pair.lb1.write(both.file('lb1', name));
    expect(await pair.lb1.reload()).toMatchObject({ applied: true });
    await both.alone(pair.lb1, name);
    expect((await load.stop()).failures).toEqual({});
    expect(await warned()).not.toContain('this host runs');
  });
});
