import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestSwitch } from '../../../src/control/client.ts';
import type { SwitchAnswer } from '../../../src/control/switching.ts';
import { signalProcess } from '../../../src/lab/procfs.ts';
import { eventually, usePair, VIP1 } from '../pair/pair.ts';
import { mainText, SwitchedPair } from './host.ts';

describe('a switch of an adopted nginx to HAProxy goes back', () => {
  const pair = usePair('sback', { backends: 1 });
  const both = new SwitchedPair(pair);
  let progress: string[] = [];
  const change = (): Promise<SwitchAnswer> =>
    requestSwitch(pair.lb1.socket, { to: 'haproxy', dry: false }, (words) => progress.push(words));
  const told = (words: string): Promise<unknown> =>
    eventually(`it says "${words}"`, () => progress.some((line) => line.includes(words)));
  const processesOf = (name: string): number[] =>
    pair.lab
      .host('lb1')
      .processes()
      .filter(({ comm }) => comm === name)
      .map(({ pid }) => pid);

  /** What the administrator's own file of HAProxy says beside the rest. */
  const write = (more = ''): void => {
    const { main, home, pidFile } = both.of('lb1', 'haproxy');
    writeFileSync(main, mainText('haproxy', home, pidFile, more));
  };

  /** Plays a switch that goes wrong, under load: nobody notices. */
  const fails = async (result: string, message: RegExp, meanwhile?: () => Promise<void>, most = 0): Promise<void> => {
    progress = [];
    const load = await both.load(VIP1);
    const [answer] = await Promise.all([change(), meanwhile?.()]);
    expect(answer, answer.message).toMatchObject({ result, message: expect.stringMatching(message) as unknown });
    await both.alone(pair.lb1, 'nginx');
    const failures = Object.values((await load.stop()).failures).reduce((sum, count) => sum + count, 0);
    expect(failures).toBeLessThanOrEqual(most);
    expect((await pair.lb1.vip('web-1')).state).toBe('active');
    expect((await pair.lb1.status()).switching).toMatchObject({ runs: 'nginx', configured: 'nginx', underWay: null });
  };

  beforeAll(() => both.start('nginx', { switch: { bake: '2s', drain: '3s' } }), 60_000);
  afterAll(() => pair.end());

  it('when its checker refuses the configuration, with what it says', async () => {
    write('frontend broken\n  bind nonsense\n');
    await fails('refused', /haproxy\.cfg:\d+/);
    write();
  });

  it('when it does not start', async () => {
    // The checker binds nothing, so only the start finds out.
    write('frontend own\n  mode http\n  timeout client 5s\n  bind 192.0.2.250:81\n');
    const { stdout } = await pair.lab.host('lb1').exec(['sysctl', '-n', 'net.ipv4.ip_nonlocal_bind']);
    await pair.lab.host('lb1').exec(['sysctl', '-qw', 'net.ipv4.ip_nonlocal_bind=0']);
    await fails('rolled-back', /192\.0\.2\.250:81/);
    await pair.lab.host('lb1').exec(['sysctl', '-qw', `net.ipv4.ip_nonlocal_bind=${stdout.trim()}`]);
    write();
  });

  it('when it answers otherwise than the old one does', async () => {
    // nginx has a server that answers 403 for everything that is passed on.
    const { main, home, pidFile } = both.of('lb1', 'nginx');
    writeFileSync(main, mainText('nginx', home, pidFile, 'deny all;'));
    const before = processesOf('nginx');
    await pair.lab.host('lb1').exec(['sh', '-c', `kill -HUP $(cat ${pidFile})`]);
    progress = [];
    await eventually('nginx answers 403', () => answersOnly('403'));
    // Until the old workers have left, one of them may answer the switch. The main process stays.
    await eventually('they are gone', () => processesOf('nginx').filter((pid) => before.includes(pid)).length === 1);
    const answer = await change();
    expect(answer, answer.message).toMatchObject({ result: 'rolled-back' });
    expect(answer.message).toContain('200, where the old one says 403');
    await both.alone(pair.lb1, 'nginx');
    writeFileSync(main, mainText('nginx', home, pidFile));
    await pair.lab.host('lb1').exec(['sh', '-c', `kill -HUP $(cat ${pidFile})`]);
    await eventually('nginx answers 200', () => answersOnly('200'));
  });

  it('when it dies within the bake time', async () => {
    const kill = async (): Promise<void> => {
      await told('both serve');
      for (const pid of processesOf('haproxy')) signalProcess(pid, 'SIGKILL');
    };
    // What a killed process had in its hands is lost with it.
    await fails('rolled-back', /HAProxy main process \d+ has ended/, kill, 3);
  });

  it('when the manager is killed at any step, and the next one finishes it', async () => {
    for (const step of ['checks its configuration', 'starts beside', 'is asked', 'both serve']) {
      progress = [];
      const load = await both.load(VIP1);
      const asked = change().catch((error: unknown) => error);
      await told(step);
      const { manager } = pair.lb1;
      signalProcess(manager?.pid ?? 0, 'SIGKILL');
      await asked;
      await both.alone(pair.lb1, 'nginx');
      expect((await load.stop()).failures, step).toEqual({});
      expect((await pair.lb1.vip('web-1')).state, step).toBe('active');
    }
  });

  it('but goes on when the manager is killed while the old one leaves, and it serves', async () => {
    progress = [];
    const load = await both.load(VIP1);
    const asked = change().catch((error: unknown) => error);
    await told('finishes what it has');
    signalProcess(pair.lb1.manager?.pid ?? 0, 'SIGKILL');
    await asked;
    await both.alone(pair.lb1, 'haproxy');
    expect((await load.stop()).failures).toEqual({});
    expect((await pair.lb1.vip('web-1')).state).toBe('active');
  });

  it('when the daemon is killed as a whole, and the next one finishes it', async () => {
    await requestSwitch(pair.lb1.socket, { to: 'nginx', dry: false }, () => undefined);
    await both.alone(pair.lb1, 'nginx');
    progress = [];
    const asked = change().catch((error: unknown) => error);
    await told('both serve');
    pair.lb1.process.signal('SIGKILL');
    await asked;
    await pair.start('lb1', both.file('lb1', 'nginx'));
    await both.alone(pair.lb1, 'nginx');
    await pair.settle();
  });

  /** Whether every answer through the first VIP has this status; old workers serve on for a moment after a reload. */
  async function answersOnly(status: string): Promise<boolean> {
    const urls = Array.from({ length: 20 }, () => `http://${VIP1}/`);
    const argv = ['curl', '-s', '-H', 'Connection: close', ...urls.flatMap((url) => ['-o', '/dev/null', url])];
    const { stdout } = await pair.lab.client.exec([...argv, '-w', '%{http_code} ']);
    return stdout
      .trim()
      .split(' ')
      .every((each) => each === status);
  }
});
