import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openBackends } from '../../src/backends/backends.ts';
import type { Backends } from '../../src/backends/backends.ts';
import type { ServiceSnapshot } from '../../src/backends/service.ts';
import type { ServiceConfig } from '../../src/config/config.ts';
import { addressOf } from '../../src/wire/address.ts';
import { serviceOf } from './sample.ts';
import { until } from './until.ts';

let directory: string;
let backends: Backends | undefined;
let changes: string[];
let remembered: Map<string, Map<string, 'up' | 'down'>>;
const servers: Server[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vipair-backends-'));
  changes = [];
  remembered = new Map();
});
afterEach(() => {
  backends?.close();
  for (const server of servers.splice(0)) server.close();
  rmSync(directory, { recursive: true, force: true });
});

const start = (...services: ServiceConfig[]): Backends => {
  backends = openBackends({
    services,
    stateFile: join(directory, 'state.json'),
    memoryFile: join(directory, 'sources.json'),
    remembered,
    onChange: (service, change) => changes.push(`${service} ${change}`),
    onTurn: (service, id, { state, last }, before) =>
      changes.push(`${service} ${id} ${before} -> ${state}: ${last?.reason}`),
  });
  return backends;
};
const web = (): ServiceSnapshot => backends?.snapshot('web') as ServiceSnapshot;
const namesOf = (snapshot: ServiceSnapshot): string[] => snapshot.set.backends.map(({ id }) => id);
const stateOf = (id: string): string | undefined => web().verdicts.get(id)?.state;

/** A port of this host that opens; the configuration refuses its address, so it is put in afterwards. */
const listener = (port = 0): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer((socket) => socket.on('error', () => {}).resume());
    servers.push(server);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
const local = (service: ServiceConfig, ...ports: number[]): ServiceConfig => ({
  ...service,
  backends: ports.map((port) => ({ ...service.backends[0]!, host: addressOf('127.0.0.1'), port })),
});

const CHECK = 'check: { type: tcp, interval: 100ms, jitter: 0ms, rise: 2, fall: 2 }';

describe('backends of services', () => {
  test('come together from everywhere, and a source that empties itself does not empty the service', async () => {
    const file = join(directory, 'b.yaml');
    writeFileSync(file, '- 192.0.2.2:80\n');
    start(serviceOf(`min_backends: 2, backends: [192.0.2.1:80], sources: [{ file: ${file} }]`));
    await until('both', () => namesOf(web()).join() === '192.0.2.1:80,192.0.2.2:80');
    expect(web()).toMatchObject({ isSettled: true, set: { supply: 'enough' } });
    writeFileSync(file, '[]\n');
    await until('the empty answer', () => web().set.supply === 'kept');
    expect(namesOf(web())).toEqual(['192.0.2.1:80', '192.0.2.2:80']);
    expect(web().sources.map(({ name }) => name)).toEqual(['configuration', `file ${file}`, 'command line']);
    expect(changes).toContain('web set');
  });

  test('nothing is in force before every source has answered, failed or kept everybody waiting', async () => {
    const silent = await listener();
    start(serviceOf(`backends: [192.0.2.1:80], sources: [{ url: "http://127.0.0.1:${silent}/", interval: 60s }]`));
    await until('a word of the configuration', () => changes.includes('web source'));
    expect(web()).toMatchObject({ isSettled: false, set: { backends: [] } });
    await until('it is settled', () => web().isSettled && namesOf(web()).length > 0);
    expect(namesOf(web())).toEqual(['192.0.2.1:80']);
    expect(web().sources[1]).toMatchObject({ age: undefined });
  });

  test('a source that fails holds up nobody', async () => {
    start(serviceOf('backends: [192.0.2.1:80], sources: [{ url: "http://127.0.0.1:1/" }]'));
    await until('it is settled', () => web().isSettled && namesOf(web()).length > 0, 4000);
    expect(web().sources[1]?.error).toBe('connection refused');
  });

  test('are checked, and go down and up again', async () => {
    const [good, bad] = [await listener(), await listener()];
    servers.pop()?.close();
    start(local(serviceOf(`${CHECK}, backends: [192.0.2.1:80]`), good, bad));
    const [up, down] = [`127.0.0.1:${good}`, `127.0.0.1:${bad}`];
    await until('one up, one down', () => stateOf(up) === 'up' && stateOf(down) === 'down');
    expect(web().force.servers.map(({ health }) => health)).toEqual(['up', 'down']);
    const { force } = web();
    // The same one again means that nothing is to be applied anew.
    expect(web().force).toBe(force);
    expect(changes).toContain(`web ${down} unknown -> down: connection refused`);
    await listener(bad);
    await until('both up', () => stateOf(down) === 'up');
    expect(changes).toContain('web health');
    expect(web().force).not.toBe(force);
    for (const server of servers.splice(0)) server.close();
    await until('both down, and hoped for', () => web().force.isHoping);
    expect(web().force.servers.map(({ health }) => health)).toEqual(['unknown', 'unknown']);
  });

  test('are told by the command line', async () => {
    start(serviceOf('backends: [192.0.2.1:80]'));
    await until('the first', () => namesOf(web()).length === 1);
    expect(backends?.add('web', '{ address: 192.0.2.2:80, name: two }')).toEqual({ id: '192.0.2.2:80' });
    await until('the second', () => namesOf(web()).length === 2);
    expect(backends?.admin('web', 'two', 'drain')).toEqual({ id: '192.0.2.2:80' });
    expect(backends?.weight('web', '192.0.2.1_80', 9)).toEqual({ id: '192.0.2.1:80' });
    expect(web().set.backends).toMatchObject([{ weight: 9 }, { admin: 'drain' }]);
    expect(backends?.remove('web', '192.0.2.1:80')).toEqual({ refused: expect.stringContaining('drain it instead') });
    expect(backends?.remove('web', 'two')).toEqual({ id: '192.0.2.2:80' });
    await until('the first alone', () => namesOf(web()).length === 1);
    expect(backends?.admin('web', 'none', 'drain')).toEqual({
      refused: 'web has no backend "none"; it has 192.0.2.1:80',
    });
    expect(backends?.admin('wbe', 'two', 'drain')).toEqual({
      refused: 'no service is called "wbe"; the services are web',
    });
  });

  test('a new configuration leaves services that are the same alone, and what is known of the others', async () => {
    const port = await listener();
    const checked = local(serviceOf(`${CHECK}, backends: [192.0.2.1:80]`), port);
    const api = serviceOf('backends: [192.0.2.9:80]', 'api');
    const { reconfigure } = bound(start(checked, api));
    const id = `127.0.0.1:${port}`;
    await until('it is up', () => stateOf(id) === 'up');
    const since = web().verdicts.get(id)?.since;
    reconfigure([api, checked]);
    expect(web().verdicts.get(id)?.since).toBe(since);
    expect(backends?.snapshots().map(({ service }) => service)).toEqual(['api', 'web']);
    reconfigure([{ ...checked, balance: 'leastconn' }]);
    expect(stateOf(id)).toBe('up');
    expect(backends?.snapshot('api')).toBeUndefined();
    expect(backends?.load).toMatchObject({ jobs: 1 });
  });

  test('begin with what was known before a restart, until they know themselves', async () => {
    const port = await listener();
    const slow = serviceOf('check: { type: tcp, interval: 60s, rise: 1 }, backends: [192.0.2.1:80]');
    const [answering, dead] = [`127.0.0.1:${port}`, '127.0.0.1:1'];
    const states = [[answering, 'down'] as const, [dead, 'up'] as const];
    remembered = new Map([['web', new Map<string, 'up' | 'down'>(states)]]);
    start(local(slow, port, 1));
    expect([answering, dead].map(stateOf)).toEqual(['down', 'up']);
    await until('it was looked at', () => stateOf(answering) === 'up');
    expect(stateOf(dead)).toBe('up');
  });

  describe('whose sources fail at the start', () => {
    const file = (): string => join(directory, 'b.yaml');
    const service = (more = ''): ServiceConfig =>
      serviceOf(`${more} backends: [192.0.2.1:80], sources: [{ file: ${file()} }]`);
    const both = ['192.0.2.1:80', '192.0.2.2:80'];
    const settle = (): Promise<unknown> => until('it is settled', () => web().isSettled && namesOf(web()).length > 0);

    beforeEach(async () => {
      writeFileSync(file(), '- { address: 192.0.2.2:80, weight: 7, name: two, slow_start: 3s }\n');
      start(service());
      await until('both', () => namesOf(web()).join() === both.join());
      backends?.close();
    });

    test('are those that they said before the restart, with the age of the answer and the reason', async () => {
      writeFileSync(file(), '- 192.0.2.2:80, wei');
      start(service());
      await settle();
      expect(web().set).toMatchObject({
        supply: 'enough',
        backends: [{}, { name: 'two', weight: 7, slowStart: 3000 }],
      });
      const [, source] = web().sources;
      expect(source).toMatchObject({ backends: [{ port: 80 }], error: expect.stringContaining('b.yaml:') as string });
      expect(source?.age).toBeGreaterThan(0);
      writeFileSync(file(), '- 192.0.2.3:80\n');
      await until('the file is right again', () => namesOf(web()).join() === '192.0.2.1:80,192.0.2.3:80');
    });

    test('are those of the last run, also when the one in between knew nothing else', async () => {
      writeFileSync(file(), 'nonsense: [');
      start(service());
      await settle();
      backends?.close();
      start(service());
      await settle();
      expect(namesOf(web())).toEqual(both);
    });

    test('stay over a reload', async () => {
      writeFileSync(file(), 'nonsense: [');
      const { reconfigure } = bound(start(service()));
      await settle();
      reconfigure([service('balance: leastconn,')]);
      await until('it is told', () => web().isSettled && web().sources[1]?.error !== undefined);
      expect(namesOf(web())).toEqual(both);
    });

    test('are not those of another question', async () => {
      start(serviceOf(`backends: [192.0.2.1:80], sources: [{ file: ${join(directory, 'missing.yaml')} }]`));
      await settle();
      expect(namesOf(web())).toEqual(['192.0.2.1:80']);
    });

    test('are the last good ones when they say that there are none after the restart', async () => {
      writeFileSync(file(), '[]\n');
      start(service('min_backends: 2,'));
      await settle();
      expect(web().set).toMatchObject({ supply: 'kept' });
      expect(namesOf(web())).toEqual(both);
      // That nobody said so in the life before does not make them less good.
      backends?.close();
      start(service('min_backends: 2,'));
      await settle();
      expect(namesOf(web())).toEqual(both);
    });

    test('are those in force, also where none of the sources of now has ever said anything', async () => {
      const other = serviceOf(`min_backends: 2, sources: [{ file: ${join(directory, 'missing.yaml')} }]`);
      const { reconfigure } = bound(start(service()));
      await settle();
      reconfigure([other]);
      await until('it is told', () => web().set.supply === 'kept');
      backends?.close();
      start(other);
      await settle();
      expect(web().set.supply).toBe('kept');
      expect(namesOf(web())).toEqual(both);
    });

    test('are the last good ones also after a reload that comes before they answer', async () => {
      writeFileSync(file(), '[]\n');
      const { reconfigure } = bound(start(service('min_backends: 2,')));
      reconfigure([service('min_backends: 2, balance: leastconn,')]);
      await settle();
      expect(web().set.supply).toBe('kept');
      expect(namesOf(web())).toEqual(both);
    });

    test('are also those of a part that cannot be understood, until it can; what is taken away is gone', async () => {
      backends?.close();
      const place = join(directory, 'd');
      const part = (name: string, text: string): void => writeFileSync(join(place, name), text);
      const all = serviceOf(`sources: [{ file: ${place} }]`);
      const serves = (...hosts: number[]): Promise<unknown> =>
        until(hosts.join(), () => namesOf(web()).join() === hosts.map((host) => `192.0.2.${host}:80`).join());
      mkdirSync(place);
      part('a.yaml', '[192.0.2.1:80, 192.0.2.2:80]\n');
      part('b.yaml', '[192.0.2.3:80]\n');
      start(all);
      await serves(1, 2, 3);
      backends?.close();
      part('b.yaml', '[192.0.2.3:80, wei');
      for (let life = 0; life < 2; life++) {
        start(all);
        await serves(1, 2, 3);
        backends?.close();
      }
      start(all);
      await serves(1, 2, 3);
      part('a.yaml', '[192.0.2.1:80]\n');
      await serves(1, 3);
      part('b.yaml', '[192.0.2.4:80]\n');
      await serves(1, 4);
    });

    test('are not those of long ago when the service comes back', async () => {
      const { reconfigure } = bound(start(service()));
      await settle();
      reconfigure([]);
      writeFileSync(file(), 'nonsense: [');
      reconfigure([service()]);
      await settle();
      expect(namesOf(web())).toEqual(['192.0.2.1:80']);
    });

    test.each(['', '{', '{"version":1,"services":{"web":{"answers":[{"source":3}]}}}', '[]'])(
      'are not known where the file says %j',
      async (text) => {
        writeFileSync(join(directory, 'sources.json'), text);
        writeFileSync(file(), 'nonsense: [');
        start(service());
        await settle();
        expect(namesOf(web())).toEqual(['192.0.2.1:80']);
      },
    );
  });

  test('are served all the same when what the sources say cannot be kept', async () => {
    const file = join(directory, 'b.yaml');
    writeFileSync(file, '- 192.0.2.2:80\n');
    mkdirSync(join(directory, 'sources.json.new'));
    start(serviceOf(`sources: [{ file: ${file} }]`));
    await until('it is told', () => backends?.memoryTrouble?.startsWith('Cannot write ') === true);
    expect(namesOf(web())).toEqual(['192.0.2.2:80']);
    rmSync(join(directory, 'sources.json.new'), { recursive: true });
    writeFileSync(file, '- 192.0.2.3:80\n');
    await until('it could be written', () => backends?.memoryTrouble === undefined);
  });

  test('rest while somebody else checks, and go on from what was found', async () => {
    const port = await listener();
    const { reconfigure } = bound(start(local(serviceOf(`${CHECK}, backends: [192.0.2.1:80]`), port)));
    const id = `127.0.0.1:${port}`;
    await until('it is up', () => stateOf(id) === 'up');
    backends?.rest(new Set(['web']));
    expect(backends?.load).toMatchObject({ jobs: 0 });
    backends?.take('web', [{ id, state: 'down', reason: 'refused', isNews: true }]);
    expect(stateOf(id)).toBe('down');
    await until('it is told', () => changes.includes(`web ${id} up -> down: refused`));
    // Also with another configuration.
    reconfigure([local(serviceOf(`${CHECK}, balance: leastconn, backends: [192.0.2.1:80]`), port)]);
    expect(backends?.load).toMatchObject({ jobs: 0 });
    expect(stateOf(id)).toBe('down');
    backends?.rest(new Set());
    await until('it is looked at, twice as rise says', () => stateOf(id) === 'up');
  });

  test('are closed for good', async () => {
    start(local(serviceOf(`${CHECK}, backends: [192.0.2.1:80]`), await listener()));
    await until('it was looked at', () => (backends?.load.begun ?? 0) > 1);
    backends?.close();
    expect(backends?.load).toMatchObject({ jobs: 0, inFlight: 0 });
    const count = changes.length;
    await new Promise((resolve) => {
      setTimeout(resolve, 250);
    });
    expect(changes).toHaveLength(count);
  });
});

const bound = (all: Backends) => ({ reconfigure: (services: readonly ServiceConfig[]) => all.reconfigure(services) });
