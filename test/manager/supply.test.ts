import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import type { BackendOrder, ServiceStatus } from '../../src/control/backends.ts';
import { now } from '../../src/linux/clock.ts';
import { managerSentence } from '../../src/manager/managersentence.ts';
import { Supply } from '../../src/manager/supply.ts';
import type { ServerModel } from '../../src/proxy/model.ts';
import type { ServiceHealth } from '../../src/track/quorum.ts';
import { addressOf } from '../../src/wire/address.ts';
import { instant } from '../../src/wire/units.ts';
import { configOf, crossed } from '../config/sample.ts';

let folder: string;
let supply: Supply;
let told: { servers: ReadonlyMap<string, readonly ServerModel[]>; cause: string | undefined; delay: number }[];
let health: (readonly ServiceHealth[])[];
let log: string[];
const listeners: Server[] = [];

const open = (remembered: Map<string, Map<string, 'up' | 'down'>> = new Map()): Supply => {
  supply = new Supply({
    directory: folder,
    remembered: () => remembered,
    onServers: (servers, cause, noticedAt) => told.push({ servers, cause, delay: now() - noticedAt }),
    onHealth: (all) => health.push(all),
    tell: (event) => {
      const { level, text } = managerSentence({ ...event, at: instant(0) });
      log.push(`${level} ${text}`);
    },
  });
  return supply;
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vipair-supply-'));
  [told, health, log] = [[], [], []];
  open();
});
afterEach(() => {
  supply.close();
  for (const listener of listeners.splice(0)) listener.close();
  rmSync(folder, { recursive: true, force: true });
});

const serving = (services: string): Config => configOf(`${crossed}services: ${services}\n`);
const web = (more: string): Config => serving(`{ web: { listen: [80], ${more} } }`);
const order = (words: BackendOrder['order'], backend: string): ReturnType<Supply['order']> =>
  supply.order({ order: words, service: 'web', backend, weight: 7 }, false);
const only = (): ServiceStatus => supply.status()[0] as ServiceStatus;
const ids = (): string[] => (told.at(-1)?.servers.get('web') ?? []).map(({ host, port }) => `${host}:${port}`);
const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 8000, interval: 5 });

/** A port of this host; its address is refused in a configuration, so it is put in afterwards. */
const listening = async (config: Config): Promise<Config> => {
  const server = createServer((socket) => socket.on('error', () => undefined).end());
  listeners.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const [service] = config.services;
  const ports = [port, 1].slice(0, service!.backends.length);
  const backends = ports.map((own) => ({ ...service!.backends[0]!, host: addressOf('127.0.0.1'), port: own }));
  return { ...config, services: [{ ...service!, backends }] };
};

const CHECK = 'check: { type: tcp, interval: 100ms, jitter: 0ms, rise: 1, fall: 1 }';

describe('the supply', () => {
  it('tells the backends of the file at once, and those of sources when they have answered', async () => {
    const file = join(folder, 'b.yaml');
    writeFileSync(file, '- 192.0.2.2:80\n');
    supply.follow(
      serving(`{ web: { listen: [80], backends: [192.0.2.1:80], sources: [{ file: ${file} }] },
      api: { listen: [81], backends: [192.0.2.9:80] } }`),
    );
    expect(told).toHaveLength(1);
    expect([...(told[0]?.servers.keys() ?? [])]).toEqual(['api']);
    expect(only()).toMatchObject({ service: 'web', state: 'starting', reason: expect.stringContaining(file) });
    await until(() => expect(ids()).toEqual(['192.0.2.1:80', '192.0.2.2:80']));
    // They belong to the start.
    expect(told.filter(({ cause }) => cause !== undefined)).toEqual([]);
    writeFileSync(file, '[192.0.2.2:80, 192.0.2.3:80]\n');
    await until(() => expect(told.at(-1)?.cause).toBe('backends of web'));
    expect(ids()).toEqual(['192.0.2.1:80', '192.0.2.2:80', '192.0.2.3:80']);
    // A save counts as over 30 ms after it; the change was noticed before that.
    expect(told.at(-1)?.delay).toBeGreaterThan(25);
    order('drain', '192.0.2.3:80');
    await Promise.resolve();
    // What the status shows already and the proxy's side is not told yet.
    expect([only().backends[2]?.admin, supply.isDue]).toEqual(['drain', true]);
    await until(() => expect(told.at(-1)?.servers.get('web')?.[2]?.admin).toBe('drain'));
    expect(supply.isDue).toBe(false);
    expect(told.at(-1)?.delay).toBeGreaterThanOrEqual(0);
  });

  it('needs no services, and gets them with a reload', () => {
    supply.follow(configOf(crossed));
    expect(supply.status()).toEqual([]);
    expect(supply.list(undefined)).toEqual({ services: [] });
    expect(order('drain', 'x')).toMatchObject({ accepted: false, message: 'the configuration has no services' });
    expect(supply.warnings()).toEqual([]);
    supply.follow(web('backends: [192.0.2.1:80]'));
    expect(ids()).toEqual(['192.0.2.1:80']);
  });

  it('keeps what it has while a reload asks the sources again, and names no cause for what that brings', async () => {
    const file = join(folder, 'b.yaml');
    writeFileSync(file, '- 192.0.2.2:80\n');
    supply.follow(web(`sources: [{ file: ${file} }]`));
    await until(() => expect(ids()).toEqual(['192.0.2.2:80']));
    supply.follow(web(`backends: [192.0.2.1:80], sources: [{ file: ${file} }]`));
    expect(ids()).toEqual(['192.0.2.2:80']);
    await until(() => expect(ids()).toEqual(['192.0.2.1:80', '192.0.2.2:80']));
    expect(told.map(({ cause }) => cause)).not.toContain('backends of web');
  });

  it('tells who is well, why not, and since when', async () => {
    supply.follow(await listening(web(`${CHECK}, backends: [192.0.2.1:80, 192.0.2.2:80]`)));
    await until(() => expect(only().counts).toMatchObject({ up: 1, down: 1 }));
    await until(() => expect(health.at(-1)).toMatchObject([{ service: 'web', up: 1, unknown: 0, total: 2 }]));
    await until(() => expect(told.at(-1)?.cause).toBe('health of web'));
    expect(
      told
        .at(-1)
        ?.servers.get('web')
        ?.map((server) => server.health),
    ).toEqual(['up', 'down']);
    expect(only()).toMatchObject({
      state: 'degraded',
      reason: '1 of 2 backends are down',
      checkedBy: 'vipair',
      backends: [
        { state: 'up', reason: 'connected' },
        { state: 'down', reason: 'connection refused', sources: ['configuration'] },
      ],
    });
    expect(only().backends[1]?.lastCheck).toMatchObject({ result: 'bad', reason: 'connection refused' });
    expect(log).toEqual(['warning web: backend 127.0.0.1:1 is down: connection refused']);
    for (const listener of listeners.splice(0)) listener.close();
    await until(() => expect(only()).toMatchObject({ state: 'down', isHoping: true }));
  });

  it('begins with what was known before the start', async () => {
    supply.close();
    open(new Map([['web', new Map([['127.0.0.1:1', 'down']])]]));
    supply.follow(await listening(web('check: { type: tcp, interval: 60s }, backends: [192.0.2.1:80, 192.0.2.2:80]')));
    expect(told[0]?.servers.get('web')?.map((server) => server.health)).toEqual(['unknown', 'down']);
    expect(only().backends[1]).toMatchObject({ state: 'down', reason: 'known from before the start' });
  });

  it('logs what a source says once, and when it is well again', async () => {
    const file = join(folder, 'b.yaml');
    supply.follow(web(`backends: [192.0.2.1:80], sources: [{ file: ${file} }]`));
    const broken = `web: file ${file}: ${file} is missing; its last good answer stays in force`;
    await until(() => expect(log).toEqual([`warning ${broken}`]));
    expect(only()).toMatchObject({ state: 'degraded', reason: `file ${file}: ${file} is missing` });
    writeFileSync(file, '[]\n');
    await until(() => expect(log.at(-1)).toBe(`notice web: file ${file} is well again`));
    expect(log).toHaveLength(2);
  });
});

describe('orders', () => {
  beforeEach(() => supply.follow(web('backends: [{ address: 192.0.2.1:80, name: one }, 192.0.2.2:80]')));

  it('are in force at once and after a restart', async () => {
    expect(order('add', '192.0.2.3:80')).toMatchObject({
      accepted: true,
      message: 'web: 192.0.2.3_80 (192.0.2.3:80) is added',
      backend: { backend: '192.0.2.3:80', sources: ['command line'] },
    });
    expect(order('drain', 'one').message).toBe('web: one (192.0.2.1:80) takes no new clients');
    expect(order('drain', 'one').message).toContain('was drained already');
    expect(order('weight', '192.0.2.2:80').message).toContain('has weight 7, before 1');
    await until(() => expect(told.at(-1)?.cause).toBe('backends of web'));
    supply.close();
    open();
    supply.follow(web('backends: [{ address: 192.0.2.1:80, name: one }, 192.0.2.2:80]'));
    expect(only().backends).toMatchObject([
      { name: 'one', state: 'drain', reason: 'drained from the command line' },
      { weight: 7 },
      { backend: '192.0.2.3:80' },
    ]);
    expect(order('undrain', 'one').message).toContain('takes clients again');
    expect(order('remove', '192.0.2.3:80').message).toContain('is removed');
    expect(only().counts.total).toBe(2);
  });

  it('say so when nobody is left', () => {
    order('drain', 'one');
    expect(order('drain', '192.0.2.2:80').message).toContain('no backend of web takes new clients now');
    expect(only().state).toBe('down');
  });

  it.each([
    ['drain', 'two', 'web has no backend "two"; it has one (192.0.2.1:80), 192.0.2.2:80'],
    ['remove', 'one', '192.0.2.1:80 was not added to web from the command line; drain it instead'],
    ['add', '192.0.2.3:99999', '99999'],
    ['add', '192.0.2.3', 'has no port'],
    ['add', '{ address: 192.0.2.3:80, wieght: 2 }', 'wieght'],
    ['add', '{ address: 192.0.2.3:80, name: "a;b" }', 'a;b'],
    ['add', 'a{b:80', 'a{b'],
  ] as const)('that are wrong are refused: %s %s', (words, backend, reason) => {
    const answer = order(words, backend);
    expect(answer.accepted).toBe(false);
    expect(answer.message).toContain(reason);
  });

  it('that are only tried change nothing', () => {
    const dry = supply.order({ order: 'drain', service: 'web', backend: 'one' }, true);
    expect(dry).toMatchObject({ accepted: true, message: 'web: one (192.0.2.1:80) would take no new clients' });
    expect(only().backends[0]?.state).toBe('unknown');
    expect(supply.order({ order: 'add', service: 'web', backend: 'x' }, true).accepted).toBe(false);
    expect(() => readFileSync(join(folder, 'backends.json'))).toThrow('ENOENT');
  });

  it('that cannot be kept are refused, which is a warning and not the end, and mends itself', () => {
    const file = join(folder, 'backends.json');
    writeFileSync(file, 'half');
    supply.close();
    open();
    supply.follow(web('backends: [192.0.2.1:80]'));
    expect(ids()).toEqual(['192.0.2.1:80']);
    expect(supply.warnings()[0]).toMatch(/^orders of `vipair backends` cannot be kept: Cannot read ".*": EINVAL/);
    expect(order('drain', '192.0.2.1:80')).toMatchObject({ accepted: false });
    expect(readFileSync(file, 'utf8')).toBe('half');
    rmSync(file);
    expect(supply.warnings()).toEqual([]);
    expect(order('drain', '192.0.2.1:80')).toMatchObject({ accepted: true });
  });

  it('do not need the directory to be there', () => {
    supply.close();
    mkdirSync(join(folder, 'deep'));
    folder = join(folder, 'deep', 'er');
    open();
    supply.follow(web('backends: [192.0.2.1:80]'));
    expect(supply.warnings()).toEqual([]);
    expect(order('drain', '192.0.2.1:80')).toMatchObject({ accepted: true });
  });
});

describe('the status', () => {
  it('has twenty backends of a service, those that need attention first, and the list all', () => {
    const backends = Array.from({ length: 50 }, (_, index) => `192.0.2.${index + 1}:80`).join(', ');
    supply.follow(web(`backends: [${backends}]`));
    order('drain', '192.0.2.50:80');
    expect(only().backends).toHaveLength(20);
    expect(only().backends[0]).toMatchObject({ backend: '192.0.2.50:80', state: 'drain' });
    expect(only().backends[19]).toMatchObject({ backend: '192.0.2.19:80', state: 'unknown' });
    expect(only().counts).toMatchObject({ total: 50, drain: 1, unknown: 49 });
    expect(supply.list('web').services[0]?.backends).toHaveLength(50);
    expect(() => supply.list('wbe')).toThrow('no service is called "wbe"; the services are web');
  });
});
