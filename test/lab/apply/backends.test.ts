import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServiceStatus } from '../../../src/control/backends.ts';
import { backendPort, startBackend } from '../../../src/lab/backend.ts';
import type { Backend } from '../../../src/lab/backend.ts';
import type { Daemon } from '../../../src/lab/daemon.ts';
import { pairFile } from '../../../src/lab/pairfile.ts';
import { settled } from '../../../src/lab/settled.ts';
import { eventually, usePair, VIP1 } from '../pair/pair.ts';
import { installed } from './installed.ts';
import type { Installed } from './installed.ts';

/*
 * Backends in the whole daemon, before an adopted HAProxy: what its files get wrong is told and changes nothing, and
 * what was wrong is mended without a restart. One host of the pair is enough for all of it.
 */
describe('backends of a daemon', () => {
  const pair = usePair('tabac', { backends: 2 });
  let front: Installed;
  let daemon: Daemon;
  let backends: Backend[];
  let folder: string;

  const addresses = (): string[] => pair.lab.backends.map(({ ipv4 }) => `${ipv4}:${backendPort}`);
  const list = (...lines: string[]): string => lines.map((line) => `- ${line}\n`).join('');
  const write = (text: string): void => writeFileSync(join(folder, 'web.yaml'), text);

  const service = (services: readonly ServiceStatus[], name: string): ServiceStatus =>
    services.find((one) => one.service === name) ?? expect.fail(`no service ${name}`);
  const now = async (name: string): Promise<ServiceStatus> => service((await daemon.status()).services, name);
  const until = async (what: string, name: string, isSo: (service: ServiceStatus) => boolean): Promise<ServiceStatus> =>
    service((await daemon.until(what, ({ services }) => isSo(service(services, name)))).services, name);
  const errorOf = ({ sources }: ServiceStatus): string => sources.flatMap(({ error }) => error ?? []).join('; ');
  const idsOf = (one: ServiceStatus): string[] => one.backends.map(({ backend }) => backend);
  const cli = (...argv: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync('node', ['dist/src/cli/main.js', 'backends', ...argv, '--socket', daemon.socket], { encoding: 'utf8' });
  /** Who answers through the proxy of lb1. */
  const answering = async (): Promise<Set<string>> => {
    const command = `for i in 1 2 3 4 5 6 7 8; do curl -s -m 2 http://${VIP1}/; done`;
    const { stdout } = await pair.lab.host('lb1').exec(['sh', '-c', command]);
    return new Set(stdout.trim().split('\n'));
  };

  beforeAll(async () => {
    const host = pair.lab.host('lb1');
    backends = [];
    for (const member of pair.lab.backends) backends.push(await startBackend(member));
    folder = join(host.directory, 'backends.d');
    mkdirSync(folder);
    write(list(addresses()[1] ?? ''));
    front = installed('haproxy', host);
    await host.start(front.command, { name: 'proxy', unattended: true });
    const check = { type: 'http', path: '/healthz', interval: '200ms', rise: 1, fall: 2 };
    const file = pairFile(pair.lab, {
      settings: {
        proxy: { profile: 'haproxy', directory: front.directory, pid_file: front.pidFile },
        recover_after: '100ms',
        services: {
          web: {
            listen: [`${VIP1}:80`],
            check,
            backends: [{ address: addresses()[0] ?? '', name: 'one' }],
            sources: [{ file: `${folder}/*.yaml` }],
          },
        },
      },
    });
    daemon = await pair.start('lb1', file);
    await settled(pair.daemons).catch(() => undefined);
    await daemon.until('it has applied', ({ apply }) => apply?.inForce === 1);
    await until('all are up', 'web', ({ state }) => state === 'well');
  });
  afterAll(() => pair.end());

  it('are in force with the first apply, checked by the proxy, and told in full', async () => {
    const web = await until('the proxy checks', 'web', ({ checkedBy }) => checkedBy === 'proxy');
    expect(web.counts).toMatchObject({ total: 2, up: 2 });
    expect(idsOf(web)).toEqual(addresses());
    expect((await daemon.status()).apply?.last?.cause).toMatch(/^start\b/);
    expect(await answering()).toEqual(new Set(['b1', 'b2']));
    expect(cli('list', 'web').stdout).toMatch(/^\S+:8080 +one +up .* configuration /m);
  });

  it.each([
    ['half of it', '- { address: 192.0.2.9:80, wei', 'web.yaml:'],
    ['one twice', list('192.0.2.9:80', '192.0.2.9:80'), 'is in the list twice'],
    ['an unknown key', list('{ address: 192.0.2.9:80, wieght: 2 }'), 'wieght'],
    ['port 99999', list('192.0.2.9:99999'), '99999'],
    ['a ";" in a name', list('{ address: 192.0.2.9:80, name: "a;b" }'), 'is no name of a backend'],
    ['a "{" in a name', list('{ address: 192.0.2.9:80, name: "a{b" }'), 'is no name of a backend'],
    ['a line end in a name', list('{ address: 192.0.2.9:80, name: "a\\nserver x" }'), 'is no name of a backend'],
    ['a NUL in a name', list('{ address: 192.0.2.9:80, name: "a\\0b" }'), 'is no name of a backend'],
    ['a NUL', list('192.0.2.9:80\u0000'), 'web.yaml:'],
    ['a "{" in a host', list('"a{b:80"'), 'a{b'],
  ])('stay as they are when a file has %s', async (_, text, reason) => {
    const { inForce } = (await daemon.status()).apply ?? {};
    write(text);
    const web = await until('it is told', 'web', (one) => errorOf(one).includes(reason));
    expect(web).toMatchObject({ state: 'degraded', counts: { total: 2, up: 2 } });
    expect(web.reason).toContain(`file ${folder}/*.yaml: `);
    expect(idsOf(web)).toEqual(addresses());
    write(list(addresses()[1] ?? ''));
    expect(await until('it is mended', 'web', (one) => errorOf(one) === '')).toMatchObject({ state: 'well' });
    expect((await daemon.status()).apply?.inForce).toBe(inForce);
  });

  it('stay when a file is emptied or taken away, as on_empty says, and come back', async () => {
    write('[]\n');
    // One is left, which is enough.
    await until('one is left', 'web', (one) => idsOf(one).length === 1);
    await daemon.until('it is applied', ({ apply }) => (apply?.inForce ?? 0) > 1);
    write(list(addresses()[1] ?? ''));
    await until('both are there', 'web', (one) => one.counts.up === 2);
    const { apply } = await daemon.until('both are applied', (status) => status.apply?.inForce === 3);
    expect(apply?.last).toMatchObject({ result: 'effective', method: 'runtime', cause: 'backends of web' });
  });

  it.each([
    ['is gone', []],
    ['says nothing', [process.execPath, '-e', 'require("node:net").createServer(() => {}).listen(process.argv[1])']],
  ])('are checked here while the socket of the proxy %s, and orders reach it all the same', async (_, silent) => {
    const socket = join(front.home, 'stats.sock');
    renameSync(socket, `${socket}.away`);
    const { host } = daemon;
    const other = silent.length > 0 ? await host.start([...silent, socket], { name: 'silent' }) : undefined;
    expect(cli('drain', 'web', 'one')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('takes no new clients'),
    });
    await daemon.until('it is applied by a reload', ({ apply }) => apply?.last?.method === 'reload' && !apply.isBusy);
    expect(await answering()).toEqual(new Set(['b2']));
    await daemon.until('it is told', ({ warnings }) =>
      warnings.some(({ text }) => text.includes('cannot be followed')),
    );
    expect(await now('web')).toMatchObject({ checkedBy: 'vipair', counts: { up: 1, drain: 1 } });
    await other?.stop('SIGKILL');
    // The new worker has the same socket, wherever its name is.
    renameSync(`${socket}.away`, socket);
    await until('the proxy checks again', 'web', ({ checkedBy }) => checkedBy === 'proxy');
    expect(cli('undrain', 'web', 'one').status).toBe(0);
    await until('it serves', 'web', ({ counts }) => counts.up === 2);
    await daemon.until('by its socket', ({ apply }) => apply?.last?.method === 'runtime' && !apply.isBusy);
  });

  it('that are dead stay dead over a restart of the daemon, and orders are kept', async () => {
    expect(cli('weight', 'web', 'one', '9').status).toBe(0);
    await backends[1]?.set('fail');
    const down = await until('it is down', 'web', ({ counts }) => counts.down === 1);
    expect(down.backends.find(({ state }) => state === 'down')?.reason).toBe(
      'Layer7 wrong status, code 503 (Service Unavailable)',
    );
    const known = join(front.directory, 'servers.state');
    await eventually('the state file says so', () => / web 0 \S+ \S+ 0 /.test(readFileSync(known, 'utf8')));
    await daemon.until('it is remembered', ({ apply }) => apply?.isBusy === false);
    await daemon.stop();
    daemon = await pair.start('lb1');
    await until('it is there', 'web', ({ state }) => state !== 'starting');
    const web = await now('web');
    expect(web.counts).toMatchObject({ up: expect.any(Number), down: 1 });
    expect(web.backends.find(({ name }) => name === 'one')).toMatchObject({ weight: 9 });
    await daemon.until('nothing had to be done', ({ apply }) => apply?.isBusy === false);
    expect(await answering()).toEqual(new Set(['b1']));
    await backends[1]?.set('ok');
    await until('all are up', 'web', ({ counts }) => counts.up === 2);
  });
});
