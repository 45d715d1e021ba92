import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServiceStatus, SourceStatus } from '../../../src/control/backends.ts';
import type { Status } from '../../../src/control/status.ts';
import { backendPort, startBackend } from '../../../src/lab/backend.ts';
import type { Daemon } from '../../../src/lab/daemon.ts';
import { managedSettings } from '../../../src/lab/pair.ts';
import { pairFile } from '../../../src/lab/pairfile.ts';
import type { PairValue } from '../../../src/lab/pairfile.ts';
import { eventually, usePair, VIP1 } from '../pair/pair.ts';
import { EtcdMember } from './etcdmember.ts';

/*
 * Sources of backends that fail, in the whole daemon: what the proxy has stays, over a reload, a death of the manager
 * and a restart too; the status has the reason and the age; and what comes back is followed without a restart. One host
 * of the pair is enough for all of it.
 */
describe('a daemon whose sources fail', () => {
  const pair = usePair('tasrc', { backends: 2 });
  let daemon: Daemon;
  let etcd: EtcdMember;
  let zone: string;

  const backend = (index: number): string => pair.lab.backends[index]?.ipv4 ?? '';
  const ask = (text: string): void => writeFileSync(zone, text);
  const key = (name: string): string => `/web/${name}`;
  const put = (name: string, index: number): Promise<void> =>
    etcd.put(key(name), JSON.stringify(`${backend(index)}:${backendPort}`));

  const service = ({ services }: Status, name: string): ServiceStatus =>
    services.find((one) => one.service === name) ?? expect.fail(`no service ${name}`);
  const source = (status: Status, name: string): SourceStatus =>
    service(status, name).sources.find((one) => one.source.startsWith(name === 'keys' ? 'etcd' : 'dns')) ??
    expect.fail(`no source of ${name}`);
  const until = (what: string, name: string, isSo: (one: SourceStatus, all: ServiceStatus) => boolean) =>
    daemon.until(what, (status) => isSo(source(status, name), service(status, name)));
  const failing = (name: string, words: RegExp) =>
    until(`${name} says ${words}`, name, ({ error }) => words.test(error ?? ''));
  const well = (name: string) => until(`${name} is well`, name, (_, { state }) => state === 'well');

  const fileOf = (more: Readonly<Record<string, PairValue>> = {}): string => {
    const { proxy } = managedSettings(pair.lab, 'nginx') as { proxy: Record<string, PairValue> };
    const keys = { listen: [`${VIP1}:80`], sources: [{ etcd: [etcd.url], prefix: '/web/' }], ...more };
    const resolver = [pair.lab.host('lb1').ipv4];
    const names = {
      listen: [`${VIP1}:81`],
      sources: [{ dns: 'app.example.net', port: backendPort, resolver }],
    };
    return pairFile(pair.lab, { settings: { proxy, recover_after: '100ms', services: { keys, names } } });
  };

  /** Who answers through the proxy. */
  const answering = async (port: number): Promise<string> => {
    const command = `for i in 1 2 3 4 5 6; do curl -s -m 2 http://${VIP1}:${port}/; done`;
    const { stdout } = await pair.lab.host('lb1').exec(['sh', '-c', command]);
    return [...new Set(stdout.trim().split('\n'))].toSorted().join(' ');
  };
  const answers = (port: number, words: string) =>
    eventually(`${words} answer on port ${port}`, async () => (await answering(port)) === words);

  /** What people and programs are told about a source in trouble. */
  const told = async (name: string, words: RegExp): Promise<void> => {
    await until('the age counts', name, ({ ageMs, error }) => (ageMs ?? 0) >= 1000 && words.test(error ?? ''));
    const { stdout } = spawnSync('node', ['dist/src/cli/main.js', 'status', '--socket', daemon.socket], {
      encoding: 'utf8',
    });
    expect(stdout).toMatch(words);
    expect(stdout).toMatch(/\d backends?, known [\d.]+ m?s ago; /);
  };

  beforeAll(async () => {
    const host = pair.lab.host('lb1');
    for (const member of pair.lab.backends) await startBackend(member);
    etcd = new EtcdMember(host);
    zone = join(host.directory, 'zone');
    ask('silent');
    const server = fileURLToPath(new URL('nameserver.mjs', import.meta.url));
    await host.start([process.execPath, server, zone], { name: 'nameserver', unattended: true });
    daemon = await pair.start('lb1', fileOf());
  });
  afterAll(() => pair.end());

  it('starts without them, says whom it misses, and serves as soon as they come', async () => {
    const status = await failing('keys', /connection refused/);
    expect(source(status, 'keys')).toMatchObject({ backends: 0, ageMs: null });
    await failing('names', /no answer/);
    await daemon.until('a proxy runs all the same', ({ proxy }) => proxy?.state === 'well');
    ask(backend(0));
    await etcd.start();
    await put('one', 0);
    await put('two', 1);
    await well('keys');
    await well('names');
    await answers(80, 'b1 b2');
    await answers(81, 'b1');
  });

  it.each([
    ['NXDOMAIN', /does not exist \(NXDOMAIN\)/],
    ['SERVFAIL', /SERVFAIL/],
    ['silent', /no answer/],
  ])('keeps what the DNS said when it says %s, until it says something else', async (answer, words) => {
    const { inForce } = (await daemon.status()).apply ?? {};
    ask(answer);
    await failing('names', words);
    await told('names', words);
    expect(await answering(81)).toBe('b1');
    expect((await daemon.status()).apply?.inForce).toBe(inForce);
    ask(backend(0));
    await well('names');
  });

  it('keeps what etcd said when it dies, over a reload and a death of the manager, and follows it again', async () => {
    await etcd.stop();
    await failing('keys', /connection refused/);
    await told('keys', /connection refused/);
    daemon.write(fileOf({ balance: 'leastconn' }));
    expect(await daemon.reload()).toMatchObject({ applied: true });
    await daemon.until('it is applied', ({ apply }) => apply?.last?.cause === 'configuration' && !apply.isBusy);
    expect(await answering(80)).toBe('b1 b2');
    const { manager } = daemon;
    if (manager !== undefined) process.kill(manager.pid, 'SIGKILL');
    await daemon.until('there is another', (s) => s.manager.restarts === 1 && s.apply?.isBusy === false);
    await failing('keys', /connection refused/);
    await told('keys', /connection refused/);
    expect(await answering(80)).toBe('b1 b2');
    await etcd.start();
    await well('keys');
    await etcd.remove(key('two'));
    await answers(80, 'b1');
  });

  it('lists anew what etcd has compacted away meanwhile', async () => {
    await etcd.stop();
    await etcd.start(2479);
    await put('two', 1);
    await etcd.remove(key('one'));
    await etcd.compact();
    await etcd.stop();
    expect(await answering(80)).toBe('b1');
    await etcd.start();
    await answers(80, 'b2');
    await well('keys');
    await put('one', 0);
    await answers(80, 'b1 b2');
  });

  it('keeps what both said when they accept a question and never answer, over a restart too', async () => {
    etcd.freeze();
    ask('silent');
    await failing('keys', /no answer within 3000 ms/);
    await failing('names', /no answer/);
    await daemon.stop();
    daemon = await pair.start('lb1', fileOf());
    await failing('keys', /no answer within 3000 ms/);
    await failing('names', /no answer/);
    await told('keys', /no answer within 3000 ms/);
    await answers(80, 'b1 b2');
    await answers(81, 'b1');
    etcd.thaw();
    ask(backend(1));
    await well('keys');
    await well('names');
    await etcd.remove(key('one'));
    await answers(80, 'b2');
    await answers(81, 'b2');
  });
});
