import { spawn, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Lab } from '../../src/lab/lab.ts';
import { labDown, labUp, openLab } from '../../src/lab/lab.ts';
import { isLabName, planOf } from '../../src/lab/plan.ts';
import { namedNamespaces, processesIn, readProcess } from '../../src/lab/procfs.ts';
import { compiledFile } from '../../src/lab/program.ts';
import { until } from '../../src/lab/until.ts';
import { HolderWatch } from '../../src/lab/watch.ts';
import { now } from '../../src/linux/clock.ts';
import { milliseconds } from '../../src/wire/units.ts';
import { labName } from './name.ts';

const patience = milliseconds(10_000);
const namespacesOf = (lab: string): string[] => namedNamespaces().filter((name) => name.startsWith(`${lab}-`));

describe('a lab plan', () => {
  it('gives every member its addresses by number, in both families', () => {
    const plan = planOf({ name: 'p', hosts: 4, backends: 1, secondLink: true });
    expect(plan.members.map(({ namespace }) => namespace)).toEqual(
      ['sw', 'cl', 'lb1', 'lb2', 'lb3', 'lb4', 'b1'].map((name) => `p-${name}`),
    );
    const [first, second] = plan.members.find(({ name }) => name === 'lb2')?.links ?? [];
    expect(first).toMatchObject({
      ipv4: '192.0.2.12',
      ipv6: '2001:db8:2::12',
      mac: '02:00:00:00:00:0c',
      bridge: 'br0',
    });
    expect(second).toMatchObject({ ipv4: '198.51.100.12', interface: 'eth1', port: 'lb2-1', bridge: 'br1' });
  });

  it.each([
    { hosts: 0 },
    { hosts: 5 },
    { hosts: 1.5 },
    { backends: 9 },
    { name: 'a-b' },
    { name: '' },
    { name: '../x' },
  ])('refuses %o', (options) => expect(() => planOf(options)).toThrow(RangeError));

  it('takes no name that could be read in two ways', () => {
    expect(['lab', 'a1', 'abcdefghijkl'].every(isLabName)).toBe(true);
    expect(['lab-1', '1a', 'Lab', 'abcdefghijklm', 'a/b'].some(isLabName)).toBe(false);
  });
});

describe('a lab that is up', () => {
  const name = labName('t');
  let lab: Lab;
  let took = 0;

  beforeAll(async () => {
    const start = now();
    lab = await labUp({ name, secondLink: true });
    took = now() - start;
  });

  afterAll(() => lab.down());

  it('takes about a tenth of a second to build', () => expect(took).toBeLessThan(2000));

  it('lets everybody reach everybody, at once, over IPv4 and IPv6', async () => {
    const addresses = lab.members.flatMap(({ plan }) => plan.links.flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6]));
    expect(addresses).toHaveLength(20);
    for (const member of [lab.client, ...lab.hosts]) {
      const pings = await Promise.all(addresses.map((address) => member.exec(['ping', '-c1', '-W2', address])));
      expect(pings.map(({ code }) => code)).toEqual(addresses.map(() => 0));
    }
  });

  it('gives a host its own name, processes, /run and network', async () => {
    const [lb1, lb2] = lab.hosts;
    const { stdout } = await lab.exec('lb1', ['sh', '-c', 'uname -n; ls /run; ls /sys/class/net; ps -eo comm=']);
    const said = stdout.split(/\s+/);
    expect(said).toEqual(expect.arrayContaining(['lb1', 'vipair-lab', 'eth0', 'eth1', 'bash', 'ps']));
    expect(said).not.toContain('netns');
    expect(said).not.toContain('node');
    expect(lb1?.init.pid).not.toBe(lb2?.init.pid);
    expect((await lab.exec('b1', ['uname', '-n'])).stdout.trim()).not.toBe('b1');
  });

  it('shares one directory with each host, by the same path', async () => {
    const host = lab.host('lb1');
    writeFileSync(`${host.directory}/outside`, 'from outside');
    expect((await host.exec(['cat', `${host.directory}/outside`])).stdout).toBe('from outside');
    await host.exec(['sh', '-c', `echo inside > ${host.directory}/inside; echo private > /run/private`]);
    expect(host.readFile(`${host.directory}/inside`)).toBe('inside\n');
    expect(host.readFile('/run/private')).toBe('private\n');
    expect(existsSync('/run/private')).toBe(false);
  });

  it('reaps orphans on a host', async () => {
    const host = lab.host('lb1');
    await host.exec(['bash', '-c', '(sleep 0.05 & sleep 0.05 & sleep 0.05 &)']);
    const identity = new Set([Number((await host.exec(['stat', '-Lc', '%i', '/proc/self/ns/pid'])).stdout)]);
    // PID 1 and the process it waits with.
    await until('all orphans are gone', () => processesIn('pid', identity).length === 2, patience);
  });

  it('lets hosts bind addresses they do not hold, unless told otherwise', async () => {
    const read = ['cat', '/proc/sys/net/ipv4/ip_nonlocal_bind', '/proc/sys/net/ipv6/ip_nonlocal_bind'];
    expect((await lab.exec('lb1', read)).stdout).toBe('1\n1\n');
    const other = await labUp({ name: labName('n'), nonlocalBind: false, backends: 0 });
    expect((await other.exec('lb1', read)).stdout).toBe('0\n0\n');
    other.down();
    expect(namespacesOf(name)).toHaveLength(6);
  });

  it('tells who holds an address, from the kernel', async () => {
    const host = lab.host('lb2');
    for (const address of ['192.0.2.199', '2001:db8:2::199']) {
      const length = address.includes(':') ? 128 : 32;
      expect(lab.holders(address)).toEqual([]);
      await host.exec([
        'ip',
        'address',
        'add',
        `${address}/${length}`,
        'dev',
        'eth0',
        'valid_lft',
        '60',
        'preferred_lft',
        '0',
      ]);
      expect(lab.holders(address)).toEqual(['lb2']);
      const held = (await host.addresses()).find((each) => each.address === address);
      expect(held).toMatchObject({ interface: 'eth0', prefixLength: length, preferredLifetime: 0 });
      expect(held?.validLifetime).toBeLessThanOrEqual(60);
      await host.exec(['ip', 'address', 'delete', `${address}/${length}`, 'dev', 'eth0']);
    }
    expect(lab.holders('192.0.2.1')).toEqual([]);
  });

  it('follows who holds an address: nobody, one, both, one', async () => {
    const prefix = '192.0.2.198/32';
    const change = (host: string, verb: 'add' | 'delete'): Promise<unknown> =>
      lab.exec(host, ['ip', 'address', verb, prefix, 'dev', 'eth0']);
    const since = now();
    const watch = new HolderWatch(lab, '192.0.2.198');
    const seen = (): string => watch.changes.map(({ holders }) => holders.join('+')).join(' ');
    for (const [host, verb, after] of [
      ['lb1', 'add', ' lb1'],
      ['lb2', 'add', ' lb1 lb1+lb2'],
      ['lb1', 'delete', ' lb1 lb1+lb2 lb2'],
    ] as const) {
      await change(host, verb);
      await until('the change was seen', () => seen() === after, patience);
    }
    const [vacant, single, both, last] = watch.changes.map(({ from }) => from);
    watch.stop();
    expect(watch.timeWith((count) => count === 0, since)).toBeCloseTo((single ?? 0) - (vacant ?? 0), 6);
    expect(watch.timeWith((count) => count > 1, since)).toBeCloseTo((last ?? 0) - (both ?? 0), 6);
    await change('lb2', 'delete');
  });

  it('starts processes that are known by both their pids', async () => {
    const host = lab.host('lb1');
    const started = await host.start(['sh', '-c', 'echo "I am $$"; exec sleep 100'], { name: 'sleeper' });
    await until('it has spoken', () => started.log() !== '', patience);
    expect(started.log()).toBe(`I am ${started.inside}\n`);
    expect(readProcess(started.pid)).toMatchObject({ comm: 'sleep', inside: started.inside });
    expect(await started.stop()).toEqual({ code: undefined, signal: 'SIGTERM' });
    expect(started.running).toBe(false);
    const failing = await lab.client.start(['sh', '-c', 'exit 3'], { name: 'failing' });
    expect(await failing.exited).toEqual({ code: 3, signal: undefined });
  });

  it('stops, continues and ends a process that is stopped', async () => {
    const started = await lab.host('lb1').start(['sleep', '100'], { name: 'stopped' });
    started.signal('SIGSTOP');
    await until('it is stopped', () => readProcess(started.pid)?.state === 'T', patience);
    started.signal('SIGCONT');
    await until('it goes on', () => readProcess(started.pid)?.state === 'S', patience);
    started.signal('SIGSTOP');
    await until('it is stopped', () => readProcess(started.pid)?.state === 'T', patience);
    expect((await started.stop()).signal).toBe('SIGTERM');
  });

  it('is usable by whoever opens it, and refuses to be built twice', async () => {
    const opened = openLab(name);
    expect((await opened.exec('lb2', ['uname', '-n'])).stdout).toBe('lb2\n');
    const status = await opened.status();
    expect(status.members.map((member) => member.name)).toEqual(['sw', 'cl', 'lb1', 'lb2', 'b1', 'b2']);
    expect(status.members.every(({ held }) => held.length === 0)).toBe(true);
    await expect(labUp({ name })).rejects.toThrow(`Cannot bring up lab "${name}": it is up`);
    expect(() => openLab(labName('absent'))).toThrow(/there is none; run "vipair lab up --name/);
    expect(() => opened.host('cl')).toThrow(/hosts are lb1, lb2/);
  });
});

describe('a lab that goes down', () => {
  const name = labName('d');

  afterEach(() => labDown(name));

  it('leaves no namespace, process or file, whatever ran in it', async () => {
    const lab = await labUp({ name });
    const started = await Promise.all(
      ['cl', 'lb1', 'b1', 'sw'].map((member) =>
        lab
          .member(member)
          .start(['bash', '-c', 'trap "" TERM INT; setsid sleep 1000 & sleep 1000'], { name: 'stubborn' }),
      ),
    );
    const pids = [...started.map(({ pid }) => pid), ...lab.hosts.map(({ init }) => init.pid)];
    lab.down();
    expect(namespacesOf(name)).toEqual([]);
    expect(existsSync(`/run/vipair-lab/${name}`)).toBe(false);
    for (const pid of pids) expect([undefined, 'Z']).toContain(readProcess(pid)?.state);
    expect(() => lab.down()).not.toThrow();
  });

  it('goes also when it was only half built', async () => {
    spawnSync('ip', ['netns', 'add', `${name}-lb1`]);
    const child = spawn('nsenter', [`--net=/run/netns/${name}-lb1`, 'sleep', '1000'], { stdio: 'ignore' });
    await until('it runs there', () => readProcess(child.pid ?? 0)?.comm === 'sleep', patience);
    const ended = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
    labDown(name);
    expect(await ended).toBe('SIGKILL');
    expect(namespacesOf(name)).toEqual([]);
  });

  const script = (options: string): string =>
    `import('${compiledFile('src/lab/lab')}').then(async ({ labUp }) => {
       await labUp({ name: '${name}', ${options} });
       process.stdout.write('up');
       ${options === '' ? 'setTimeout(() => undefined, 60_000);' : ''}
     });`;

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('goes with its process on %s', async (signal) => {
    const child = spawn(process.execPath, ['-e', script('')], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    expect(namespacesOf(name)).toHaveLength(6);
    child.kill(signal);
    expect(await new Promise((resolve) => child.once('exit', (_, by) => resolve(by)))).toBe(signal);
    expect(namespacesOf(name)).toEqual([]);
    expect(existsSync(`/run/vipair-lab/${name}`)).toBe(false);
  });

  it('makes room when its process was killed outright', async () => {
    const child = spawn(process.execPath, ['-e', script('')], { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    expect(namespacesOf(name)).toHaveLength(6);
    const lab = await labUp({ name, backends: 1 });
    expect(namespacesOf(name)).toHaveLength(5);
    expect((await lab.exec('cl', ['ping', '-c1', '-W2', '192.0.2.11'])).code).toBe(0);
  });

  it('stays when it is persistent, until somebody takes it down', async () => {
    const child = spawn(process.execPath, ['-e', script('persistent: true')], { stdio: ['ignore', 'pipe', 'inherit'] });
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0);
    await pause(50);
    const lab = openLab(name);
    expect((await lab.exec('lb1', ['uname', '-n'])).stdout).toBe('lb1\n');
    lab.down();
    expect(namespacesOf(name)).toEqual([]);
  });
});
