import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startKeepalived } from '../../../src/lab/keepalived.ts';
import type { Lab } from '../../../src/lab/lab.ts';
import { labUp } from '../../../src/lab/lab.ts';
import { vipOf } from '../../../src/lab/pairfile.ts';
import { labName } from '../name.ts';
import { CHECK, Stage } from './stage.ts';

/* The watchdog with a real proxy, and beside a real keepalived. */

let lab: Lab;
let stage: Stage;

beforeAll(async () => {
  lab = await labUp({ name: labName('w') });
  stage = new Stage(lab.host('lb1'));
});
beforeEach(async () => {
  stage.prepare();
  await stage.serve();
});
afterEach(() => stage.clear());
afterAll(() => lab.down());

const ADDRESS = ['--url', 'http://127.0.0.1/healthz', '--port', '80'];
const restart = (): string[] => ['--restart', `sh ${stage.path('restart.sh')}`];
const after = (): string[] => [
  ...['--then', `sh ${stage.path('after.sh')} resort`],
  ...['--back', `sh ${stage.path('after.sh')} back`],
];
const afterLog = (): string => (stage.has('after.log') ? readFileSync(stage.path('after.log'), 'utf8') : '');
const mainPid = (): string => readFileSync(stage.path('front.pid'), 'utf8').trim();

describe('a proxy that is watched', () => {
  it.each([
    ['killed', 'kill -KILL -$(cat $PID)', /sick: nginx main process \d+/],
    ['killed but for its workers', 'kill -KILL $(cat $PID)', /2 orphaned workers .* still hold port 80/],
    ['hung', 'pkill -STOP -P $(cat $PID)', /all nginx workers \d+, \d+ are stopped/],
    ['deaf', 'kill -STOP -$(cat $PID)', /nginx main process \d+ is stopped; http:\S+: no answer within 500 ms/],
  ])('and %s is restarted, and seen to work', async (_, script, reason) => {
    await stage.watch(...ADDRESS, ...restart(), ...after());
    const before = mainPid();
    await stage.sh(script.replaceAll('$PID', stage.path('front.pid')));
    await stage.said(/recovered/);
    expect(stage.log()).toMatch(reason);
    expect(stage.log()).toMatch(/restart 1 of 3: sh /);
    expect(stage.log()).toMatch(/came up \d+/);
    expect(stage.log()).not.toContain('restart 2 of 3');
    expect(mainPid()).not.toBe(before);
    expect((await stage.sh('curl -sf http://127.0.0.1/healthz')).stdout).toBe('well\n');
    expect(afterLog()).toBe('');
  });

  it.each([
    ['that fails', 'echo "no such config" >&2; exit 3', /restart ended after .*: exit code 3: no such config/],
    ['that lies', 'exit 0', /restart ended after .*: exit code 0/],
    ['that hangs', 'sleep 60', /restart ended after .*: not ended within 0\.3 s, killed/],
  ])(
    'with a restart %s is given up, taken down, and taken back when somebody has mended it',
    async (_, script, words) => {
      const command = stage.write('broken.sh', script);
      const quick = ['--attempts', '2', '--verify', '500ms', '--command-timeout', '300ms'];
      await stage.watch(...ADDRESS, ...quick, '--restart', command, ...after());
      await stage.sh(`kill -KILL -${mainPid()}`);
      await stage.said(/last resort ended after .*: exit code 0/);
      expect(stage.log()).toMatch(words);
      expect(stage.log()).toMatch(/restart 1 of 2 did not bring it up; the next one in 200 ms/);
      expect(stage.log()).toMatch(/restart 2 of 2 did not bring it up\n/);
      expect(stage.log()).toMatch(/given up after 2 restarts/);
      expect(afterLog()).toBe('resort\n');
      await stage.serve();
      await stage.said(/recovered/);
      expect(afterLog()).toBe('resort\nback\n');
      expect((await stage.check('nginx')).code).toBe(0);
    },
  );

  it('with a restart that is not there is given up, and the reason is said', async () => {
    await stage.watch('--attempts', '1', '--restart', '/nowhere/restart now');
    await stage.sh(`kill -KILL -${mainPid()}`);
    await stage.said(/given up after 1 restarts?/);
    expect(stage.log()).toContain('cannot be started: ENOENT');
  });

  it('is not touched by a dry run, which says what it would do', async () => {
    await stage.watch('--dry-run', '--attempts', '1', '--verify', '100ms', ...restart(), ...after());
    await stage.sh(`kill -KILL -${mainPid()}`);
    await stage.said(/last resort: sh /);
    expect(stage.log()).toContain('not run (dry run)');
    expect(afterLog()).toBe('');
    expect((await stage.sh('pidof nginx')).code).toBe(1);
  });
});

describe('one look', () => {
  it('ends with 0, 1 or 2', async () => {
    expect(await stage.vipair('--once', '--process', 'nginx', ...ADDRESS)).toMatchObject({ code: 0 });
    expect(await stage.vipair('--once', '--pid-file', stage.path('front.pid'))).toMatchObject({ code: 0 });
    expect(await stage.vipair('--once', '--process', 'nginx', '--user', 'nobody')).toMatchObject({ code: 1 });
    expect(await stage.vipair('--once', '--process', 'keepalived', '--port', '80')).toMatchObject({ code: 1 });
    expect(await stage.vipair('--once', '--url', 'http://127.0.0.1/missing')).toMatchObject({ code: 1 });
    expect(await stage.vipair('--once', '--url', 'http://127.0.0.1:81/')).toMatchObject({ code: 1 });
    expect(await stage.vipair('--once', '--proces', 'nginx')).toMatchObject({ code: 2 });
    expect(await stage.vipair('--once')).toMatchObject({ code: 2 });
    const { stdout } = await stage.vipair('--once', '--json', '--process', 'nginx');
    expect(JSON.parse(stdout)).toMatchObject({ name: 'nginx', health: 'well' });
  });

  it('is not deceived by what killall -0 calls alive', async () => {
    await stage.sh(`kill -KILL ${mainPid()}`);
    expect((await stage.sh('killall -0 nginx')).code).toBe(0);
    const orphans = await stage.vipair('--once', '--process', 'nginx', ...ADDRESS);
    expect(orphans.code).toBe(1);
    expect(orphans.stdout).toContain('orphaned workers');
    const { stdout } = await stage.vipair('--list', '--process', 'nginx', '--port', '80');
    expect(stdout).toMatch(/orphan +root .*0\.0\.0\.0:80 +yes +yes +yes +yes/);
    expect(stdout).toMatch(/^killall -0 nginx +alive, exit code 0/m);
    expect(stdout).toMatch(/^vipair +sick: /m);
    await stage.sh('pkill -KILL -x nginx');
  });

  it('lists what the tools themselves say', async () => {
    await stage.sh(`kill -STOP ${mainPid()}`);
    const { stdout } = await stage.vipair('--list', '--json', '--process', 'nginx', '--port', '80');
    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const pids = (key: string): string =>
      rows
        .filter((row) => row[key] === true)
        .map(({ pid }) => Number(pid))
        .toSorted((a, b) => a - b)
        .join(' ');
    const said = async (script: string): Promise<string> =>
      (await stage.sh(script)).stdout
        .trim()
        .split(/\s+/)
        .map(Number)
        .toSorted((a, b) => a - b)
        .join(' ');
    expect(pids('pidof')).toBe(await said('pidof nginx'));
    expect(pids('ps')).toBe(await said('ps -C nginx -o pid='));
    expect(pids('lsof')).toBe(await said('lsof -t -i :80 -s TCP:LISTEN'));
    expect((await stage.sh('killall -0 nginx')).code).toBe(0);
    expect(rows.find(({ role }) => role === 'main')?.['state']).toBe('T stopped');
    await stage.sh(`kill -CONT ${mainPid()}`);
  });
});

describe('a watchdog that runs', () => {
  it('answers vipair-check, and is not believed when it is gone or frozen', async () => {
    const watchdog = await stage.watch(...ADDRESS);
    expect((await stage.check('nginx')).code).toBe(0);
    await stage.sh('pkill -STOP -x nginx');
    await stage.said(/sick: /);
    expect(await stage.check('nginx')).toMatchObject({ code: 1, stderr: expect.stringContaining('stopped') as string });
    await stage.sh('pkill -CONT -x nginx');
    await stage.until('it is well', async () => (await stage.check('nginx')).code === 0);
    watchdog.signal('SIGSTOP');
    await stage.until('it is not believed', async () => (await stage.check('nginx')).code === 2);
    watchdog.signal('SIGCONT');
    await stage.until('it is believed', async () => (await stage.check('nginx')).code === 0);
    expect(await watchdog.stop()).toEqual({ code: 0, signal: undefined });
    expect((await stage.check('nginx')).code).toBe(2);
  });

  it('is the only one of its target', async () => {
    await stage.watch(...restart());
    expect(await stage.vipair('--process', 'nginx')).toMatchObject({
      code: 75,
      stderr: expect.stringContaining('has that name') as string,
    });
    expect(await stage.vipair('--process', 'nginx', '--name', 'other')).toMatchObject({
      code: 75,
      stderr: expect.stringContaining('watches the same') as string,
    });
    expect(await stage.vipair('--port', '80', ...restart())).toMatchObject({
      code: 75,
      stderr: expect.stringContaining('the same --restart') as string,
    });
  });

  it('costs a vrrp_script less than 5 ms of processor time', async () => {
    await stage.watch(...ADDRESS);
    const script = `i=0; while [ $i -lt 200 ]; do ${CHECK} nginx || exit 1; i=$((i+1)); done; cat /proc/$$/stat`;
    const { code, stdout } = await stage.sh(script);
    expect(code).toBe(0);
    // cutime and cstime, fields 16 and 17 of proc_pid_stat(5), in hundredths of a second, for 200 runs.
    const fields = stdout.slice(stdout.lastIndexOf(')') + 2).split(' ');
    const each = ((Number(fields[13]) + Number(fields[14])) * 10) / 200;
    expect(each).toBeLessThan(5);
  });
});

describe('keepalived with vipair-check as its vrrp_script', () => {
  it('gives up the VIP of a hung proxy, and of one that nobody watches any more', async () => {
    const vip = vipOf(1);
    const watchdog = await stage.watch(...ADDRESS);
    const keepalived = await startKeepalived(lab.host('lb1'), {
      version: 3,
      instances: [{ name: 'VI_1', vrid: 51, priority: 100, addresses: [`${vip}/24`] }],
      track: { kind: 'script', command: `${CHECK} nginx` },
    });
    const holds = (): boolean => lab.host('lb1').holds(vip);
    await stage.until('keepalived holds the VIP', holds);
    await stage.sh('pkill -STOP -x nginx');
    await stage.until('it lets go', () => !holds());
    expect(keepalived.state('VI_1')).toBe('FAULT');
    await stage.sh('pkill -CONT -x nginx');
    await stage.until('it takes it back', holds);
    watchdog.signal('SIGKILL');
    await stage.until('it lets go', () => !holds());
    await keepalived.stop();
  });
});
