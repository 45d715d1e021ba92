import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseBackends } from '../../src/config/backendlist.ts';
import type { BackendOrder } from '../../src/control/backends.ts';
import { openControlServer } from '../../src/control/server.ts';
import type { ControlHandlers } from '../../src/control/server.ts';
import { configOf, crossed } from '../config/sample.ts';
import { backendStatus, idle, serviceStatus } from '../control/status.ts';
import { vipair } from './command.ts';

let folder: string;
let socket: string;
let server: Server | undefined;
let orders: { order: BackendOrder; isDry: boolean }[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cli-backends-'));
  socket = join(folder, 'control.sock');
  orders = [];
});
afterEach(() => {
  server?.close();
  server?.closeAllConnections();
  rmSync(folder, { recursive: true });
});

async function serve(handlers: Partial<ControlHandlers>): Promise<void> {
  const no = () => Promise.reject(new Error('not asked for'));
  const order: ControlHandlers['order'] = (given, isDry) => {
    orders.push({ order: given, isDry });
    return { accepted: true, message: `web: ${given.backend} done`, backend: null };
  };
  server = await openControlServer(socket, { ...idle, status: no, reload: no, order, ...handlers }, () => {});
}

const run = (...argv: string[]) => vipair(['backends', ...argv, '--socket', socket]);

describe('backends list', () => {
  it('prints every backend with state, weight, source and last check', async () => {
    const down = { state: 'down', health: 'down', reason: 'connection refused', weight: 7 } as const;
    const service = serviceStatus({
      state: 'degraded',
      reason: '1 of 2 backends are down',
      backends: [backendStatus(), backendStatus({ ...down, backend: '192.0.2.22:8080', name: 'app-2' })],
    });
    await serve({ backends: (wanted) => ({ services: wanted === 'web' ? [service] : [] }) });
    const { code, stdout } = await run('list', 'web');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^BACKEND +NAME +STATE +SINCE +WEIGHT +SOURCE +CHECKED +REASON$/m);
    expect(stdout).toMatch(
      /^192\.0\.2\.22:8080 +app-2 +down +62 min +7 +configuration +1\.0 s ago +connection refused$/m,
    );
    expect(JSON.parse((await run('list', 'web', '--json')).stdout)).toEqual({ services: [service] });
    expect((await run('list')).stdout).toBe('The configuration has no services.\n');
  });

  it('of an unknown service says which there are', async () => {
    await serve({
      backends: () => {
        throw new RangeError('no service is called "wbe"; the services are web');
      },
    });
    const { code, stderr } = await run('list', 'wbe');
    expect(code).toBe(69);
    expect(stderr).toContain('no service is called "wbe"; the services are web');
  });
});

describe('orders', () => {
  it.each([
    [['add', 'web', '192.0.2.3:80'], { order: 'add', service: 'web', backend: '192.0.2.3:80' }],
    [
      ['add', 'web', '192.0.2.3:80', '--name', 'c', '--weight', '7', '--backup', '--slow-start', '30s'],
      {
        order: 'add',
        service: 'web',
        backend: '{"address":"192.0.2.3:80","name":"c","weight":7,"backup":true,"slow_start":"30s"}',
      },
    ],
    [['remove', 'web', 'a&b=c'], { order: 'remove', service: 'web', backend: 'a&b=c' }],
    [['drain', 'web', 'one'], { order: 'drain', service: 'web', backend: 'one' }],
    [['undrain', 'web', '[2001:db8::1]:80'], { order: 'undrain', service: 'web', backend: '[2001:db8::1]:80' }],
    [['weight', 'web', 'one', '5'], { order: 'weight', service: 'web', backend: 'one', weight: 5 }],
    [['weight', 'web', 'one', 'default'], { order: 'weight', service: 'web', backend: 'one', weight: undefined }],
  ])('reach the daemon: %j', async (argv, order) => {
    await serve({});
    expect(await run(...argv)).toEqual({ code: 0, stdout: `web: ${order.backend} done\n`, stderr: '' });
    expect((await run(...argv, '--dry-run', '--json')).code).toBe(0);
    expect(orders).toEqual([
      { order, isDry: false },
      { order, isDry: true },
    ]);
  });

  it('that are refused end with 1', async () => {
    await serve({ order: () => ({ accepted: false, message: 'web has no backend "x"', backend: null }) });
    expect(await run('drain', 'web', 'x')).toEqual({ code: 1, stdout: '', stderr: 'vipair: web has no backend "x"\n' });
    expect((await run('drain', 'web', 'x', '--json')).code).toBe(1);
  });
});

const theirs = (name: string): string => fileURLToPath(new URL(`../profiles/theirs/${name}`, import.meta.url));

describe('backends import', () => {
  it.each([
    ['nginx.conf', ['app', 'hashed', 'odd', 'db']],
    ['haproxy.cfg', ['app', 'db', 'odd']],
  ])('prints services for pair.yaml from %s, and what it could not take over', async (name, services) => {
    const { code, stdout, stderr } = await vipair(['backends', 'import', theirs(name)]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    let port = 1000;
    const text = stdout.replaceAll('listen: []', () => `listen: [${port++}]`);
    expect(configOf(`${crossed}${text}`).services.map((service) => service.name)).toEqual(services);
    expect(stdout).toContain('write the ports of this service');
    expect(stdout).toMatch(/# not taken over: 192\.0\.2\.24:80 is out of service there|2001:db8::24\]:80 is out of/);
  });

  it('prints one as a file of backends, and all as JSON', async () => {
    const argv = ['backends', 'import', theirs('nginx.conf'), '--profile', 'nginx'];
    const { stdout } = await vipair([...argv, '--service', 'app']);
    const list = parseBackends(stdout, 'app.yaml');
    expect('backends' in list && list.backends.map(({ host, weight }) => [host, weight])).toEqual([
      ['192.0.2.21', 5],
      ['2001:db8::22', 1],
      ['app.example.net', 1],
    ]);
    const all = JSON.parse((await vipair([...argv, '--json'])).stdout) as {
      services: { name: string; lost: string[] }[];
    };
    expect(all.services[0]).toMatchObject({ name: 'app', balance: 'leastconn' });
    expect(all.services[0]?.lost).toContain('keepalive 16');
    expect((await vipair([...argv, '--service', 'nobody'])).stderr).toContain('there are app, hashed, odd, db');
  });

  it('takes over nothing that our rules refuse, and says why', async () => {
    const file = join(folder, 'odd.cfg');
    const lines = [
      'server s1 127.0.0.1:80',
      'server s2 192.0.2.2:99999',
      'server s3 192.0.2.3:80 weight 0',
      'server s4 192.0.2.3:80',
      "server 'a;b' 192.0.2.5:80",
      'server s6 "a{b":80',
    ];
    writeFileSync(file, `backend my$app\n${lines.map((line) => `  ${line}\n`).join('')}`);
    const { code, stdout } = await vipair(['backends', 'import', file]);
    expect(code).toBe(0);
    expect(stdout).toContain('  my-app:');
    expect([...stdout.matchAll(/^ +- (?:address: )?(\S+)/gm)].map(([, address]) => address)).toEqual([
      '192.0.2.3:80',
      '192.0.2.5:80',
    ]);
    for (const lost of ['127.0.0.1:80: ', '192.0.2.2:99999: ', 'weight 0 of', '192.0.2.3:80 once more', '"a;b"', 'a{b'])
      expect(stdout).toMatch(new RegExp(`^    # not taken over: .*${lost.replaceAll(/[{.$]/g, String.raw`\$&`)}`, 'm'));
  });

  it('ends with 1 where there is nothing, and 69 without the file', async () => {
    const file = join(folder, 'empty.conf');
    writeFileSync(file, 'http { include /etc/nginx/conf.d/*.conf; }\n');
    expect((await vipair(['backends', 'import', file])).code).toBe(1);
    const { code, stderr } = await vipair(['backends', 'import', join(folder, 'none.conf')]);
    expect(code).toBe(69);
    expect(stderr).toMatch(/^vipair: Cannot read ".*none\.conf": ENOENT/);
  });
});
