import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestSwitch } from '../../../src/control/client.ts';
import type { SwitchAnswer } from '../../../src/control/switching.ts';
import { signalProcess } from '../../../src/lab/procfs.ts';
import { eventually, usePair, VIP1, VIP2 } from '../pair/pair.ts';
import { otherOf, SwitchedPair } from './host.ts';

describe.each(['nginx', 'haproxy'] as const)('a pair with managed %s', (name) => {
  const pair = usePair(`sm${name.slice(0, 3)}`, { backends: 2 });
  const both = new SwitchedPair(pair);
  const other = otherOf(name);
  let progress: string[] = [];
  const change = (to: string, dry = false): Promise<SwitchAnswer> =>
    requestSwitch(pair.lb1.socket, { to, dry }, (words) => progress.push(words));
  const told = (words: string): Promise<unknown> =>
    eventually(`it says "${words}"`, () => progress.some((line) => line.includes(words)));

  beforeAll(() => both.manage(name));
  afterAll(() => pair.end());

  it('says what a switch would do, and does nothing', async () => {
    const dry = await change(other, true);
    expect(dry, dry.message).toMatchObject({ result: 'possible', mechanism: { kind: 'inherited', missing: [] } });
    expect(both.running('lb1')).toEqual([name]);
    const same = await change(name);
    expect(same, same.message).toMatchObject({ result: 'unchanged', message: `this host runs ${name} already` });
  });

  it('is switched there and back under load without a lost connection, and no VIP moves', async () => {
    const load = await both.load(VIP1, VIP2);
    const before = (await pair.lb1.vip('web-1')).counters['activeTransitions'];
    for (const to of [other, name]) {
      const answer = await change(to);
      expect(answer, answer.message).toMatchObject({ result: 'switched' });
      await both.alone(pair.lb1, to);
    }
    expect((await load.stop()).failures).toEqual({});
    expect((await pair.lb1.vip('web-1')).counters['activeTransitions']).toBe(before);
    expect([VIP1, VIP2].map((vip) => pair.holders(vip))).toEqual([['lb1'], ['lb2']]);
    expect(both.running('lb2')).toEqual([name]);
  });

  it('goes back when the new one dies within the bake time', async () => {
    progress = [];
    const load = await both.load(VIP1);
    const asked = change(other);
    await told('both serve');
    expect(await change(other)).toMatchObject({ result: 'refused', message: expect.stringContaining('wait for it') });
    const killed = pair.lab
      .host('lb1')
      .processes()
      .filter(({ comm }) => comm === other);
    for (const { pid } of killed) signalProcess(pid, 'SIGKILL');
    expect(await asked).toMatchObject({ result: 'rolled-back' });
    await both.alone(pair.lb1, name);
    const lost = Object.values((await load.stop()).failures).reduce((sum, count) => sum + count, 0);
    expect(lost).toBeLessThanOrEqual(3);
    expect((await pair.lb1.vip('web-1')).state).toBe('active');
  });

  it('goes back when the manager is killed while both serve', async () => {
    progress = [];
    const load = await both.load(VIP1);
    const asked = change(other).catch((error: unknown) => error);
    await told('both serve');
    signalProcess(pair.lb1.manager?.pid ?? 0, 'SIGKILL');
    await asked;
    await both.alone(pair.lb1, name);
    expect((await load.stop()).failures).toEqual({});
    expect((await pair.lb1.vip('web-1')).state).toBe('active');
  });

  it('goes back when the disk is full in the moment of the change', async () => {
    const { host } = pair.lb1;
    const [record, full] = [`${host.directory}/proxy.json.new`, `${host.directory}/full`];
    const sh = async (words: string): Promise<void> => expect((await host.exec(['sh', '-c', words])).code).toBe(0);
    pair.lb1.write(both.managedFile(name, { switch: { bake: '2s', drain: '5s' } }));
    expect(await pair.lb1.reload()).toMatchObject({ applied: true });
    // The record is in the directory of the socket, which in the lab has much else in it: the disk is full for it alone.
    const fill = `dd if=/dev/zero of=${full}/fill bs=4k 2>/dev/null || true`;
    await sh(`mkdir ${full} && mount -t tmpfs -o size=4k full ${full} && : > ${full}/record && { ${fill}; }`);
    const { restarts } = (await pair.lb1.status()).manager;
    progress = [];
    const load = await both.load(VIP1);
    const asked = change(other);
    await told('both serve');
    await sh(`: > ${record} && mount --bind ${full}/record ${record}`);
    const answer = await asked;
    expect(answer, answer.message).toMatchObject({
      result: 'rolled-back',
      message: expect.stringMatching(
        /serves as before: Cannot write ".*proxy\.json\.new": ENOSPC; the disk is full/,
      ) as string,
    });
    await both.alone(pair.lb1, name);
    expect((await load.stop()).failures).toEqual({});
    expect(pair.lb1.log()).toMatch(/switch.*rolled.back.*ENOSPC/);
    expect(await pair.lb1.status()).toMatchObject({
      switching: { runs: name, configured: name, underWay: null },
      manager: { restarts },
    });
    expect((await pair.lb1.vip('web-1')).state).toBe('active');
    await sh(`umount ${record} && rm ${record} && umount ${full}`);
  });

  it('is switched by a reload, and runs what it was switched to after the death of the manager', async () => {
    const load = await both.load(VIP1);
    pair.lb1.write(both.managedFile(other));
    expect(await pair.lb1.reload()).toMatchObject({ applied: true });
    await both.alone(pair.lb1, other);
    signalProcess(pair.lb1.manager?.pid ?? 0, 'SIGKILL');
    await pair.lb1.until('another manager answers', ({ manager }) => manager.restarts > 1);
    await both.alone(pair.lb1, other);
    expect((await load.stop()).failures).toEqual({});
    expect((await pair.lb1.vip('web-1')).state).toBe('active');
  });

  it('leaves none behind when the daemon is stopped while both serve; the next one starts the old one, with its servers', async () => {
    progress = [];
    const asked = change(name).catch((error: unknown) => error);
    await told('both serve');
    await pair.lb1.stop();
    await asked;
    expect(both.running('lb1')).toEqual([]);
    await pair.start('lb1', both.managedFile(other));
    await both.alone(pair.lb1, other);
    await pair.settle();
    expect((await (await both.load(VIP1)).stop()).failures).toEqual({});
  });

  it('is switched away from one that is dead and cannot be started', async () => {
    const { host } = pair.lb1;
    pair.lb1.write(both.managedFile(other, { binary: `${host.directory}/missing` }));
    expect(await pair.lb1.reload()).toMatchObject({ applied: true });
    for (const { pid } of host.processes().filter(({ comm }) => comm === other)) signalProcess(pid, 'SIGKILL');
    await pair.lb1.until('it is dead', ({ proxy }) => proxy?.state === 'dead' && proxy.notes.length > 0);
    const answer = await change(name);
    expect(answer, answer.message).toMatchObject({ result: 'switched' });
    await both.alone(pair.lb1, name);
    await pair.settle();
    expect((await (await both.load(VIP1)).stop()).failures).toEqual({});
  });
});
